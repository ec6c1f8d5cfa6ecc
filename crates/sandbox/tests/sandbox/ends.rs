//! How readers end, and what is left of what they wrote.

use std::time::{Duration, Instant};

use bytes::Bytes;
use docmill_core::ports::PortError;
use docmill_core::sandbox::{Sandbox, SandboxEnd, SandboxTask};
use docmill_sandbox::{ChildProcess, Limits};

use crate::readers::BEFORE;
use crate::{read, try_read};

/// Reads nothing with a reader that is bad after its first word.
async fn ends_after_a_word(limits: Limits, reader: &'static str, end: SandboxEnd) {
    let answer = try_read(limits, reader, b"").await.unwrap();
    assert_eq!((answer.end, &answer.output[..]), (end, BEFORE), "{reader}");
}

async fn crashes_after_a_word(reader: &'static str) {
    ends_after_a_word(Limits::default(), reader, SandboxEnd::Crashed).await;
}

pub(crate) async fn a_reader_answers() {
    let answer = read("echo", b"a document").await;
    assert_eq!(answer.end, SandboxEnd::Finished);
    assert_eq!(answer.output, "an argument|:a document");
    assert_eq!(read("echo", b"").await.output, "an argument|:");
}

pub(crate) async fn a_large_document_comes_and_goes() {
    let document: Vec<u8> = (0..12_500_000u32).flat_map(u32::to_le_bytes).collect();
    let answer = read("echo", &document).await;
    assert_eq!(answer.end, SandboxEnd::Finished);
    assert!(answer.output[b"an argument|:".len()..] == document);
}

pub(crate) async fn an_unknown_reader_is_an_error() {
    let answer = try_read(Limits::default(), "nobody", b"").await;
    assert_eq!(answer, Err(PortError::Broken("no reader `nobody`".to_owned())));
}

pub(crate) async fn a_program_without_readers_is_an_error() {
    for program in ["/bin/echo", "/bin/true", "/bin/false", "/nowhere", "/"] {
        let task = SandboxTask {
            reader: "echo",
            arguments: Vec::new(),
            document: Bytes::new(),
        };
        let answer = ChildProcess::default().of_program(program).read(task).await;
        assert!(
            matches!(answer, Err(PortError::Broken(_))),
            "{program}: {answer:?}"
        );
    }
}

pub(crate) async fn a_document_above_its_limit_is_an_error() {
    let limits = Limits {
        document_bytes: 3,
        ..Limits::default()
    };
    let broken = try_read(limits, "echo", b"four").await;
    assert!(matches!(broken, Err(PortError::Broken(_))), "{broken:?}");
    assert!(try_read(limits, "echo", b"two").await.is_ok());
}

pub(crate) async fn an_error_keeps_what_was_written() {
    crashes_after_a_word("fail").await;
}

pub(crate) async fn a_panic_is_a_crash() {
    crashes_after_a_word("panic").await;
}

pub(crate) async fn an_abort_is_a_crash() {
    crashes_after_a_word("abort").await;
}

pub(crate) async fn a_stack_that_overflows_is_a_crash() {
    crashes_after_a_word("overflow").await;
}

pub(crate) async fn a_deep_stack_is_none() {
    assert_eq!(read("descend", b"").await.end, SandboxEnd::Finished);
}

pub(crate) async fn an_allocation_is_refused() {
    ends_after_a_word(Limits::default(), "allocate", SandboxEnd::OutOfMemory).await;
}

pub(crate) async fn many_allocations_are_refused() {
    ends_after_a_word(Limits::default(), "hoard", SandboxEnd::OutOfMemory).await;
}

pub(crate) async fn a_document_that_does_not_fit_is_out_of_memory() {
    let limits = Limits {
        memory_bytes: 32 << 20,
        ..Limits::default()
    };
    let answer = try_read(limits, "echo", &vec![0; 40 << 20]).await.unwrap();
    assert_eq!(
        (answer.end, &answer.output[..]),
        (SandboxEnd::OutOfMemory, &b""[..])
    );
    // Nor does the stack.
    let answer = try_read(limits, "echo", b"").await.unwrap();
    assert_eq!(
        (answer.end, &answer.output[..]),
        (SandboxEnd::OutOfMemory, &b""[..])
    );
}

pub(crate) async fn a_loop_is_out_of_time() {
    let limits = Limits {
        cpu: Duration::from_secs(1),
        ..Limits::default()
    };
    ends_after_a_word(limits, "spin", SandboxEnd::OutOfTime).await;
}

pub(crate) async fn a_wait_is_out_of_time() {
    let limits = Limits {
        wall: Duration::from_secs(1),
        ..Limits::default()
    };
    let begin = Instant::now();
    ends_after_a_word(limits, "wait", SandboxEnd::OutOfTime).await;
    assert!(begin.elapsed() >= limits.wall);
}

pub(crate) async fn a_flood_is_too_much_output() {
    let limits = Limits {
        output_bytes: 1_000_001,
        ..Limits::default()
    };
    let answer = try_read(limits, "flood", b"").await.unwrap();
    assert_eq!(answer.end, SandboxEnd::TooMuchOutput);
    assert!(answer.output == vec![b'x'; 1_000_001]);
}

pub(crate) async fn output_may_be_as_large_as_its_limit() {
    let output = "an argument|:document";
    let limits = |output_bytes| Limits {
        output_bytes,
        ..Limits::default()
    };
    let all = try_read(limits(output.len()), "echo", b"document").await.unwrap();
    assert_eq!(
        (all.end, &all.output[..]),
        (SandboxEnd::Finished, output.as_bytes())
    );
    let cut = try_read(limits(output.len() - 1), "echo", b"document")
        .await
        .unwrap();
    assert_eq!(cut.end, SandboxEnd::TooMuchOutput);
    assert_eq!(cut.output, output[..output.len() - 1]);
}

pub(crate) async fn chatter_on_stderr_stops_nobody() {
    let answer = read("chatter", &[b'x'; 100_000]).await;
    assert_eq!(
        (answer.end, &answer.output[..]),
        (SandboxEnd::Finished, &b"done"[..])
    );
}
