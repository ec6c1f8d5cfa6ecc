//! Recorded events, and requests made from them.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use docmill_gateway::event::HttpEvent;
use serde_json::{Value, json};

/// The event recorded as `events/<name>.json`.
pub fn recorded(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../../events/{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// A request as the HTTP API delivers it, made from a recorded one.
pub struct Http {
    event: Value,
}

impl Http {
    /// `method` on `target`, a path with or without a query. Nobody is signed in.
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut event = recorded("site");
        event["rawPath"] = json!(path);
        event["rawQueryString"] = json!(query);
        event["requestContext"]["http"]["method"] = json!(method);
        event["requestContext"]["http"]["path"] = json!(path);
        Self { event }
    }

    /// Signed in as `sub`.
    pub fn by(mut self, sub: &str) -> Self {
        let token = &mut self.event["requestContext"]["authorizer"];
        *token = recorded("status")["requestContext"]["authorizer"].take();
        token["jwt"]["claims"]["sub"] = json!(sub);
        self
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.event["headers"][name] = json!(value);
        self
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", &body.to_string())
    }

    /// With a body of text.
    pub fn body(mut self, content_type: &str, body: &str) -> Self {
        self.event["body"] = json!(body);
        self.header("content-type", content_type)
    }

    /// With a form of fields and files (name, content type, bytes), which the gateway delivers in base64.
    pub fn form(mut self, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Self {
        let mut form = Vec::new();
        for (name, value) in fields {
            let head = format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            form.extend_from_slice(head.as_bytes());
        }
        for (name, content_type, bytes) in files {
            let head = format!(
                "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
                 Content-Type: {content_type}\r\n\r\n"
            );
            form.extend_from_slice(head.as_bytes());
            form.extend_from_slice(bytes);
            form.extend_from_slice(b"\r\n");
        }
        form.extend_from_slice(b"--B--\r\n");
        self.event["isBase64Encoded"] = json!(true);
        self.body("multipart/form-data; boundary=B", &STANDARD.encode(form))
    }

    /// As the function gets it.
    pub fn event(self) -> HttpEvent {
        serde_json::from_value(self.event).unwrap()
    }
}
