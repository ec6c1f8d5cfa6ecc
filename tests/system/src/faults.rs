//! The proxy between the functions and the emulated AWS, where the stack has one (`stack.py up --faults`). Tests
//! themselves talk to the emulator, past it.

use docmill_cli::display::to_stderr;
use serde_json::{Value, json};

use crate::Stack;

/// The proxy. Without rules it passes everything on.
#[derive(Clone, Debug)]
pub struct Faults {
    http: reqwest::Client,
    url: String,
}

impl Faults {
    /// The stack's, if it has one. Says so if it has none.
    pub fn of(stack: &Stack) -> Option<Self> {
        let Some(url) = stack.find("DOCMILL_FAULTS_URL") else {
            to_stderr("skipped: this stack has no proxy for faults (make faults)");
            return None;
        };
        Some(Self {
            http: docmill_cli::client::http_client().build().unwrap(),
            url: url.to_owned(),
        })
    }

    /// Replaces the rules. The first that fires decides about a request.
    pub async fn set(&self, rules: &Value) {
        let posted = self.http.post(self.control("rules")).json(rules).send().await;
        let answer = posted.unwrap();
        assert!(answer.status().is_success(), "{rules}: {answer:?}");
    }

    /// Passes everything on from here on.
    pub async fn clear(&self) {
        self.set(&json!([])).await;
    }

    /// Faults since the proxy was started.
    pub async fn injected(&self) -> u64 {
        let answer = self.http.get(self.control("stats")).send().await.unwrap();
        let stats: Value = answer.json().await.unwrap();
        stats["requests"]["faulted"].as_u64().unwrap()
    }

    fn control(&self, what: &str) -> String {
        format!("{}/_microburst/{what}", self.url)
    }
}
