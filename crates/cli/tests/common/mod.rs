//! A server for one test: whatever the test wants answered, over real HTTP.

#![allow(unreachable_pub, clippy::unwrap_used, reason = "shared by test files")]
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use docmill_cli::client::Client;
use docmill_cli::config::Settings;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// What is answered.
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn json(status: u16, body: impl ToString) -> Self {
        Self::of(status, "application/json", body.to_string())
    }

    pub fn of(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
        }
    }

    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }
}

/// A running server. It ends with the test's runtime.
pub struct Server {
    pub url: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers every request with what `answer` gives, which also learns the server's own address.
    pub async fn start(answer: impl Fn(&Request, &str) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let (answer, kept, own) = (Arc::new(answer), seen.clone(), url.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, kept, own) = (answer.clone(), kept.clone(), own.clone());
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    if let Some(request) = read(&mut stream).await {
                        kept.lock().unwrap().push(request.clone());
                        write(stream.into_inner(), answer(&request, &own)).await;
                    }
                });
            }
        });
        Self { url, seen }
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// Method and path of the requests so far, without queries.
    pub fn calls(&self) -> Vec<String> {
        self.seen()
            .iter()
            .map(|request| format!("{} {}", request.method, request.path.split('?').next().unwrap()))
            .collect()
    }

    /// A client of this server.
    pub fn client(&self) -> Client {
        Client::new(Settings {
            url: self.url.clone(),
            ws_url: None,
            token: Some("token".to_owned()),
        })
        .unwrap()
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let mut words = line.split_whitespace();
    let mut request = Request {
        method: words.next()?.to_owned(),
        path: words.next()?.to_owned(),
        ..Request::default()
    };
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        request
            .headers
            .insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    if let Some(length) = request.headers.get("content-length") {
        request.body = vec![0; length.parse().ok()?];
        stream.read_exact(&mut request.body).await.ok()?;
    } else if request.headers.contains_key("transfer-encoding") {
        // Forms come in chunks; that there was one is all that tests look at.
        let mut rest = Vec::new();
        while !rest.ends_with(b"0\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).await.ok()?;
            rest.push(byte[0]);
        }
        request.body = rest;
    }
    Some(request)
}

async fn write(mut stream: TcpStream, response: Response) {
    let mut head = format!("HTTP/1.1 {} X\r\nconnection: close\r\n", response.status);
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if response.status != 304 && response.status != 204 {
        head.push_str(&format!("content-length: {}\r\n", response.body.len()));
    }
    head.push_str("\r\n");
    // A client that does not like the head may be gone already.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(&response.body).await;
    let _ = stream.shutdown().await;
}
