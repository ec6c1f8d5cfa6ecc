//! A server that callbacks are posted to.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use docmill_core::ids::hex;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request as a receiver saw it.
#[derive(Clone, Debug)]
pub struct Received {
    /// Method, target, protocol.
    pub start: String,
    /// By name in lower case.
    pub headers: BTreeMap<String, String>,
    /// As it came.
    pub body: String,
}

impl Received {
    /// How many of its signatures hold with `secret`, as `docs/callbacks.md` tells receivers to verify them.
    pub fn verified(&self, secret: &str) -> usize {
        let header = &self.headers["docmill-signature"];
        let (time, signatures) = header.strip_prefix("t=").unwrap().split_once(',').unwrap();
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{time}.{}", self.body).as_bytes());
        let wanted = format!("v1={}", hex(&mac.finalize().into_bytes()));
        signatures.split(',').filter(|part| *part == wanted).count()
    }

    /// How many signatures it has.
    pub fn signatures(&self) -> usize {
        self.headers["docmill-signature"].matches("v1=").count()
    }
}

/// What a receiver does with a connection.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Reads the request, then writes this.
    Raw(String),
    /// Reads, and says nothing.
    Silence,
    /// Writes an answer without an end, little by little.
    Drip,
}

impl Reply {
    /// A status and nothing else.
    pub fn status(status: u16) -> Self {
        Self::Raw(format!("HTTP/1.1 {status} Word\r\ncontent-length: 0\r\n\r\n"))
    }
}

/// A server on this machine: 200 once its replies have run out.
#[derive(Clone)]
pub struct Receiver {
    /// Where it listens.
    pub address: SocketAddr,
    connections: Arc<Mutex<usize>>,
    received: Arc<Mutex<Vec<Received>>>,
    replies: Arc<Mutex<VecDeque<Reply>>>,
}

impl Receiver {
    /// One on a free port.
    pub async fn start(replies: &[Reply]) -> Self {
        Self::at("127.0.0.1:0", replies).await
    }

    /// One at this address. It serves until the runtime ends.
    pub async fn at(address: &str, replies: &[Reply]) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let receiver = Self {
            address: listener.local_addr().unwrap(),
            connections: Arc::default(),
            received: Arc::default(),
            replies: Arc::new(Mutex::new(replies.to_vec().into())),
        };
        let serving = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *serving.connections.lock().unwrap() += 1;
                tokio::spawn(serving.clone().answer(stream));
            }
        });
        receiver
    }

    /// The URL of a path on it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Connections made to it.
    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    /// Requests read by it, oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    async fn answer(self, mut stream: TcpStream) {
        // What is no HTTP (a TLS handshake) counts as a connection and no more.
        let Some(request) = read(&mut stream).await else {
            return;
        };
        self.received.lock().unwrap().push(request);
        let reply = self.replies.lock().unwrap().pop_front();
        match reply.unwrap_or_else(|| Reply::status(200)) {
            Reply::Raw(text) => drop(stream.write_all(text.as_bytes()).await),
            Reply::Silence => drop(stream.read(&mut [0]).await),
            Reply::Drip => {
                let mut more = stream.write_all(b"HTTP/1.1 200 OK\r\nx: ").await;
                while more.is_ok() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    more = stream.write_all(b"x").await;
                }
            }
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut text = Vec::new();
    let head_end = loop {
        let mut part = [0; 4096];
        let read = stream.read(&mut part).await.ok().filter(|read| *read > 0)?;
        text.extend_from_slice(&part[..read]);
        if !text.starts_with(b"POST"[..text.len().min(4)].as_ref()) {
            return None;
        }
        if let Some(end) = text.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = String::from_utf8(text[..head_end].to_vec()).ok()?;
    let mut lines = head.lines();
    let start = lines.next()?.to_owned();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let mut body = text.split_off(head_end);
    let length: usize = headers.get("content-length")?.parse().ok()?;
    while body.len() < length {
        let mut part = [0; 4096];
        let read = stream.read(&mut part).await.ok().filter(|read| *read > 0)?;
        body.extend_from_slice(&part[..read]);
    }
    Some(Received {
        start,
        headers,
        body: String::from_utf8(body).ok()?,
    })
}
