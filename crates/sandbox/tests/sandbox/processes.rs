//! What is left of processes.

use std::process::Command;
use std::time::{Duration, Instant};

use docmill_core::sandbox::SandboxEnd;
use docmill_sandbox::Limits;

use crate::{read, try_read};

/// Makes this program a parent that waits for its child.
pub(crate) const PARENT: &str = "--parent";

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn be_a_parent() {
    let _ = try_read(Limits::default(), "wait", b"").await;
}

pub(crate) async fn a_dropped_future_leaves_no_process() {
    let me = std::process::id();
    let mut reading = Box::pin(try_read(Limits::default(), "wait", b""));
    let reader = loop {
        let step = tokio::time::timeout(Duration::from_millis(5), &mut reading).await;
        assert!(step.is_err(), "{step:?}");
        if let Some(reader) = reader_of(me) {
            break reader;
        }
    };
    drop(reading);
    // Not even a zombie: it is reaped, if the runtime has something to do.
    until(|| !exists(reader)).await;
}

pub(crate) async fn a_dead_parent_leaves_no_child() {
    let mut parent = Command::new("/proc/self/exe").arg(PARENT).spawn().unwrap();
    let id = parent.id();
    until(|| reader_of(id).is_some()).await;
    let reader = reader_of(id).unwrap();
    parent.kill().unwrap();
    parent.wait().unwrap();
    until(|| !is_alive(reader)).await;
}

pub(crate) async fn readers_run_side_by_side() {
    let answers = tokio::join!(
        read("echo", b"1"),
        read("panic", b""),
        read("echo", b"2"),
        read("fail", b""),
        read("echo", b"3"),
    );
    assert_eq!(answers.0.output, "an argument|:1");
    assert_eq!(answers.1.end, SandboxEnd::Crashed);
    assert_eq!(answers.2.output, "an argument|:2");
    assert_eq!(answers.3.end, SandboxEnd::Crashed);
    assert_eq!(answers.4.output, "an argument|:3");
    let me = std::process::id();
    until(|| reader_of(me).is_none()).await;
}

async fn until(is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "still not so");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn exists(pid: u32) -> bool {
    std::fs::exists(format!("/proc/{pid}")).unwrap()
}

/// Neither gone nor a zombie that nobody has reaped yet.
fn is_alive(pid: u32) -> bool {
    state_and_parent(pid).is_some_and(|(state, _)| state != "Z" && state != "X")
}

fn state_and_parent(pid: u32) -> Option<(String, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may contain anything.
    let mut words = stat[stat.rfind(')')? + 1..].split_whitespace();
    Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
}

/// A child of `parent` that waits in its reader: it has threads.
fn reader_of(parent: u32) -> Option<u32> {
    let processes = std::fs::read_dir("/proc").unwrap();
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .find(|pid| {
            let is_child = state_and_parent(*pid).is_some_and(|(_, found)| found == parent);
            let threads = std::fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
            is_child && threads > 1
        })
}
