//! The event of an HTTP API, payload format 2.0, as far as it is read.
//!
//! Own types on purpose: the general-purpose ones refuse the whole event for one odd byte in a header or a query, and
//! the client would see a fault of ours instead of an answer.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// What API Gateway sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpEvent {
    /// The path as the client sent it, with the stage in front unless that is `$default`.
    pub raw_path: String,
    /// The query as the client sent it, without `?`.
    pub raw_query_string: String,
    /// Header names in lower case; repeated headers are joined with commas.
    pub headers: BTreeMap<String, String>,
    /// Where the request came from, and who made it.
    pub request_context: HttpContext,
    /// The body, if there is one.
    pub body: Option<String>,
    /// Whether the body is base64.
    pub is_base64_encoded: bool,
}

/// Where a request came from, and who made it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpContext {
    /// The gateway's name for the request.
    pub request_id: String,
    /// Name of the stage.
    pub stage: String,
    /// The request line.
    pub http: HttpLine,
    /// What the authorizer found, on routes that have one.
    pub authorizer: Option<Authorizer>,
}

/// The request line.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HttpLine {
    /// `GET`, `POST`, …
    pub method: String,
}

/// What the authorizer found.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Authorizer {
    /// A token whose signature, issuer, audience and life the gateway checked.
    pub jwt: Option<Jwt>,
}

/// A checked token.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Jwt {
    /// Its claims; the gateway gives each as a string.
    pub claims: BTreeMap<String, Value>,
}
