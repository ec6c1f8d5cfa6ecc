//! The bundled book against what its typesetter says of it (`samples/README.md`).

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

#[test]
fn the_bundled_book_is_read_as_it_was_set() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    let expected: Value =
        serde_json::from_slice(&std::fs::read(samples.join("le-phare-de-kermor.expected.json")).unwrap())
            .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_docmill"))
        .args(["run", "novel", "--format", "json"])
        .arg(samples.join("le-phare-de-kermor.pdf"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["source"]["pages"], expected["pages"]);
    assert_eq!(result["warnings"], serde_json::json!([]));

    let sentences = result["sentences"].as_array().unwrap();
    let mut originals: Vec<(u64, String)> = Vec::new();
    for sentence in sentences {
        let index = sentence["original_index"].as_u64().unwrap();
        if originals.last().is_none_or(|(last, _)| *last != index) {
            let original = sentence["original"].as_str().unwrap();
            originals.push((index, original.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
    }
    let originals: Vec<&str> = originals.iter().map(|(_, text)| text.as_str()).collect();
    let text = originals.join(" ");

    // Between the halves of one word stands a footnote, for which there is no rule.
    let notes: Vec<&Value> = expected["footnotes"].as_array().unwrap().iter().collect();
    for broken in expected["line_end_hyphens"].as_array().unwrap() {
        let word = broken["word"].as_str().unwrap();
        let by_note =
            broken["across_pages"] == true && notes.iter().any(|note| note["page"] == broken["page"]);
        assert!(by_note || text.contains(word), "{broken}");
    }
    for paragraph in ["first_paragraphs", "last_paragraphs"] {
        for paragraph in expected[paragraph].as_array().unwrap() {
            assert!(text.contains(paragraph.as_str().unwrap()), "{paragraph}");
        }
    }
    let refrain = expected["refrain"]["text"].as_str().unwrap();
    let occurrences = text.matches(refrain).count() as u64;
    assert_eq!(Some(occurrences), expected["refrain"]["occurrences"].as_u64());
    for page in expected["running_heads"].as_array().unwrap() {
        let head = page["head"].as_str().unwrap().to_lowercase();
        let stays = originals
            .iter()
            .any(|original| original.trim_end_matches('.').to_lowercase() == head);
        assert!(head.is_empty() || !stays, "{page}");
    }
}
