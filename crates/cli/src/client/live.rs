//! The WebSocket.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use reqwest::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use reqwest::{StatusCode, Upgraded, Url};
use serde_json::{Value, json};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocketConfig};

use super::{Client, ClientError, ClientResult, printable};

/// The service's frames stay below 32 KB; whatever is much larger does not come from it.
const MAX_MESSAGE_BYTES: usize = 1 << 20;

/// Time for the whole handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(15);

/// An open connection.
#[derive(Debug)]
pub struct LiveSocket {
    socket: WebSocketStream<Upgraded>,
}

impl Client {
    /// Opens the WebSocket with a fresh ticket.
    pub async fn live(&self) -> ClientResult<LiveSocket> {
        let ticket = self.ticket().await?;
        self.live_with(&ticket.ticket, &ticket.url).await
    }

    /// Opens the WebSocket with this ticket, at the address of the settings or else at `url`.
    pub async fn live_with(&self, ticket: &str, url: &str) -> ClientResult<LiveSocket> {
        let address = self.settings.ws_url.as_deref().unwrap_or(url);
        let url = handshake_url(address, ticket).ok_or_else(|| {
            ClientError::Unreadable(format!("`{}` is no address of a WebSocket", printable(address)))
        })?;
        match tokio::time::timeout(HANDSHAKE_LIMIT, self.handshake(url)).await {
            Ok(result) => result,
            Err(_) => Err(ClientError::Unreachable {
                base: self.base().to_owned(),
                reason: "the WebSocket did not open in time".to_owned(),
            }),
        }
    }

    /// The upgrade goes through the HTTP client, so that there is one way of connecting, and a refused ticket is an
    /// answer like any other.
    async fn handshake(&self, url: Url) -> ClientResult<LiveSocket> {
        let key = generate_key();
        let request = self
            .http
            .get(url)
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, &key);
        let response = self.accepted(self.send(request).await?).await?;
        let accept = response.headers().get(SEC_WEBSOCKET_ACCEPT);
        let is_ours =
            accept.is_some_and(|accept| accept.as_bytes() == derive_accept_key(key.as_bytes()).as_bytes());
        if response.status() != StatusCode::SWITCHING_PROTOCOLS || !is_ours {
            return Err(ClientError::Unreadable("the WebSocket was not opened".to_owned()));
        }
        let upgraded = response
            .upgrade()
            .await
            .map_err(|error| self.unreachable(&error))?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        let socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await;
        Ok(LiveSocket { socket })
    }
}

impl LiveSocket {
    /// Sends one message.
    pub async fn send(&mut self, message: &Value) -> ClientResult<()> {
        let sent = self.socket.send(Message::text(message.to_string())).await;
        sent.map_err(|error| lost(&error))
    }

    /// Sends text that need not be a message.
    pub async fn send_text(&mut self, text: &str) -> ClientResult<()> {
        let sent = self.socket.send(Message::text(text)).await;
        sent.map_err(|error| lost(&error))
    }

    /// Subscribes to a job, with the events newer than `after`.
    pub async fn subscribe_job(&mut self, id: &str, after: u64) -> ClientResult<()> {
        self.send(&json!({"action": "subscribe", "job_id": id, "after": after}))
            .await
    }

    /// Subscribes to every job of the user.
    pub async fn subscribe_mine(&mut self) -> ClientResult<()> {
        self.send(&json!({"action": "subscribe", "feed": "mine"})).await
    }

    /// Asks for a `pong`.
    pub async fn ping(&mut self) -> ClientResult<()> {
        self.send(&json!({"action": "ping"})).await
    }

    /// The next message; `None` once the connection is closed. Dropping the future loses nothing.
    pub async fn next(&mut self) -> ClientResult<Option<Value>> {
        loop {
            match self.socket.next().await {
                None | Some(Ok(Message::Close(_))) => return Ok(None),
                Some(Ok(Message::Text(text))) => {
                    return serde_json::from_str(text.as_str())
                        .map(Some)
                        .map_err(|error| ClientError::Unreadable(error.to_string()));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(lost(&error)),
            }
        }
    }

    /// Closes the connection in good order.
    pub async fn close(mut self) {
        // It ends either way.
        let _ = self.socket.close(None).await;
    }
}

fn lost(error: &dyn std::error::Error) -> ClientError {
    ClientError::Unreachable {
        base: "the WebSocket".to_owned(),
        reason: super::reason(error),
    }
}

/// The address for the upgrade request: `ws` is HTTP until it is upgraded. The ticket is added unless it is there.
fn handshake_url(address: &str, ticket: &str) -> Option<Url> {
    let http = address
        .strip_prefix("ws")
        .map_or_else(|| address.to_owned(), |rest| format!("http{rest}"));
    let mut url = Url::parse(&http).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    if !url.query_pairs().any(|(name, _)| name == "ticket") {
        url.query_pairs_mut().append_pair("ticket", ticket);
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_handshake_is_http_with_the_ticket() {
        let url = |address: &str| handshake_url(address, "t&1").map(|url| url.to_string());
        assert_eq!(
            url("ws://h:1/live").as_deref(),
            Some("http://h:1/live?ticket=t%261")
        );
        assert_eq!(
            url("wss://h/live").as_deref(),
            Some("https://h/live?ticket=t%261")
        );
        assert_eq!(
            url("wss://h/live?ticket=x").as_deref(),
            Some("https://h/live?ticket=x")
        );
        assert_eq!(url("file:///etc/passwd"), None);
        assert_eq!(url(""), None);
    }
}
