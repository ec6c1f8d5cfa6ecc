//! Timetables through the whole system: documents, pictures, edits, calendars.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use docmill_cli::client::{ClientError, FormFile, Job, ResultQuery};
use docmill_system_tests::timetables::{sample, sample_file, timetable};
use docmill_system_tests::{User, assert_history, stack};
use serde_json::{Value, json};

fn truth(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(sample(name)).unwrap()).unwrap()
}

async fn read(user: &User, file: FormFile) -> (Job, Value) {
    let job = user.client.create(&timetable(), &[file]).await.unwrap();
    let job = user.completed(&job.job_id).await;
    let json = user.json(&job.job_id).await;
    (job, json)
}

fn told(document: &Value) -> BTreeSet<String> {
    let tables = document["timetables"].as_array().unwrap();
    let blocks = tables
        .iter()
        .flat_map(|table| table["blocks"].as_array().unwrap());
    let text = |block: &Value, name: &str| block[name].as_str().unwrap_or("?").to_owned();
    blocks
        .map(|block| {
            ["day", "start", "end", "event_name"]
                .map(|name| text(block, name))
                .join(" ")
        })
        .collect()
}

fn query(format: &str) -> ResultQuery {
    ResultQuery {
        format: Some(format.to_owned()),
        ..ResultQuery::default()
    }
}

#[tokio::test]
async fn a_document_becomes_blocks_that_its_owner_may_correct() {
    let stack = stack!();
    let user = stack.user("teacher").await;
    let (job, result) = read(&user, sample_file("05-vertical-letters.pdf", "application/pdf")).await;
    assert_history(&user.history(&job).await, &job);
    assert_eq!(told(&result), told(&truth("05-vertical-letters.json")));
    let calendar = String::from_utf8(user.result(&job.job_id, "ics").await).unwrap();
    assert_eq!(
        calendar.matches("BEGIN:VEVENT").count(),
        calendar.matches("END:VEVENT").count()
    );
    assert!(calendar.contains("SUMMARY:ASSEMBLY"));

    // One lesson is another one, and all others stay as they are.
    let mut tables = result["timetables"].clone();
    let blocks = tables[0]["blocks"].as_array_mut().unwrap();
    let lesson = blocks
        .iter_mut()
        .find(|block| block["event_name"] == "Spelling")
        .unwrap();
    lesson["event_name"] = json!("Chess, =1+1; club");
    let first = job.raw["result"]["edition"]
        .as_u64()
        .or(job.raw["edition"].as_u64());
    assert_eq!(first, Some(0), "{:#}", job.raw);
    let body = json!({"timetables": tables});
    let edited = user.client.edit(&job.job_id, &body, Some("0")).await.unwrap();
    assert!(edited.version > job.version);
    let stale = user.client.edit(&job.job_id, &body, Some("0")).await;
    assert!(
        matches!(&stale, Err(ClientError::Refused(refusal)) if refusal.is("EDITED_MEANWHILE")),
        "{stale:?}"
    );
    let calendar = String::from_utf8(user.result(&job.job_id, "ics").await).unwrap();
    let unfolded = calendar.replace("\r\n ", "");
    assert!(unfolded.contains("SUMMARY:Chess\\, =1+1\\; club"), "{unfolded}");
    assert!(unfolded.contains("SEQUENCE:1"));
    let csv = String::from_utf8(user.result(&job.job_id, "csv").await).unwrap();
    assert!(csv.contains("Chess, =1+1; club"));
    let events: Value = serde_json::from_slice(&user.result(&job.job_id, "fullcalendar").await).unwrap();
    assert!(!events.as_array().unwrap().is_empty());
    let original = ResultQuery {
        edition: Some(0),
        ..query("json")
    };
    let original = user.client.result_bytes(&job.job_id, &original).await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&original).unwrap(), result);

    // Nobody else sees or edits it.
    let stranger = stack.user("stranger").await;
    let refused = stranger.client.edit(&job.job_id, &body, None).await;
    assert!(
        matches!(&refused, Err(ClientError::Refused(refusal)) if refusal.is("JOB_NOT_FOUND")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_picture_is_read_in_steps_that_are_shown() {
    let stack = stack!();
    let user = stack.user("picture").await;
    let (job, result) = read(&user, sample_file("04-merged-cells.png", "image/png")).await;
    let truth = told(&truth("04-merged-cells.json"));
    let found = told(&result);
    let missed: Vec<&String> = truth.difference(&found).collect();
    assert!(missed.len() <= 2, "{missed:?}");
    let stages: BTreeSet<String> = user
        .history(&job)
        .await
        .into_iter()
        .map(|event| event.stage)
        .collect();
    for stage in ["Loading image", "Running OCR", "Analyzing structure", "Completed"] {
        assert!(stages.contains(stage), "{stages:?}");
    }
    let copy = user.result(&job.job_id, "webp").await;
    assert_eq!(result["image"]["compressed_size"], copy.len());
}

#[tokio::test]
async fn every_departure_has_its_stop_and_its_trip() {
    let stack = stack!();
    let user = stack.user("bus").await;
    let (_, result) = read(&user, sample_file("cairns.png", "image/png")).await;
    let table = std::fs::read_to_string(sample("cairns.csv")).unwrap();
    let expected: BTreeSet<String> = table
        .lines()
        .skip(1)
        .flat_map(|line| {
            let (stop, times) = line.split_once(',').unwrap();
            let trips = times.split(',').zip(1..);
            trips
                .map(move |(time, trip)| format!("{stop} | Trip {trip} | {time}"))
                .collect::<Vec<_>>()
        })
        .collect();
    let blocks = result["timetables"][0]["blocks"].as_array().unwrap();
    let text = |block: &Value, name: &str| block[name].as_str().unwrap().to_owned();
    let found: BTreeSet<String> = blocks
        .iter()
        .map(|block| {
            ["event_name", "notes", "start"]
                .map(|name| text(block, name))
                .join(" | ")
        })
        .collect();
    assert_eq!(expected.len(), 126);
    assert_eq!(found, expected);
}

#[tokio::test]
async fn what_is_no_timetable_says_so() {
    let stack = stack!();
    let user = stack.user("none").await;
    let table = FormFile {
        name: "points.csv".to_owned(),
        content_type: "text/csv".to_owned(),
        bytes: "Name,Points\nAnn,12\nBob,9\n".into(),
    };
    let job = user.client.create(&timetable(), &[table]).await.unwrap();
    let job = user.ended(&job.job_id).await;
    assert_eq!(job.status, "failed");
    assert_eq!(job.raw["error"]["code"], "NO_TABLE", "{:#}", job.raw);
    let program = FormFile {
        name: "program.png".to_owned(),
        content_type: "image/png".to_owned(),
        bytes: "MZ and more".into(),
    };
    let refused = user.client.create(&timetable(), &[program]).await;
    assert!(
        matches!(&refused, Err(ClientError::Refused(refusal)) if refusal.is("FILE_TYPE")),
        "{refused:?}"
    );
}
