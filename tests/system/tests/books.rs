//! PDF files through the whole system: a book, scans among its pages, and files that mean harm.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

use docmill_cli::client::{FormFile, Job};
use docmill_documents::pdf::{OpenLimits, PdfDocument, RenderLimits};
use docmill_system_tests::pdf::{Shown, pdf, pdf_file};
use docmill_system_tests::{Scratch, User, assert_history, novel, stack, texts};

const PROSE: Shown<'_> = Shown::Lines(&[
    "Paul lisait son journal et Marie regardait le jardin. La mer",
    "restait calme devant la maison du port. Le vent soufflait,",
    "mais la maison tenait bon.",
]);

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/le-phare-de-kermor.pdf")
}

fn bad(name: &str) -> FormFile {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("documents").join(name);
    pdf_file(std::fs::read(path).unwrap())
}

async fn ended(user: &User, file: FormFile) -> Job {
    let job = user.client.create(&novel(), &[file]).await.unwrap();
    user.ended(&job.job_id).await
}

fn codes(job: &Job) -> Vec<&str> {
    let warnings = job.raw["warnings"].as_array().unwrap();
    warnings
        .iter()
        .map(|warning| warning["code"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_book_becomes_sentences() {
    let stack = stack!();
    let user = stack.user("book").await;
    let path = sample();
    let file = pdf_file(std::fs::read(&path).unwrap());
    let job = user.client.create(&novel(), &[file]).await.unwrap();
    let job = user.completed(&job.job_id).await;
    assert_history(&user.history(&job).await, &job);
    let result = user.json(&job.job_id).await;
    let pages = result["source"]["pages"].as_u64().unwrap();
    assert!(pages >= 30, "{pages}");
    let sentences = result["sentences"].as_array().unwrap();
    let seen: std::collections::BTreeSet<u64> = sentences
        .iter()
        .map(|sentence| sentence["page"].as_u64().unwrap())
        .collect();
    assert!(seen.len() as u64 >= pages - 4, "{} pages of {pages}", seen.len());

    // The same engine on the same file, without AWS.
    let path = path.to_str().unwrap();
    let arguments = ["run", "novel", path, "--format", "csv"];
    if let Some(here) = stack.docmill(&user.token, &arguments).await {
        assert_eq!(here.code, 0, "{}", here.err);
        assert_eq!(here.out.as_bytes(), user.result(&job.job_id, "csv").await);
    }
}

#[tokio::test]
async fn scans_among_the_pages_are_named() {
    let stack = stack!();
    let user = stack.user("scans").await;
    let job = ended(&user, pdf(&[PROSE, Shown::Scan, Shown::Scan, PROSE])).await;
    assert_eq!(job.outcome.as_deref(), Some("complete"), "{:#}", job.raw);
    assert_eq!(codes(&job), ["NO_TEXT"]);
    let message = job.raw["warnings"][0]["message"].as_str().unwrap();
    assert!(message.contains("2–3"), "{message}");
    assert_eq!(user.json(&job.job_id).await["source"]["pages"], 4);

    // With so many of them chunks are small, and the last two have nothing else. What is at the top of every page would be a running head.
    let texts: Vec<[String; 2]> = (b'A'..=b'Z')
        .chain(b'a'..=b'n')
        .map(|letter| char::from(letter).to_string().repeat(3))
        .map(|name| {
            [
                format!("Le port de {name} dormait."),
                format!("Paul regardait {name} et la mer."),
            ]
        })
        .collect();
    let lines: Vec<[&str; 2]> = texts
        .iter()
        .map(|page| [page[0].as_str(), page[1].as_str()])
        .collect();
    let mut pages: Vec<_> = lines.iter().map(|lines| Shown::Lines(lines)).collect();
    pages.resize(54, Shown::Scan);
    let job = ended(&user, pdf(&pages)).await;
    assert_eq!(
        (job.status.as_str(), job.outcome.as_deref()),
        ("completed", Some("partial")),
        "{:#}",
        job.raw
    );
    assert_eq!(job.raw["failed_chunks"][0]["code"], "NO_TEXT", "{:#}", job.raw);
    let result = user.json(&job.job_id).await;
    assert_eq!(result["failed_chunks"][0]["pages"], serde_json::json!([41, 48]));

    let job = ended(&user, pdf(&[Shown::Scan])).await;
    assert_eq!(job.status, "failed");
    assert_eq!(job.raw["error"]["code"], "NO_TEXT", "{:#}", job.raw);
}

#[tokio::test]
async fn a_scan_is_read() {
    let stack = stack!();
    let user = stack.user("scan").await;
    let book = std::fs::read(sample()).unwrap();
    let document = PdfDocument::open(book, OpenLimits { max_pages: 200 }).unwrap();
    let limits = RenderLimits {
        dpi: 200.0,
        max_pixels: 4_000_000,
    };
    let number = 8;
    let drawn = document.renderer().render(number, limits).unwrap();
    let gray: Vec<u8> = drawn.rgb.chunks(3).map(|pixel| pixel[1]).collect();
    let picture = Shown::Picture {
        width: drawn.width,
        height: drawn.height,
        gray: &gray,
    };
    let job = ended(&user, pdf(&[picture])).await;
    assert_eq!(job.outcome.as_deref(), Some("complete"), "{:#}", job.raw);
    assert_eq!(codes(&job), ["SCAN_TEXT"]);
    let found = user.json(&job.job_id).await;
    let originals = found["sentences"].as_array().unwrap().iter();
    let read: Vec<&str> = originals
        .flat_map(|row| row["original"].as_str().unwrap().split_whitespace())
        .collect();
    let page = document.reader().page(number).unwrap();
    let words = page.words.iter().map(|word| word.text.as_str());
    // Words that a line's end broke are whole in what was read, and the head and the number are left out.
    let (kept, all) = words.fold((0, 0), |(kept, all), word| {
        (kept + usize::from(read.contains(&word)), all + 1)
    });
    assert!(all > 100 && kept * 10 >= all * 8, "{kept} of {all}: {read:?}");
}

#[tokio::test]
async fn files_that_cannot_be_read_say_why() {
    let stack = stack!();
    let user = stack.user("bad-pdf").await;
    let long = vec![Shown::Lines(&["Il marche."]); 1_001];
    for (what, file, code) in [
        ("encrypted", bad("encrypted.pdf"), "PDF_ENCRYPTED"),
        ("header", pdf_file(b"%PDF-1.7\n".to_vec()), "INVALID_PDF"),
        ("loop", bad("loop.pdf"), "INVALID_PDF"),
        ("long", pdf(&long), "TOO_MANY_PAGES"),
    ] {
        let job = ended(&user, file).await;
        assert_eq!(job.status, "failed", "{what}: {:#}", job.raw);
        assert_eq!(job.raw["error"]["code"], code, "{what}: {:#}", job.raw);
    }
}

#[tokio::test]
async fn a_bomb_harms_nobody() {
    let stack = stack!();
    let user = stack.user("bomb").await;
    // In a content stream, behind many filters, in an object stream, in a font.
    for name in ["bomb.pdf", "nested.pdf", "objects.pdf", "letters.pdf"] {
        let bomb = user.client.create(&novel(), &[bad(name)]).await.unwrap();
        let beside = user.submit(texts::STORY).await;
        let bomb = user.ended(&bomb.job_id).await;
        assert_eq!(bomb.status, "failed", "{name}: {:#}", bomb.raw);
        assert!(!bomb.raw["error"]["message"].as_str().unwrap().is_empty());
        user.completed(&beside.job_id).await;
    }
}

#[tokio::test]
async fn the_command_follows_a_book() {
    let stack = stack!();
    let user = stack.user("book-command").await;
    let scratch = Scratch::with("roman.pdf", "");
    std::fs::write(scratch.path("roman.pdf"), &pdf(&[PROSE, PROSE]).bytes).unwrap();
    let file = scratch.argument("roman.pdf");
    let Some(ran) = stack.docmill(&user.token, &["submit", &file, "--watch"]).await else {
        return;
    };
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("Paul lisait son journal."), "{}", ran.out);
}
