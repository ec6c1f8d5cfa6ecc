//! A service on the other end of HTTP, played: one request with a prepared answer, or a [`Service`] with a script.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the service was sent.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Request line and headers, in small letters.
    pub head: String,
    /// The body.
    pub body: Value,
}

/// An answer with a JSON body. `status` is code and reason, each line of `headers` ends with CR LF.
pub fn http(status: &str, headers: &str, body: &Value) -> String {
    let body = body.to_string();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{headers}connection: \
         close\r\n\r\n{body}",
        body.len()
    )
}

/// Answers one request; the address, and what the request was.
pub async fn play(answer: String) -> (String, JoinHandle<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (address, tokio::spawn(serve_once(listener, answer)))
}

/// What a [`Service`] does with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Writes this.
    Answer(String),
    /// Reads, and says nothing.
    Silence,
}

/// A request to a [`Service`], and what it did.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// When the request had been read.
    pub at: Instant,
    /// The request.
    pub asked: Asked,
    /// What was done with it.
    pub reaction: Reaction,
}

type Script = dyn Fn(&Asked, &[Exchange]) -> Reaction + Send + Sync;

/// A service that answers as often as it is asked.
#[derive(Clone)]
pub struct Service {
    script: Arc<Script>,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

impl Service {
    /// One at this address. `script` sees the request and what came before it. It serves until the runtime ends.
    pub async fn at(
        address: &str,
        script: impl Fn(&Asked, &[Exchange]) -> Reaction + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let service = Self {
            script: Arc::new(script),
            exchanges: Arc::default(),
        };
        let serving = service.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        service
    }

    /// Everything so far, oldest first.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap().clone()
    }

    async fn serve(self, mut stream: TcpStream) {
        let asked = read(&mut stream).await;
        let reaction = {
            let mut exchanges = self.exchanges.lock().unwrap();
            let reaction = (self.script)(&asked, &exchanges);
            exchanges.push(Exchange {
                at: Instant::now(),
                asked,
                reaction: reaction.clone(),
            });
            reaction
        };
        // Whoever asked may have died since.
        match reaction {
            Reaction::Answer(answer) => drop(stream.write_all(answer.as_bytes()).await),
            Reaction::Silence => drop(stream.read(&mut [0]).await),
        }
    }
}

async fn serve_once(listener: TcpListener, answer: String) -> Asked {
    let (mut stream, _) = listener.accept().await.unwrap();
    let asked = read(&mut stream).await;
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    asked
}

async fn read(stream: &mut TcpStream) -> Asked {
    let mut bytes = Vec::new();
    loop {
        let mut more = [0; 4096];
        let count = stream.read(&mut more).await.unwrap();
        assert!(count > 0, "the request breaks off");
        bytes.extend_from_slice(&more[..count]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let (head, body) = (&bytes[..end], &bytes[end + 4..]);
        let head = String::from_utf8(head.to_ascii_lowercase()).unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse::<usize>().unwrap());
        if body.len() >= length {
            let body = serde_json::from_slice(body).unwrap();
            return Asked { head, body };
        }
    }
}
