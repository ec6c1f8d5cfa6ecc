//! Readers that keep to their limits, wherever they run. What happens to the others is a matter of where.

use std::io::{self, Write};

use bytes::Bytes;
use docmill_core::ports::{PortError, PortResult};
use docmill_core::sandbox::{NamedReader, SandboxAnswer, SandboxEnd, SandboxTask};

use crate::Ports;

/// What the rules' sandbox has to know.
pub const READERS: &[NamedReader] = &[
    NamedReader {
        name: "echo",
        read: echo,
    },
    NamedReader {
        name: "fail",
        read: fail,
    },
    NamedReader {
        name: "panic",
        read: panic,
    },
];

const WRITTEN: &[u8] = b"written before";

fn echo(arguments: &[String], document: Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *output, arguments)?;
    output.write_all(&document)
}

fn fail(_: &[String], _: Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
    output.write_all(WRITTEN)?;
    Err(io::Error::other("damaged"))
}

fn panic(_: &[String], _: Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
    output.write_all(WRITTEN)?;
    // Without the hook, whose message would be read as that of a rule that failed.
    std::panic::resume_unwind(Box::new("a reader that panics"));
}

async fn read(
    ports: &Ports,
    reader: &'static str,
    arguments: &[&str],
    document: Bytes,
) -> PortResult<SandboxAnswer> {
    let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let task = SandboxTask {
        reader,
        arguments,
        document,
    };
    ports.sandbox.read(task).await
}

/// Every byte of arguments, document and answer is what it was.
pub async fn a_reader_gets_its_task_and_answers(ports: &Ports) {
    let every_byte: Vec<u8> = (0..300_000u32).map(|n| n.to_le_bytes()[0]).collect();
    let argument_lists: [&[&str]; 4] = [&[], &[""], &["--docmill-reader", "-1"], &["ä ö\n\t\"", "", "é"]];
    for arguments in argument_lists {
        for document in [&b""[..], b"\0", &every_byte] {
            let mut output = serde_json::to_vec(arguments).unwrap();
            output.extend_from_slice(document);
            let answer = read(ports, "echo", arguments, Bytes::copy_from_slice(document)).await;
            let expected = SandboxAnswer {
                output: output.into(),
                end: SandboxEnd::Finished,
            };
            assert!(answer == Ok(expected), "{arguments:?}, {} bytes", document.len());
        }
    }
}

/// It is the caller's mistake and no document's.
pub async fn an_unknown_reader_is_an_error(ports: &Ports) {
    for reader in ["", "nobody", "ECHO"] {
        let answer = read(ports, reader, &[], Bytes::new()).await;
        assert!(
            matches!(answer, Err(PortError::Broken(_))),
            "{reader}: {answer:?}"
        );
    }
}

/// What a reader wrote before it failed is not lost.
pub async fn a_reader_that_fails_has_crashed_and_its_output_is_kept(ports: &Ports) {
    for reader in ["fail", "panic"] {
        let expected = SandboxAnswer {
            output: Bytes::from_static(WRITTEN),
            end: SandboxEnd::Crashed,
        };
        assert_eq!(
            read(ports, reader, &[], Bytes::from_static(b"x")).await,
            Ok(expected),
            "{reader}"
        );
    }
}
