//! Readers, good and bad. The bad ones write a word first.

use std::fs::File;
use std::hint::black_box;
use std::io::{self, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::{Duration, Instant};

use docmill_core::sandbox::{DocumentReader, NamedReader};
use rustix::process::{Pid, Signal, kill_process};

/// What the bad ones write before they are bad.
pub(crate) const BEFORE: &[u8] = b"before";

const fn named(name: &'static str, read: DocumentReader) -> NamedReader {
    NamedReader { name, read }
}

pub(crate) const ALL: &[NamedReader] = &[
    named("abort", abort),
    named("allocate", allocate),
    named("chatter", chatter),
    named("descend", descend),
    named("echo", echo),
    named("environment", environment),
    named("fail", fail),
    named("flood", flood),
    named("hoard", hoard),
    named("overflow", overflow),
    named("panic", panic),
    named("rights", rights),
    named("spin", spin),
    named("threads", threads),
    named("wait", wait),
];

fn echo(arguments: &[String], document: Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
    output.write_all(arguments.join("|").as_bytes())?;
    output.write_all(b":")?;
    output.write_all(&document)
}

fn fail(_: &[String], _: Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
    output.write_all(BEFORE)?;
    Err(io::Error::other("the document is damaged"))
}

fn panic(_: &[String], _: Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
    output.write_all(BEFORE)?;
    panic!("the document says: memory allocation of 1 bytes failed");
}

fn abort(_: &[String], _: Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
    output.write_all(BEFORE)?;
    std::process::abort()
}

fn overflow(_: &[String], _: Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
    output.write_all(BEFORE)?;
    output.write_all(&[depth(u64::MAX)])
}

/// Uses 32 MB of stack.
fn descend(_: &[String], _: Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
    output.write_all(&[depth(32 << 10)])
}

/// A frame of 1 KB a level.
fn depth(levels: u64) -> u8 {
    let frame = black_box([levels.to_le_bytes()[0]; 1024]);
    match levels {
        0 => frame[0],
        _ => depth(levels - 1).wrapping_add(black_box(&frame)[0]),
    }
}

fn allocate(_: &[String], _: Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
    output.write_all(BEFORE)?;
    output.write_all(&black_box(vec![1; 1 << 30])[..1])
}

fn hoard(_: &[String], _: Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
    output.write_all(BEFORE)?;
    let mut hoard = Vec::new();
    loop {
        hoard.push(black_box(Box::new([0u8; 1000])));
    }
}

fn spin(_: &[String], _: Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
    output.write_all(BEFORE)?;
    loop {
        black_box(());
    }
}

fn wait(_: &[String], _: Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
    output.write_all(BEFORE)?;
    loop {
        std::thread::park();
    }
}

fn flood(_: &[String], _: Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
    loop {
        output.write_all(&[b'x'; 10_000])?;
    }
}

fn chatter(_: &[String], document: Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
    for _ in 0..100 {
        io::stderr().write_all(&document)?;
    }
    output.write_all(b"done")
}

fn threads(_: &[String], document: Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
    let half = document.len() / 2;
    let sum = |bytes: &[u8]| bytes.iter().copied().map(u64::from).sum::<u64>();
    let total = std::thread::scope(|scope| {
        let first = std::thread::Builder::new()
            .name("first".to_owned())
            .stack_size(16 << 20)
            .spawn_scoped(scope, || sum(&document[..half]))?;
        let second = scope.spawn(|| sum(&document[half..]));
        let begin = Instant::now();
        std::thread::sleep(Duration::from_millis(1));
        assert!(begin.elapsed() >= Duration::from_millis(1));
        io::Result::Ok(first.join().unwrap() + second.join().unwrap())
    })?;
    write!(output, "{total}")
}

fn environment(_: &[String], _: Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
    let mut variables: Vec<_> = std::env::vars().collect();
    variables.sort();
    variables
        .iter()
        .try_for_each(|(name, value)| writeln!(output, "{name}={value}"))
}

/// Tries what it may not do, and writes what came of it, a line each. The document is a process and a folder.
fn rights(_: &[String], document: Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
    let document = String::from_utf8(document).map_err(io::Error::other)?;
    let (pid, folder) = document.split_once(' ').unwrap();
    let other = Pid::from_raw(pid.parse().unwrap()).unwrap();
    let mut tell = |what: &str, result: io::Result<()>| match result {
        Ok(()) => writeln!(output, "{what}: done"),
        Err(error) => writeln!(output, "{what}: {:?}", error.kind()),
    };
    tell("write a file", File::create(format!("{folder}/file")).map(drop))?;
    tell("make a folder", std::fs::create_dir(format!("{folder}/made")))?;
    tell("read a file", File::open("/etc/passwd").map(drop))?;
    tell(
        "read the parent's environment",
        std::fs::read(format!("/proc/{pid}/environ")).map(drop),
    )?;
    tell("list a folder", std::fs::read_dir("/").map(drop))?;
    tell("run a program", Command::new("/bin/true").spawn().map(drop))?;
    tell("connect", TcpStream::connect("127.0.0.1:1").map(drop))?;
    tell("bind", UdpSocket::bind("127.0.0.1:0").map(drop))?;
    tell("pair sockets", UnixStream::pair().map(drop))?;
    tell("make a pipe", io::pipe().map(drop))?;
    tell(
        "kill the parent",
        kill_process(other, Signal::KILL).map_err(io::Error::from),
    )?;
    tell(
        "write to stdin",
        rustix::io::write(io::stdin(), b"x")
            .map(drop)
            .map_err(io::Error::from),
    )?;
    tell("allow more files", {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut files = getrlimit(Resource::Nofile);
        files.current = Some(1);
        setrlimit(Resource::Nofile, files).map_err(io::Error::from)
    })
}
