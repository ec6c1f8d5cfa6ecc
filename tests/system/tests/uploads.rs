//! Files that clients bring themselves, and requests that are sent twice.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_cli::client::{LocalFile, NewJob, UploadPart};
use docmill_core::ids::sha256_hex;
use docmill_system_tests::{Scratch, User, novel, refusal, stack, text_file, texts, unique};
use serde_json::{Map, Value, json};

async fn announced(user: &User, size: usize) -> (String, UploadPart) {
    let file = json!({"name": "roman.txt", "size": size, "content_type": "text/plain"});
    let (job, uploads) = user.client.announce(&novel(), &[file]).await.unwrap();
    (job.job_id, uploads.uploads[0].parts[0].clone())
}

#[tokio::test]
async fn a_large_text_is_uploaded_by_a_signed_link() {
    let stack = stack!();
    let user = stack.user("large").await;
    let text = texts::novel_of(9_000_000);
    let scratch = Scratch::with("roman.txt", &text);
    let file = LocalFile::open(&scratch.path("roman.txt")).await.unwrap();
    let mut bytes_there = Vec::new();
    let mut progress = |bytes: u64, total: u64| {
        assert_eq!(total, text.len() as u64);
        bytes_there.push(bytes);
    };
    let job = user
        .client
        .submit(&novel(), &[file], &mut |_| {}, &mut progress)
        .await
        .unwrap();
    assert_eq!(bytes_there.last(), Some(&(text.len() as u64)));
    assert_eq!(
        job.files[0].sha256.as_deref(),
        Some(sha256_hex(text.as_bytes()).as_str())
    );
    let job = user.completed(&job.job_id).await;
    assert!(job.total_chunks.unwrap() > 80, "{:?}", job.total_chunks);
    user.assert_result_is_that_of_a_run(&job, &text, &Map::new())
        .await;
}

#[tokio::test]
async fn an_interrupted_upload_is_resumed() {
    let stack = stack!();
    let user = stack.user("resume").await;
    let text = texts::novel_of(5_000);
    let scratch = Scratch::with("roman.txt", &text);
    let (id, _) = announced(&user, text.len()).await;
    let file = LocalFile::open(&scratch.path("roman.txt")).await.unwrap();
    let job = user
        .client
        .resume(&id, std::slice::from_ref(&file), &mut |_, _| {})
        .await
        .unwrap();
    assert_eq!(job.job_id, id);
    user.completed(&id).await;
    // Resuming what is complete changes nothing.
    let again = user.client.resume(&id, &[file], &mut |_, _| {}).await.unwrap();
    assert_eq!(again.status, "completed");
}

#[tokio::test]
async fn what_is_there_is_not_asked_for_again() {
    let stack = stack!();
    let user = stack.user("there").await;
    let text = texts::STORY;
    let (id, part) = announced(&user, text.len()).await;
    let uploads = user.client.uploads(&id).await.unwrap();
    assert_eq!(uploads.uploads[0].parts.len(), 1, "{uploads:?}");
    let etag = user.client.put_part(&part, text.into()).await.unwrap();
    let uploads = docmill_system_tests::wait::until("the upload to be seen", async || {
        let uploads = user.client.uploads(&id).await.unwrap();
        uploads.uploads[0].parts.is_empty().then_some(uploads)
    })
    .await;
    assert_eq!(
        uploads.uploads[0].uploaded[0].etag.trim_matches('"'),
        etag.trim_matches('"')
    );
    user.client.start(&id, &[]).await.unwrap();
    user.completed(&id).await;
    assert_eq!(
        refusal(user.client.uploads(&id).await).code.as_deref(),
        Some("NOT_AWAITING_UPLOAD")
    );
}

#[tokio::test]
async fn parts_that_are_there_are_not_asked_for_again() {
    let stack = stack!();
    let user = stack.user("parts").await;
    let file = json!({"name": "roman.pdf", "size": 17 << 20, "content_type": "application/pdf"});
    let (job, uploads) = user.client.announce(&novel(), &[file]).await.unwrap();
    let parts = &uploads.uploads[0].parts;
    let numbers: Vec<u32> = parts.iter().map(|part| part.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    let last = vec![0; usize::try_from(parts[2].size).unwrap()];
    user.client.put_part(&parts[2], last.into()).await.unwrap();
    let uploads = user.client.uploads(&job.job_id).await.unwrap();
    let left: Vec<u32> = uploads.uploads[0].parts.iter().map(|part| part.number).collect();
    assert_eq!(left, [1, 2]);
    assert_eq!(uploads.uploads[0].uploaded[0].number, 3);
    user.client.cancel(&job.job_id).await.unwrap();
}

#[tokio::test]
async fn starting_twice_is_starting_once() {
    let stack = stack!();
    let user = stack.user("twice").await;
    let (id, part) = announced(&user, texts::STORY.len()).await;
    user.client.put_part(&part, texts::STORY.into()).await.unwrap();
    let (one, two) = futures::join!(user.client.start(&id, &[]), user.client.start(&id, &[]));
    assert_eq!(
        (one.unwrap().job_id, two.unwrap().job_id),
        (id.clone(), id.clone())
    );
    let job = user.completed(&id).await;
    let history = user.history(&job).await;
    assert_eq!(history.iter().filter(|event| event.status == "queued").count(), 1);
    // Once more, long after: the job as it is.
    assert_eq!(user.client.start(&id, &[]).await.unwrap().status, "completed");
}

#[tokio::test]
async fn a_job_does_not_start_without_its_file() {
    let stack = stack!();
    let user = stack.user("missing").await;
    let (id, _) = announced(&user, 1_000).await;
    let refused = refusal(user.client.start(&id, &[]).await);
    assert_eq!(
        (refused.status, refused.code.as_deref()),
        (409, Some("UPLOAD_INCOMPLETE"))
    );
    assert_eq!(user.job(&id).await.status, "awaiting_upload");
    user.client.cancel(&id).await.unwrap();
    assert_eq!(refusal(user.client.start(&id, &[]).await).status, 409);
}

#[tokio::test]
async fn another_size_than_announced_is_refused() {
    let stack = stack!();
    let user = stack.user("size").await;
    let (id, part) = announced(&user, 1_000).await;
    // The link itself is signed for the length; where the store does not check that, `start` does.
    let put = user.client.put_part(&part, texts::STORY.into()).await;
    let refused = refusal(user.client.start(&id, &[]).await);
    match put {
        Ok(_) => {
            assert_eq!(refused.status, 422);
            assert_eq!(refused.errors[0].code, "SIZE_MISMATCH");
        }
        Err(_) => assert_eq!(refused.code.as_deref(), Some("UPLOAD_INCOMPLETE")),
    }
    user.client.cancel(&id).await.unwrap();
}

#[tokio::test]
async fn other_content_than_announced_fails_the_job() {
    let stack = stack!();
    let user = stack.user("hash").await;
    let file = json!({
        "name": "roman.txt", "size": texts::STORY.len(), "content_type": "text/plain",
        "sha256": sha256_hex(b"something else"),
    });
    let (job, uploads) = user.client.announce(&novel(), &[file]).await.unwrap();
    user.client
        .put_part(&uploads.uploads[0].parts[0], texts::STORY.into())
        .await
        .unwrap();
    user.client.start(&job.job_id, &[]).await.unwrap();
    let job = user.ended(&job.job_id).await;
    assert_eq!(job.status, "failed");
    assert_eq!(job.error.unwrap().code, "CHECKSUM_MISMATCH");
}

#[tokio::test]
async fn files_that_no_pipeline_takes_are_refused_before_they_are_sent() {
    let stack = stack!();
    let user = stack.user("limits").await;
    for (name, size, content_type, status) in [
        ("roman.txt", 10_485_761_u64, "text/plain", 413),
        ("roman.txt", 40_000_000, "text/plain", 413),
        ("roman.txt", u64::MAX, "text/plain", 413),
        ("roman.exe", 1_000, "application/octet-stream", 415),
    ] {
        let file = json!({"name": name, "size": size, "content_type": content_type});
        let refused = refusal(user.client.announce(&novel(), &[file]).await);
        assert_eq!(refused.status, status, "{name} of {size}: {refused}");
    }
    let file = json!({"name": "a.txt", "size": 10, "content_type": "text/plain"});
    let refused = refusal(
        user.client
            .announce(&novel(), &[file.clone(), file.clone()])
            .await,
    );
    assert_eq!(refused.errors[0].code, "TOO_MANY_FILES");
    assert_eq!(refusal(user.client.announce(&novel(), &[]).await).status, 422);
    let mut bad_hash = file;
    bad_hash["sha256"] = json!("abc");
    assert_eq!(
        refusal(user.client.announce(&novel(), &[bad_hash]).await).status,
        422
    );
    assert!(
        user.client
            .jobs(&Default::default())
            .await
            .unwrap()
            .jobs
            .is_empty(),
        "nothing was made"
    );
}

fn with_key(key: &str) -> NewJob {
    NewJob {
        idempotency_key: Some(key.to_owned()),
        ..novel()
    }
}

#[tokio::test]
async fn the_same_key_gives_the_same_job() {
    let stack = stack!();
    let user = stack.user("key").await;
    let new = with_key(&unique("key"));
    let job = user.submit_as(&new, texts::STORY).await;
    let again = user.submit_as(&new, texts::STORY).await;
    assert_eq!(again.job_id, job.job_id);
    user.completed(&job.job_id).await;
    assert_eq!(user.submit_as(&new, texts::STORY).await.job_id, job.job_id);

    let other_content = user.client.create(&new, &[text_file("Autre chose ici.")]).await;
    let refused = refusal(other_content);
    assert_eq!(
        (refused.status, refused.code.as_deref()),
        (422, Some("IDEMPOTENCY_KEY_REUSED"))
    );
    let other_settings: Map<String, Value> = [("sentence_length_limit".to_owned(), json!(9))]
        .into_iter()
        .collect();
    let changed = NewJob {
        settings: other_settings,
        ..new.clone()
    };
    assert_eq!(
        refusal(user.client.create(&changed, &[text_file(texts::STORY)]).await).status,
        422
    );
    // A key belongs to its user.
    let stranger = stack.user("other-key").await;
    let theirs = stranger.submit_as(&new, texts::STORY).await;
    assert_ne!(theirs.job_id, job.job_id);
    stranger.completed(&theirs.job_id).await;
}

#[tokio::test]
async fn twenty_equal_requests_at_once_make_one_job() {
    let stack = stack!();
    let user = stack.user("parallel").await;
    let new = with_key(&unique("parallel"));
    let requests = (0..20).map(|_| user.submit_as(&new, texts::STORY));
    let jobs = futures::future::join_all(requests).await;
    assert!(jobs.iter().all(|job| job.job_id == jobs[0].job_id), "{jobs:#?}");
    let job = user.completed(&jobs[0].job_id).await;
    let listed = docmill_system_tests::wait::until("the listing", async || {
        let jobs = user.client.jobs(&Default::default()).await.unwrap().jobs;
        (!jobs.is_empty()).then_some(jobs)
    })
    .await;
    assert_eq!(listed.len(), 1);
    let history = user.history(&job).await;
    docmill_system_tests::assert_history(&history, &job);
}
