//! A text becomes sentences, and the sentences come in every format.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_cli::client::{NewJob, ResultQuery};
use docmill_core::ids::sha256_hex;
use docmill_system_tests::{assert_history, novel, refusal, stack, statuses, text_file, texts};
use serde_json::{Map, Value, json};

#[tokio::test]
async fn a_small_text_becomes_sentences() {
    let stack = stack!();
    let user = stack.user("results").await;
    let accepted = user.submit(texts::STORY).await;
    assert_eq!(accepted.version, 1);
    let job = user.completed(&accepted.job_id).await;
    user.assert_result_is_that_of_a_run(&job, texts::STORY, &Map::new())
        .await;

    let result = user.json(&job.job_id).await;
    assert_eq!(result["schema"], "novel/1");
    assert_eq!(result["job_id"], job.job_id);
    assert_eq!(result["sentences"][0]["text"], "Paul lisait son journal.");
    assert_eq!(result["source"]["sha256"], sha256_hex(texts::STORY.as_bytes()));
    assert_eq!(result["failed_chunks"], json!([]));
    let history = user.history(&job).await;
    assert_history(&history, &job);
    assert_eq!(statuses(&history), ["queued", "processing", "completed"]);
}

#[tokio::test]
async fn every_format_can_be_downloaded() {
    let stack = stack!();
    let user = stack.user("formats").await;
    let job = user.submit(texts::STORY).await;
    let job = user.completed(&job.job_id).await;
    assert_eq!(sorted(&job.formats), ["csv", "json", "txt", "xlsx"]);

    let csv = user.result(&job.job_id, "csv").await;
    assert!(
        csv.starts_with("\u{feff}Index,Sentence\r\n1,".as_bytes()),
        "{}",
        String::from_utf8_lossy(&csv)
    );
    let txt = String::from_utf8(user.result(&job.job_id, "txt").await).unwrap();
    assert!(txt.starts_with("Paul lisait son journal.\n"), "{txt}");
    assert!(user.result(&job.job_id, "xlsx").await.starts_with(b"PK\x03\x04"));

    // Made for the request: all columns, and rows to append to an earlier sheet.
    let full = ResultQuery {
        format: Some("csv".into()),
        full: true,
        ..ResultQuery::default()
    };
    let full = user.client.result_bytes(&job.job_id, &full).await.unwrap();
    assert!(
        full.starts_with("\u{feff}Index,Sentence,Original,Page,Words,Flags\r\n".as_bytes()),
        "{full:?}"
    );
    let append = ResultQuery {
        format: Some("csv".into()),
        start_index: Some(1_001),
        ..ResultQuery::default()
    };
    let append = String::from_utf8(
        user.client
            .result_bytes(&job.job_id, &append)
            .await
            .unwrap()
            .to_vec(),
    )
    .unwrap();
    let first = append.trim_start_matches('\u{feff}').lines().next().unwrap();
    assert!(first.starts_with("1001,"), "{first}");

    let unknown = ResultQuery {
        format: Some("docx".into()),
        ..ResultQuery::default()
    };
    assert_eq!(
        refusal(user.client.result_bytes(&job.job_id, &unknown).await).status,
        422
    );
}

#[tokio::test]
async fn the_download_link_keeps_the_files_name() {
    let stack = stack!();
    let user = stack.user("names").await;
    let new = NewJob {
        label: Some("Le port été".into()),
        ..novel()
    };
    let job = user.submit_as(&new, texts::STORY).await;
    user.completed(&job.job_id).await;
    let response = user
        .client
        .result(&job.job_id, &ResultQuery::default())
        .await
        .unwrap();
    let disposition = response.headers()["content-disposition"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(disposition.starts_with("attachment"), "{disposition}");
    assert!(disposition.contains(".json"), "{disposition}");
}

#[tokio::test]
async fn settings_are_checked_kept_and_used() {
    let stack = stack!();
    let user = stack.user("settings").await;
    let settings: Map<String, Value> = [("sentence_length_limit".to_owned(), json!(5))]
        .into_iter()
        .collect();
    let new = NewJob {
        settings: settings.clone(),
        ..novel()
    };
    let job = user.submit_as(&new, texts::STORY).await;
    assert_eq!(job.settings["sentence_length_limit"], 5);
    assert_eq!(job.settings["min_sentence_length"], 2, "defaults are filled in");
    let job = user.completed(&job.job_id).await;
    user.assert_result_is_that_of_a_run(&job, texts::STORY, &settings)
        .await;
    let result = user.json(&job.job_id).await;
    let longest = result["stats"]["max_words"].as_u64().unwrap();
    assert!(longest <= 5, "{longest}");

    for wrong in [
        json!({"sentence_length_limit": 99}),
        json!({"surprise": true}),
        json!({"sentence_length_limit": 3, "min_sentence_length": 9}),
    ] {
        let new = NewJob {
            settings: wrong.as_object().cloned().unwrap(),
            ..novel()
        };
        let refusal = refusal(user.client.create(&new, &[text_file(texts::STORY)]).await);
        assert_eq!(refusal.status, 422, "{wrong}");
        assert!(!refusal.errors.is_empty(), "{refusal:?}");
    }
}

#[tokio::test]
async fn many_chunks_give_the_result_of_a_plain_run() {
    let stack = stack!();
    let user = stack.user("chunks").await;
    let text = texts::many_chunks();
    let job = user.submit(&text).await;
    let job = user.completed(&job.job_id).await;
    let total = job.total_chunks.unwrap();
    assert!(total > 20, "{total}");
    assert_eq!(job.processed_chunks, total);
    user.assert_result_is_that_of_a_run(&job, &text, &Map::new())
        .await;
    let history = user.history(&job).await;
    assert_history(&history, &job);
    // Each chunk that was recorded is a visible change.
    assert!(job.version > u64::from(total), "{}", job.version);
}

#[tokio::test]
async fn every_priority_is_worked_on() {
    let stack = stack!();
    let user = stack.user("priorities").await;
    // The low queue belongs to the tests of faults.
    for priority in ["high", "normal"] {
        let new = NewJob {
            priority: Some(priority.into()),
            ..novel()
        };
        let job = user.submit_as(&new, texts::STORY).await;
        assert_eq!(job.priority, priority);
        user.completed(&job.job_id).await;
    }
}

#[tokio::test]
async fn use_and_cost_are_measured() {
    let stack = stack!();
    let user = stack.user("usage").await;
    let job = user.submit(texts::STORY).await;
    let job = user.completed(&job.job_id).await;
    let usage = &job.usage;
    for operation in [
        "s3.put",
        "s3.get",
        "dynamodb.update",
        "dynamodb.transact",
        "sqs.send",
    ] {
        assert!(
            usage.requests.get(operation).is_some_and(|count| *count > 0),
            "{operation}: {usage:?}"
        );
    }
    let cost: f64 = usage.cost_usd.parse().unwrap();
    assert!(cost > 0.0 && cost < 0.01, "{cost}");
    assert!(job.processing_time_seconds.unwrap() >= 0.0);
}

#[tokio::test]
async fn there_is_no_result_before_the_end() {
    let stack = stack!();
    let user = stack.user("early").await;
    let file = json!({"name": "roman.txt", "size": 100, "content_type": "text/plain"});
    let (job, _) = user.client.announce(&novel(), &[file]).await.unwrap();
    let refusal = refusal(
        user.client
            .result_bytes(&job.job_id, &ResultQuery::default())
            .await,
    );
    assert_eq!(
        (refusal.status, refusal.code.as_deref()),
        (409, Some("NOT_FINISHED"))
    );
    user.client.cancel(&job.job_id).await.unwrap();
}

fn sorted(words: &[String]) -> Vec<&str> {
    let mut sorted: Vec<&str> = words.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted
}
