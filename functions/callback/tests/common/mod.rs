//! `callback` over an installation in memory, and names that mean what a test says.

// Each file of tests uses a part of it.
#![allow(dead_code, reason = "helpers of several test programs")]

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use docmill_aws::{QueueEvent, QueueRecord, Redelivery};
use docmill_callback::{CallbackApp, HttpSender, Lookup};
use docmill_core::callback::{Callback, Deliverer, Delivery, is_public};
use docmill_gateway::BatchAnswer;
use docmill_memory::OsEntropy;
use docmill_testing::{Installation, Receiver, recorded};
use serde_json::{Value, json};

/// A limit that tests need not wait long for.
pub(crate) const LIMIT: Duration = Duration::from_millis(300);

/// Names with what each look-up finds, in turn; the last stays.
#[derive(Default)]
pub(crate) struct Names {
    known: Mutex<BTreeMap<String, VecDeque<Vec<IpAddr>>>>,
    pub(crate) asked: Mutex<Vec<String>>,
}

impl Names {
    pub(crate) fn set(&self, name: &str, answers: &[&[&str]]) {
        let parse = |answer: &&[&str]| answer.iter().map(|ip| ip.parse().unwrap()).collect();
        let answers = answers.iter().map(parse).collect();
        self.known.lock().unwrap().insert(name.to_owned(), answers);
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

#[async_trait]
impl Lookup for Names {
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.lock().unwrap().push(name.to_owned());
        let mut known = self.known.lock().unwrap();
        let answers = known.get_mut(name).ok_or(io::ErrorKind::NotFound)?;
        let next = if answers.len() > 1 {
            answers.pop_front()
        } else {
            answers.front().cloned()
        };
        next.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// Remembers by message when it is to come again.
#[derive(Default)]
pub(crate) struct Delays(Mutex<BTreeMap<String, Duration>>);

#[async_trait]
impl Redelivery for Delays {
    async fn delay(&self, record: &QueueRecord, after: Duration) {
        self.0.lock().unwrap().insert(record.message_id.clone(), after);
    }
}

pub(crate) struct Line {
    pub(crate) installation: Installation,
    pub(crate) names: Arc<Names>,
    pub(crate) app: CallbackApp,
    delays: Arc<Delays>,
}

impl Line {
    /// With these private receivers.
    pub(crate) fn new(private_hosts: &str) -> Self {
        Self::with_rule(private_hosts, is_public)
    }

    /// With a rule for addresses of its own, since no address of this machine is public.
    pub(crate) fn with_rule(private_hosts: &str, allows: fn(IpAddr) -> bool) -> Self {
        let installation = Installation::default();
        let (names, delays) = (Arc::<Names>::default(), Arc::<Delays>::default());
        let app = CallbackApp {
            deliverer: Deliverer {
                keys: installation.callback_keys(),
                sender: Arc::new(HttpSender::new(names.clone(), LIMIT, allows)),
                private_hosts: private_hosts.parse().unwrap(),
                clock: installation.clock.clone(),
                entropy: Arc::new(OsEntropy),
            },
            redelivery: delays.clone(),
        };
        Self {
            installation,
            names,
            app,
            delays,
        }
    }

    /// That may call this receiver.
    pub(crate) fn to(receiver: &Receiver) -> Self {
        Self::new(&receiver.address.to_string())
    }

    /// A try at a recorded callback that goes to `url`.
    pub(crate) async fn deliver(&self, url: &str) -> Delivery {
        let callback: Callback = serde_json::from_str(&body(url)).unwrap();
        self.app.deliverer.deliver(&callback, 1).await
    }

    pub(crate) async fn handle(&self, records: Vec<Value>) -> BatchAnswer {
        let event: QueueEvent = serde_json::from_value(json!({"Records": records})).unwrap();
        self.app.handle(event).await
    }

    pub(crate) fn delay_of(&self, message: &str) -> Option<Duration> {
        self.delays.0.lock().unwrap().get(message).copied()
    }
}

/// The recorded message with another address.
pub(crate) fn body(url: &str) -> String {
    let record = &recorded("callback")["Records"][0];
    let mut body: Value = serde_json::from_str(record["body"].as_str().unwrap()).unwrap();
    body["callback_url"] = json!(url);
    body.to_string()
}

/// The recorded record with another body, received so often.
pub(crate) fn record(message: &str, body: &str, receives: u32) -> Value {
    let mut record = recorded("callback")["Records"][0].clone();
    record["messageId"] = json!(message);
    record["body"] = json!(body);
    record["attributes"]["ApproximateReceiveCount"] = json!(receives.to_string());
    record
}
