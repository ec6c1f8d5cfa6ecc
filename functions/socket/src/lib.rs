//! The WebSocket's routes.
//!
//! `$connect` lets in who has a ticket, and posts nothing: the connection is open only after its answer. Messages are
//! answered over the connection itself, so their routes answer 200 whatever happens.

use std::collections::BTreeMap;
use std::time::Instant;

use docmill_core::live::Live;
use docmill_core::ports::PortResult;
use docmill_gateway::logs::ms_since;
use serde::{Deserialize, Serialize};

/// What a client is told when its message could not be dealt with.
const UNAVAILABLE: &str = r#"{"type":"error","code":"UNAVAILABLE","detail":"Please try again in a moment."}"#;

/// What API Gateway sends, as far as it is read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SocketEvent {
    /// Whose connection, and which route.
    pub request_context: SocketContext,
    /// Of `$connect` only.
    pub query_string_parameters: Option<BTreeMap<String, String>>,
    /// What the client sent.
    pub body: Option<String>,
}

/// Whose connection, and which route.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SocketContext {
    /// `$connect`, `$disconnect` or `$default`.
    pub route_key: String,
    /// The connection.
    pub connection_id: String,
}

/// What API Gateway wants back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SocketAnswer {
    /// 200, or on `$connect` why not.
    pub status_code: u16,
}

/// The function.
#[derive(Clone)]
pub struct SocketApp {
    /// Talks to clients.
    pub live: Live,
}

impl SocketApp {
    /// Answers one event.
    pub async fn handle(&self, event: SocketEvent) -> SocketAnswer {
        let started = Instant::now();
        let route = event.request_context.route_key.as_str();
        let connection = event.request_context.connection_id.as_str();
        let (known, status_code) = match route {
            "$connect" => ("$connect", self.connect(connection, &event).await),
            "$disconnect" => {
                let forgotten = self.live.disconnect(connection).await;
                (
                    "$disconnect",
                    done(forgotten, "connection not deleted; its rows expire"),
                )
            }
            _ => (
                "$default",
                self.message(connection, event.body.as_deref().unwrap_or_default())
                    .await,
            ),
        };
        let duration_ms = ms_since(started);
        tracing::info!(
            route = known,
            connection,
            status = status_code,
            duration_ms,
            "socket"
        );
        SocketAnswer { status_code }
    }

    async fn connect(&self, connection: &str, event: &SocketEvent) -> u16 {
        let query = event.query_string_parameters.as_ref();
        let ticket = query.and_then(|query| query.get("ticket")).map(String::as_str);
        match self.live.connect(connection, ticket).await {
            Ok(true) => 200,
            Ok(false) => 401,
            Err(error) => {
                tracing::error!(%error, "ticket not checked");
                503
            }
        }
    }

    async fn message(&self, connection: &str, body: &str) -> u16 {
        let answered = self.live.message(connection, body).await;
        if answered.is_err() {
            // It may be the very connection that does not work, so this may be lost.
            let told = self.live.connections.post(connection, UNAVAILABLE).await;
            done(told.map(|_| ()), "client not told");
        }
        done(answered, "message not answered")
    }
}

fn done(result: PortResult<()>, failure: &'static str) -> u16 {
    if let Err(error) = result {
        tracing::error!(%error, failure, "socket failed");
    }
    200
}
