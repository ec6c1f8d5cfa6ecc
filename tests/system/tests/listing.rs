//! Lists of jobs.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_cli::client::{Job, JobQuery, NewJob};
use docmill_system_tests::{User, novel, refusal, stack, texts, wait};
use serde_json::json;

async fn waiting(user: &User, label: &str, batch_id: Option<&str>) -> Job {
    let new = NewJob {
        label: Some(label.to_owned()),
        batch_id: batch_id.map(ToOwned::to_owned),
        ..novel()
    };
    let file = json!({"name": "roman.txt", "size": 100, "content_type": "text/plain"});
    user.client.announce(&new, &[file]).await.unwrap().0
}

/// The listing lags: it is looked at until it has `count` jobs.
async fn listed(user: &User, query: &JobQuery, count: usize) -> Vec<Job> {
    wait::until("the listing", async || {
        let jobs = user.client.jobs(query).await.unwrap().jobs;
        (jobs.len() == count).then_some(jobs)
    })
    .await
}

#[tokio::test]
async fn jobs_are_listed_newest_first_in_pages() {
    let stack = stack!();
    let user = stack.user("pages").await;
    let mut made = Vec::new();
    for n in 0..5 {
        made.push(waiting(&user, &format!("job {n}"), None).await.job_id);
    }
    made.reverse();
    listed(&user, &JobQuery::default(), 5).await;
    let mut query = JobQuery {
        limit: Some(2),
        ..JobQuery::default()
    };
    let mut pages: Vec<Vec<String>> = Vec::new();
    loop {
        let page = user.client.jobs(&query).await.unwrap();
        pages.push(page.jobs.into_iter().map(|job| job.job_id).collect());
        assert!(pages.len() <= 4, "{pages:?}");
        match page.next_cursor {
            Some(cursor) => query.cursor = Some(cursor),
            None => break,
        }
    }
    assert!(pages.iter().all(|page| page.len() <= 2), "{pages:?}");
    assert_eq!(pages.concat(), made);
    for id in &made {
        user.client.cancel(id).await.unwrap();
    }
}

#[tokio::test]
async fn lists_are_filtered() {
    let stack = stack!();
    let user = stack.user("filters").await;
    let done = user.completed(&user.submit(texts::STORY).await.job_id).await;
    let waits = waiting(&user, "waits", Some("batch-1")).await;
    let gone = waiting(&user, "gone", Some("batch-1")).await;
    user.client.cancel(&gone.job_id).await.unwrap();

    let by_status = |status: &str| JobQuery {
        status: Some(status.to_owned()),
        ..JobQuery::default()
    };
    // Older clients say `complete`.
    for (status, id) in [
        ("completed", &done.job_id),
        ("complete", &done.job_id),
        ("awaiting_upload", &waits.job_id),
        ("cancelled", &gone.job_id),
    ] {
        let jobs = listed(&user, &by_status(status), 1).await;
        assert_eq!(&jobs[0].job_id, id, "{status}");
    }
    let batch = JobQuery {
        batch_id: Some("batch-1".into()),
        ..JobQuery::default()
    };
    assert_eq!(listed(&user, &batch, 2).await.len(), 2);
    for (pipeline, count) in [("novel", 3), ("invoices", 0)] {
        let query = JobQuery {
            pipeline: Some(pipeline.into()),
            ..JobQuery::default()
        };
        assert_eq!(listed(&user, &query, count).await.len(), count, "{pipeline}");
    }
    let shown = listed(&user, &by_status("completed"), 1).await.remove(0);
    assert_eq!(
        (shown.progress_percent, shown.stage.as_str(), shown.version),
        (100, "Completed", done.version)
    );
    assert_eq!(shown.file_name.as_deref(), Some("roman.txt"));

    for wrong in [
        by_status("finished"),
        JobQuery {
            cursor: Some("nonsense".into()),
            ..JobQuery::default()
        },
        JobQuery {
            limit: Some(0),
            ..JobQuery::default()
        },
    ] {
        assert_eq!(refusal(user.client.jobs(&wrong).await).status, 422, "{wrong:?}");
    }
    user.client.cancel(&waits.job_id).await.unwrap();
}
