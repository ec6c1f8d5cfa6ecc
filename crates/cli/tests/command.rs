//! The command itself: what it prints and how it ends.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use common::{Response, Server};
use docmill_cli::exit::Exit;
use docmill_cli::local::{self, LocalJob};
use docmill_core::intake::SentFile;
use docmill_core::pipeline::ExportOptions;
use docmill_core::sandbox::Sandbox;
use docmill_memory::InProcess;
use serde_json::{Value, json};

const STORY: &str = "Paul lisait son journal et Marie préparait le café du matin. La mer était calme.\n";

/// Runs the command in a folder of its own, with nothing of this machine's settings.
fn docmill(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_docmill"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("DOCMILL_URL")
        .env_remove("DOCMILL_WS_URL")
        .env_remove("DOCMILL_TOKEN")
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("story.txt"), STORY).unwrap();
    folder
}

#[test]
fn a_text_is_worked_on_here() {
    let folder = folder();
    let output = docmill(folder.path(), &["run", "novel", "story.txt"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(
        out(&output).contains("   1  Paul lisait son journal.\n"),
        "{}",
        out(&output)
    );
    assert!(
        out(&output).contains("3 sentences from 2, 0 fragments."),
        "{}",
        out(&output)
    );
    // A line an event where nobody sits at a terminal.
    let lines: Vec<String> = err(&output).lines().map(ToOwned::to_owned).collect();
    assert!(
        lines.first().is_some_and(|line| line.contains("0 %  Queued")),
        "{lines:?}"
    );
    assert!(
        lines.last().is_some_and(|line| line.contains("100 %  Completed")),
        "{lines:?}"
    );
}

#[test]
fn a_result_goes_where_it_is_wanted() {
    let folder = folder();
    let output = docmill(folder.path(), &["run", "novel", "story.txt", "--format", "txt"]);
    assert_eq!(
        out(&output),
        "Paul lisait son journal.\nMarie préparait le café du matin.\nLa mer était calme.\n"
    );
    let arguments = [
        "run",
        "novel",
        "story.txt",
        "--format",
        "csv",
        "--full",
        "--output",
        "r.csv",
    ];
    let output = docmill(folder.path(), &arguments);
    assert_eq!(
        (code(&output), out(&output).as_str()),
        (0, ""),
        "{}",
        err(&output)
    );
    let csv = std::fs::read_to_string(folder.path().join("r.csv")).unwrap();
    assert!(
        csv.starts_with("\u{feff}Index,Sentence,Original,Page,Words,Flags\r\n"),
        "{csv}"
    );
}

#[test]
fn programs_get_a_document_a_line() {
    let folder = folder();
    let output = docmill(folder.path(), &["run", "novel", "story.txt", "--json"]);
    let lines: Vec<Value> = out(&output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["type"], "status");
    assert_eq!(lines.last().unwrap()["status"], "completed");
    assert!(lines.last().unwrap()["links"].is_object());
    assert_eq!(err(&output), "");
}

#[test]
fn each_kind_of_failure_has_its_code() {
    let folder = folder();
    std::fs::write(folder.path().join("cut.pdf"), b"%PDF-1.7\n").unwrap();
    std::fs::write(folder.path().join("empty.txt"), b"").unwrap();
    let cases: [(&[&str], Exit, &str); 9] = [
        (&["run", "novel", "nowhere.txt"], Exit::Usage, "nowhere.txt: "),
        (&["run", "novel", "."], Exit::Usage, "not a file"),
        (
            &["run", "nothing", "story.txt"],
            Exit::Refused,
            "Known are: novel",
        ),
        (&["run", "novel", "empty.txt"], Exit::Refused, "."),
        (
            &["run", "novel", "story.txt", "--set", "sentence_length_limit=99"],
            Exit::Refused,
            "sentence_length_limit",
        ),
        (
            &["run", "novel", "story.txt", "--format", "docx"],
            Exit::Refused,
            "json, csv",
        ),
        (&["jobs"], Exit::Usage, "make up"),
        (
            &["jobs", "--url", "nonsense"],
            Exit::Usage,
            "not the URL of a service",
        ),
        (
            &["jobs", "--url", "http://127.0.0.1:9"],
            Exit::NoService,
            "cannot be reached",
        ),
    ];
    for (arguments, exit, part) in cases {
        let output = docmill(folder.path(), arguments);
        assert_eq!(code(&output), exit as i32, "{arguments:?}: {}", err(&output));
        let last = err(&output).lines().last().unwrap_or_default().to_owned();
        assert!(
            last.starts_with("docmill: ") && last.contains(part),
            "{arguments:?}: {last}"
        );
    }

    let output = docmill(folder.path(), &["run", "novel", "cut.pdf"]);
    assert_eq!(code(&output), Exit::JobFailed as i32);
    assert!(
        err(&output).contains("Failed: We could not open this PDF."),
        "{}",
        err(&output)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_is_edited_and_an_older_edition_fetched() {
    let server = Server::start(
        |request, own| match (request.method.as_str(), request.path.as_str()) {
            ("PATCH", "/v1/jobs/j-1/result") if request.headers["if-match"] == "\"1.2\"" => {
                Response::json(200, json!({"job_id": "j-1", "status": "completed", "edition": 3}))
            }
            ("PATCH", _) => Response::json(
                412,
                json!({"code": "EDITED_MEANWHILE", "detail": "Please load it."}),
            ),
            ("GET", "/v1/jobs/j-1/result?format=json&edition=2&variant=explicit") => {
                Response::of(303, "text/plain", "").with("location", format!("{own}/file"))
            }
            ("GET", "/file") => Response::json(200, json!({"blocks": []})),
            other => panic!("{other:?}"),
        },
    )
    .await;
    let folder = folder();
    std::fs::write(folder.path().join("edit.json"), r#"{"blocks":[1]}"#).unwrap();
    let run = |arguments: &[&str]| {
        let service = ["--url", &server.url, "--token", "t"];
        docmill(folder.path(), &[arguments, &service].concat())
    };
    let edited = run(&["edit", "j-1", "edit.json", "--if-edition", "1.2"]);
    assert_eq!(code(&edited), 0, "{}", err(&edited));
    assert_eq!(out(&edited), "The result is edited: its newest edition is 3.\n");
    let sent = &server.seen()[0];
    assert_eq!(sent.body, br#"{"blocks":[1]}"#);
    let late = run(&["edit", "j-1", "edit.json", "--if-edition", "1"]);
    assert_eq!(code(&late), Exit::Refused as i32);
    assert!(err(&late).contains("Please load it."), "{}", err(&late));
    let fetch = [
        "result",
        "j-1",
        "--format",
        "json",
        "--edition",
        "2",
        "--variant",
        "explicit",
    ];
    let fetched = run(&fetch);
    assert_eq!(
        (code(&fetched), out(&fetched).as_str()),
        (0, "{\"blocks\":[]}"),
        "{}",
        err(&fetched)
    );
}

#[test]
fn completions_are_printed() {
    let folder = folder();
    for shell in ["bash", "zsh", "fish"] {
        let output = docmill(folder.path(), &["completions", shell]);
        assert_eq!(code(&output), 0);
        assert!(out(&output).contains("docmill"), "{shell}");
    }
}

#[test]
fn the_help_tells_the_exit_codes() {
    let output = docmill(folder().path(), &["--help"]);
    assert!(out(&output).contains("Exit codes:"), "{}", out(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_is_followed_to_its_result() {
    let done = json!({
        "job_id": "j-1", "pipeline": "novel", "status": "completed", "outcome": "partial", "version": 5,
        "stage": "Completed with errors", "progress_percent": 100, "total_chunks": 2, "processed_chunks": 2,
        "failed_count": 1, "failed_chunks": [{"chunk": 1, "label": "page 2", "code": "X", "message": "No."}],
        "formats": ["json", "csv"], "usage": {"requests": {"s3.put": 4}, "cost_usd": "0.000021"},
        "processing_time_seconds": 0.52, "links": {"self": "/v1/jobs/j-1", "result": "/v1/jobs/j-1/result"},
    });
    let result = json!({"sentences": [{"text": "Un chat dort.", "flags": []}], "stats": {"output_sentences": 1,
        "source_sentences": 1, "fragments": 0}});
    let server = Server::start(
        move |request, _| match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/v1/jobs") => {
                Response::json(202, json!({"job_id": "j-1", "status": "queued", "version": 1}))
            }
            (_, path) if path.contains("/result") => Response::json(200, &result),
            _ => Response::json(200, &done),
        },
    )
    .await;
    let folder = folder();
    let url = server.url.clone();
    let output = tokio::task::spawn_blocking(move || {
        docmill(
            folder.path(),
            &[
                "submit",
                "story.txt",
                "--watch",
                "--via",
                "poll",
                "--url",
                &url,
                "--token",
                "t",
            ],
        )
    })
    .await
    .unwrap();
    assert_eq!(code(&output), Exit::Partial as i32, "{}", err(&output));
    let text = out(&output);
    for part in [
        "   1  Un chat dort.",
        "1 sentence from 1",
        "2 chunks, 0.5 s, 4 requests, $0.000021.",
        "failed: page 2: No. (X)",
        "/v1/jobs/j-1/result (json, csv)",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(
        err(&output).contains("100 %  Completed with errors"),
        "{}",
        err(&output)
    );
    assert!(server.seen()[0].headers["idempotency-key"].len() >= 32);
}

#[tokio::test]
async fn several_chunks_give_the_same_as_one_run_after_another() {
    let mut text = String::new();
    while text.len() < 400_000 {
        text.push_str("Le vieux pêcheur regardait la mer et le vent soufflait sur les toits gris de la ville. Il partit.\n\n");
    }
    let job = || LocalJob {
        pipeline: "novel".into(),
        files: vec![SentFile {
            name: "long.txt".into(),
            content_type: "text/plain".into(),
            bytes: text.clone().into(),
        }],
        ..LocalJob::default()
    };
    let sandbox: Arc<dyn Sandbox> = Arc::new(InProcess::new(docmill_pipelines::readers()));
    let mut versions = Vec::new();
    let one = local::run(job(), sandbox.clone(), &mut |event| {
        versions.push((event.version, event.progress_percent))
    })
    .await
    .unwrap();
    assert_eq!(one.job.status, "completed");
    assert!(one.job.total_chunks.unwrap() > 1);
    let expected: Vec<u64> = (1..=one.job.version).collect();
    assert_eq!(
        versions.iter().map(|(version, _)| *version).collect::<Vec<_>>(),
        expected
    );
    assert!(versions.is_sorted_by_key(|(_, percent)| *percent));
    let two = local::run(job(), sandbox, &mut |_| {}).await.unwrap();
    for format in ["csv", "txt", "xlsx"] {
        let options = ExportOptions::default();
        let (a, b) = (
            one.result(Some(format), 1, &options).await.unwrap(),
            two.result(Some(format), 1, &options).await.unwrap(),
        );
        assert!(a == b, "{format}");
    }
}
