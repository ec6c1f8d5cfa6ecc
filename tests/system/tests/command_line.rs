//! The command `docmill` against the deployed stack.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_cli::exit::Exit;
use docmill_system_tests::{Ran, Scratch, User, stack, texts};
use serde_json::Value;

/// Runs the command as this user; `None` where it was not built.
async fn docmill(user: &User, arguments: &[&str]) -> Option<Ran> {
    user.stack.docmill(&user.token, arguments).await
}

#[tokio::test]
async fn a_text_is_submitted_followed_and_fetched() {
    let stack = stack!();
    let user = stack.user("command").await;
    let scratch = Scratch::with("story.txt", texts::STORY);
    let file = scratch.argument("story.txt");
    let Some(ran) = docmill(&user, &["submit", &file, "--watch", "--label", "Une histoire"]).await else {
        return;
    };
    assert_eq!(ran.code, Exit::Done as i32, "{ran:?}");
    for part in [
        "   1  Paul lisait son journal.",
        " fragment",
        " requests, $0.0000",
        "/result (",
        "docmill result ",
    ] {
        assert!(ran.out.contains(part), "{part} in\n{}", ran.out);
    }
    assert!(ran.err.contains("100 %  Completed"), "{}", ran.err);

    let listed = docmill(&user, &["jobs", "--json"]).await.unwrap();
    let job: Value = serde_json::from_str(listed.out.lines().next().unwrap()).unwrap();
    let id = job["job_id"].as_str().unwrap();
    assert!(
        docmill(&user, &["jobs"])
            .await
            .unwrap()
            .out
            .contains("Une histoire")
    );
    assert!(
        docmill(&user, &["show", id])
            .await
            .unwrap()
            .out
            .contains("completed, attempt 1")
    );
    let csv = scratch.argument("story.csv");
    let ran = docmill(&user, &["result", id, "--format", "csv", "--output", &csv])
        .await
        .unwrap();
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(std::fs::read(&csv).unwrap(), user.result(id, "csv").await);
    let here = docmill(&user, &["run", "novel", &file, "--format", "csv"])
        .await
        .unwrap();
    assert_eq!(here.out.as_bytes(), std::fs::read(&csv).unwrap());

    for (arguments, exit) in [
        (["cancel", id], Exit::Refused),
        (["retry", id], Exit::Refused),
        (["watch", id], Exit::Done),
        (["watch", "nonsense"], Exit::Refused),
        (["result", "019aa000-0000-7000-8000-000000000001"], Exit::Refused),
    ] {
        let ran = docmill(&user, &arguments).await.unwrap();
        assert_eq!(ran.code, exit as i32, "{arguments:?}: {ran:?}");
    }
    let ran = user.stack.docmill("no-token", &["jobs"]).await.unwrap();
    assert_eq!(ran.code, Exit::NoService as i32);
    assert!(ran.err.contains("make user"), "{}", ran.err);
}

#[tokio::test]
async fn a_large_text_goes_by_a_signed_link() {
    let stack = stack!();
    let user = stack.user("large-command").await;
    let scratch = Scratch::with("roman.txt", &texts::novel_of(4_000_000));
    let file = scratch.argument("roman.txt");
    let ran = docmill(&user, &["submit", &file, "--watch", "--via", "poll"]).await;
    let Some(ran) = ran else { return };
    assert_eq!(ran.code, Exit::Done as i32, "{ran:?}");
    assert!(ran.err.contains("uploaded 100 %"), "{}", ran.err);
}

#[tokio::test]
async fn the_doctor_finds_nothing_amiss() {
    let stack = stack!();
    let user = stack.user("doctor").await;
    let Some(ran) = docmill(&user, &["doctor"]).await else {
        return;
    };
    assert_eq!(ran.code, Exit::Done as i32, "{ran:?}");
    assert_eq!(
        ran.out.lines().filter(|line| line.starts_with("ok  ")).count(),
        6,
        "{}",
        ran.out
    );
}
