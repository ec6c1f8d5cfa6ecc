//! Pages that are pictures, with and without the networks that read them.

use std::io::{self, Write};

use docmill_documents::ocr::ScanJob;
use docmill_documents::pdf::{PageText, TextKind, TextRecord};

use super::pdf::{codes, page, prepared, scan, word};
use super::*;
use crate::ScanModels;

/// Stands for the reader of scans: sees a sentence on every page; dies of page 5, and sees nothing on page 6.
pub(super) fn see_prepared(
    arguments: &[String],
    document: Vec<u8>,
    output: &mut dyn Write,
) -> io::Result<()> {
    let mut write = |record: &TextRecord| writeln!(output, "{}", serde_json::to_string(record)?);
    let job = ScanJob::unpack(document)?;
    assert_eq!(
        (&job.detector[..], &job.recogniser[..]),
        (&b"where"[..], &b"what"[..])
    );
    assert!(job.document.starts_with(b"%PDF-"));
    write(&TextRecord::Opened { pages: 9 })?;
    for number in &arguments[1..] {
        let number: usize = number.parse().unwrap();
        assert_ne!(number, 5, "a deadly page");
        let text = format!("La mer est calme devant le {}.", word(number));
        let lines = if number == 6 { vec![] } else { vec![text.as_str()] };
        write(&TextRecord::Page(PageText {
            kind: TextKind::Hidden,
            ..page(number, &lines)
        }))?;
    }
    write(&TextRecord::Done)
}

fn planned(models: ScanModels) -> Outcome<Planned> {
    let pages = (1..=9).map(|n| {
        Some(if n == 2 {
            page(n, &["Il dort dans la maison."])
        } else {
            scan(n)
        })
    });
    let document = prepared(pages.collect());
    let novel = Novel::new().with_scans(models);
    let settings = novel.settings(None, &Value::Null).unwrap();
    let request = PlanRequest {
        job_id: job_id(),
        kind: None,
        settings: &settings,
        sources: &OneFile::new(&document),
    };
    block_on(novel.plan(request, &Noted::default()))
}

#[test]
fn scanned_pages_are_read_and_said_to_be() {
    let planned = done(planned(ScanModels::of_files(b"where", b"what")));
    let messages: Vec<&str> = planned
        .warnings
        .iter()
        .map(|notice| notice.message.as_str())
        .collect();
    assert_eq!(
        messages,
        [
            "Pages 5–6 contain no readable text (they may be scans).",
            "Pages 1, 3–4, 7–9 are scans with the text that a program read from them; it may have mistakes."
        ]
    );
    let input: ChunkInput<Vec<Paragraph>> = serde_json::from_slice(&planned.chunks[0].input).unwrap();
    let text: Vec<&str> = input
        .paragraphs
        .iter()
        .map(|paragraph| paragraph.text.as_str())
        .collect();
    assert!(
        text.join(" ").contains(&format!("devant le {}.", word(9))),
        "{text:?}"
    );
}

#[test]
fn without_networks_scans_are_named_as_before() {
    for models in [ScanModels::default(), ScanModels::in_folder("/nowhere")] {
        let planned = done(planned(models));
        assert_eq!(codes(&planned.warnings), ["NO_TEXT"]);
    }
}
