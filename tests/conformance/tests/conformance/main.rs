//! Runs the suite against the ports in memory, against those on AWS where `DOCMILL_STACK_ENV` names the environment file
//! of a stack, and its stores against AWS's own DynamoDB Local where `DOCMILL_DYNAMODB_LOCAL` names its. The sandbox of
//! AWS needs no stack, and is always tried.
//!
//! `cargo test -p docmill-conformance [-- part-of-a-rule's-name]`
//!
//! `python3 infra/local/dynamodb_local.py cargo test ...` starts DynamoDB Local around a command. With a stack, the SDK's
//! own variables go before the file's endpoint.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod aws;
mod dynamodb_local;
mod memory;

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use docmill_conformance::Ports;
use docmill_conformance::rules::sandbox::READERS;
use docmill_conformance::rules::{ALL, Rule};
use docmill_sandbox::ChildProcess;
use futures::FutureExt;

fn main() -> ExitCode {
    if let Some(end) = docmill_sandbox::child(READERS) {
        return end;
    }
    let wanted = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let rules: Vec<Rule> = ALL
        .iter()
        .filter(|rule| {
            wanted
                .as_ref()
                .is_none_or(|wanted| rule.name.contains(wanted.as_str()))
        })
        .copied()
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let failed = runtime.block_on(async {
        let ports = memory::ports();
        let mut failed = run("memory", &ports, &rules).await;
        failed += run_in_child_processes(ports, &rules).await;
        match std::env::var("DOCMILL_STACK_ENV") {
            Ok(file) => failed += run_on_stack(&file, &rules).await,
            Err(_) => println!("aws: skipped: no local stack (DOCMILL_STACK_ENV is not set)"),
        }
        match std::env::var("DOCMILL_DYNAMODB_LOCAL") {
            Ok(file) => {
                let ports = dynamodb_local::ports(&file).await;
                failed += run("dynamodb local", &ports, &dynamodb_local::concerned(&rules)).await;
            }
            Err(_) => {
                println!("dynamodb local: skipped: it is not running (DOCMILL_DYNAMODB_LOCAL is not set)")
            }
        }
        failed
    });
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn run_in_child_processes(mut ports: Ports, rules: &[Rule]) -> usize {
    ports.sandbox = Arc::new(ChildProcess::default());
    let of_sandbox = |rule: &&Rule| rule.name.starts_with("sandbox::");
    let rules: Vec<Rule> = rules.iter().filter(of_sandbox).copied().collect();
    run("child process", &ports, &rules).await
}

async fn run_on_stack(file: &str, rules: &[Rule]) -> usize {
    let stack = aws::Stack::open(file).await;
    let ports = stack.ports().await;
    if !ports.wire.checks_signatures() {
        println!("aws: this stack does not check signatures: what signed links refuse is not tried");
    }
    let mut failed = run("aws", &ports, rules).await;
    if rules.len() == ALL.len() {
        let counted = !panics(aws::requests_are_few(stack.meter(), ports)).await;
        println!("aws: requests {}", if counted { "counted" } else { "FAILED" });
        failed += usize::from(!counted);
    }
    stack.close().await;
    failed
}

/// Runs `rules` one after the other; how many failed.
async fn run(name: &str, ports: &Ports, rules: &[Rule]) -> usize {
    let begin = Instant::now();
    let mut failed = 0;
    for rule in rules {
        if panics((rule.run)(ports.clone())).await {
            println!("{name}: {} FAILED", rule.name);
            failed += 1;
        }
    }
    println!(
        "{name}: {} rules, {failed} failed, {:.1} s",
        rules.len(),
        begin.elapsed().as_secs_f32()
    );
    failed
}

async fn panics(rule: impl Future<Output = ()>) -> bool {
    AssertUnwindSafe(rule).catch_unwind().await.is_err()
}
