//! What a reader may do.

use docmill_core::sandbox::SandboxEnd;

use crate::read;

pub(crate) async fn the_environment_is_empty() {
    let answer = read("environment", b"").await;
    assert_eq!(answer.output, "MALLOC_ARENA_MAX=1\nRUST_BACKTRACE=0\n");
}

pub(crate) async fn a_reader_has_no_rights() {
    let folder = std::env::temp_dir();
    let document = format!("{} {}", std::process::id(), folder.display());
    let answer = read("rights", document.as_bytes()).await;
    let output = String::from_utf8(answer.output.into()).unwrap();
    let results: Vec<_> = output
        .lines()
        .map(|line| line.split_once(": ").unwrap())
        .collect();
    assert_eq!(results.len(), 13, "{output}");
    for (what, result) in results {
        assert_eq!(result, "PermissionDenied", "{what}");
    }
    assert_eq!(answer.end, SandboxEnd::Finished);
}

pub(crate) async fn a_reader_may_have_threads() {
    let answer = read("threads", &[1; 1000]).await;
    assert_eq!(answer.output, "1000");
    assert_eq!(answer.end, SandboxEnd::Finished);
}
