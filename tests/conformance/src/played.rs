//! A service on the other end of HTTP, played: one request, one prepared answer.

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
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let head = head.to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse::<usize>().unwrap());
        if body.len() >= length {
            let body = serde_json::from_str(body).unwrap();
            return Asked { head, body };
        }
    }
}
