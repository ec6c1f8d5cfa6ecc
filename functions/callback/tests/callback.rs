//! What receivers get, and what their answers do.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{Line, body, record};
use docmill_core::callback::{MAX_TRIES, OVERLAP, Verdict, retry_after};
use docmill_core::ports::Clock;
use docmill_core::running::Tenant;
use docmill_testing::{Receiver, Reply, recorded};
use serde_json::{Value, json};

const TEMPLATE: &str = include_str!("../../../template.yaml");

/// The user of the recorded callback.
fn tenant() -> Tenant {
    Tenant::User("94b8c4d8-5041-70f3-9a3e-2f1f0d0c7a11".to_owned())
}

async fn secret(line: &Line) -> String {
    let view = line.app.deliverer.keys.current(&tenant()).await.unwrap();
    serde_json::to_value(&view).unwrap()["secret"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_callback_is_the_signed_event() {
    let receiver = Receiver::start(&[Reply::status(204)]).await;
    let line = Line::to(&receiver);
    let delivery = line.deliver(&receiver.url("/hook?token=abc")).await;
    assert_eq!(
        (delivery.verdict, delivery.outcome, delivery.status),
        (Verdict::Done, "delivered", Some(204))
    );
    let [request] = receiver.received().try_into().unwrap();
    assert_eq!(request.start, "POST /hook?token=abc HTTP/1.1");
    let header = |name: &str| request.headers[name].as_str();
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(
        header("docmill-event-id"),
        "01a20028-bec0-7a10-8b20-c30d40e50f60.17"
    );
    assert!(header("user-agent").starts_with("docmill-callback/"));
    let time = line.installation.clock.now().seconds();
    assert!(header("docmill-signature").starts_with(&format!("t={time},v1=")));
    assert_eq!(request.verified(&secret(&line).await), 1);
    let sent: Value = serde_json::from_str(&body("")).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&request.body).unwrap(),
        sent["event"]
    );
}

#[tokio::test]
async fn for_a_day_both_secrets_sign() {
    let receiver = Receiver::start(&[]).await;
    let line = Line::to(&receiver);
    let first = secret(&line).await;
    line.app.deliverer.keys.rotate(&tenant()).await.unwrap();
    let second = secret(&line).await;
    assert_ne!(first, second);
    line.deliver(&receiver.url("/")).await;
    line.installation.clock.advance(OVERLAP);
    line.deliver(&receiver.url("/")).await;
    let [during, after] = receiver.received().try_into().unwrap();
    assert_eq!(during.signatures(), 2);
    assert_eq!((during.verified(&first), during.verified(&second)), (1, 1));
    assert_eq!(after.signatures(), 1);
    assert_eq!((after.verified(&first), after.verified(&second)), (0, 1));
}

#[tokio::test]
async fn what_is_refused_comes_again_until_it_is_taken() {
    let receiver = Receiver::start(&[Reply::status(500)]).await;
    let line = Line::to(&receiver);
    let message = body(&receiver.url("/"));
    let answer = line.handle(vec![record("m", &message, 1)]).await;
    assert_eq!(answer.failed().collect::<Vec<_>>(), ["m"]);
    let pause = line.delay_of("m").unwrap();
    assert!(
        (retry_after(1, 0)..=retry_after(1, 255)).contains(&pause),
        "{pause:?}"
    );
    let answer = line.handle(vec![record("m", &message, 2)]).await;
    assert_eq!(answer.failed().count(), 0);
    let [first, second] = receiver.received().try_into().unwrap();
    assert_eq!(first.body, second.body);
    assert_eq!(
        first.headers["docmill-event-id"],
        second.headers["docmill-event-id"]
    );
}

#[tokio::test]
async fn only_410_ends_it_early() {
    let statuses = [300, 304, 400, 404, 409, 429, 500, 503, 999, 410];
    let receiver = Receiver::start(&statuses.map(Reply::status)).await;
    let line = Line::to(&receiver);
    for _ in &statuses[1..] {
        let delivery = line.deliver(&receiver.url("/")).await;
        assert!(matches!(delivery.verdict, Verdict::Again { .. }), "{delivery:?}");
        assert_eq!(delivery.outcome, "refused");
    }
    let delivery = line.deliver(&receiver.url("/")).await;
    assert_eq!(
        (delivery.verdict, delivery.outcome, delivery.status),
        (Verdict::Done, "given_up", Some(410))
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Receiver::start(&[]).await;
    let redirects: Vec<Reply> = [301, 302, 303, 307, 308]
        .iter()
        .map(|status| {
            let location = elsewhere.url("/stolen");
            Reply::Raw(format!(
                "HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
            ))
        })
        .collect();
    let receiver = Receiver::start(&redirects).await;
    // Even to a receiver that may be called.
    let line = Line::new(&format!("{},{}", receiver.address, elsewhere.address));
    for _ in &redirects {
        assert_eq!(line.deliver(&receiver.url("/")).await.outcome, "refused");
    }
    assert_eq!((receiver.connections(), elsewhere.connections()), (5, 0));
}

#[tokio::test]
async fn a_slow_receiver_is_cut_at_the_limit() {
    let receiver = Receiver::start(&[Reply::Silence, Reply::Drip]).await;
    let line = Line::to(&receiver);
    for _ in 0..2 {
        let began = Instant::now();
        assert_eq!(line.deliver(&receiver.url("/")).await.outcome, "timed_out");
        let took = began.elapsed();
        assert!(
            took >= common::LIMIT && took < Duration::from_secs(10),
            "{took:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read() {
    let endless = "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\nbegin".to_owned();
    let receiver = Receiver::start(&[Reply::Raw(endless)]).await;
    let line = Line::to(&receiver);
    assert_eq!(line.deliver(&receiver.url("/")).await.outcome, "delivered");
}

#[tokio::test]
async fn nobody_there_comes_again() {
    let receiver = Receiver::start(&[
        Reply::Raw(String::new()),
        Reply::Raw("no http\r\n\r\n".to_owned()),
    ])
    .await;
    let line = Line::to(&receiver);
    for _ in 0..2 {
        let delivery = line.deliver(&receiver.url("/?token=hidden")).await;
        assert_eq!(delivery.outcome, "unreachable");
        assert!(!delivery.reason.unwrap().contains("hidden"));
    }
    let line = Line::new("receiver.internal:80,127.0.0.1:9");
    assert_eq!(line.deliver("http://127.0.0.1:9/").await.outcome, "unreachable");
    let nameless = line.deliver("http://receiver.internal/").await;
    assert_eq!(nameless.outcome, "unreachable");
}

#[tokio::test]
async fn records_of_a_batch_fail_alone() {
    let receiver = Receiver::start(&[]).await;
    let line = Line::to(&receiver);
    let answer = line
        .handle(vec![
            record("broken", "{\"callback_url\":", 1),
            record("good", &body(&receiver.url("/")), 1),
            record("away", &body("https://nobody.example.com/"), MAX_TRIES),
        ])
        .await;
    assert_eq!(answer.failed().collect::<Vec<_>>(), ["broken", "away"]);
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(line.delay_of("away"), Some(Duration::ZERO), "the queue buries it");
    assert_eq!(line.handle(Vec::new()).await.failed().count(), 0);
}

#[tokio::test]
async fn the_recorded_batch_is_read() {
    let line = Line::new("");
    let records = recorded("callback")["Records"].as_array().unwrap().clone();
    let answer = line.handle(records.clone()).await;
    let ids: Vec<&str> = records
        .iter()
        .map(|record| record["messageId"].as_str().unwrap())
        .collect();
    assert_eq!(answer.failed().collect::<Vec<_>>(), ids);
    assert_eq!(*line.names.asked.lock().unwrap(), ["receiver.example.com"; 2]);
    let pause = line.delay_of(ids[1]).unwrap();
    assert!(
        (retry_after(3, 0)..=retry_after(3, 255)).contains(&pause),
        "{pause:?}"
    );
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_has_a_line_and_no_secret() {
    let answer = "HTTP/1.1 500 Oops\r\ncontent-length: 10\r\n\r\necho-body!".to_owned();
    let receiver = Receiver::start(&[Reply::Raw(answer)]).await;
    let line = Line::to(&receiver);
    let (log, secret) = (Log::default(), secret(&line).await);
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let url = receiver.url("/path-token?query=hidden");
    line.handle(vec![record("m", &body(&url), 4)]).await;
    drop(guard);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for hidden in ["path-token", "hidden", "echo-body", secret.as_str(), "whsec_"] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let logged = lines.iter().find(|line| line["message"] == "callback").unwrap();
    assert_eq!(logged["job_id"], "01a20028-bec0-7a10-8b20-c30d40e50f60");
    assert_eq!(
        (
            &logged["try"],
            &logged["outcome"],
            &logged["status"],
            &logged["host"]
        ),
        (&json!(4), &json!("refused"), &json!(500), &json!("127.0.0.1"))
    );
    assert!(logged["duration_ms"].is_u64());
}

/// The template's queue gives a callback up after the last try of the schedule, an hour after the first.
#[test]
fn the_schedule_is_that_of_the_template() {
    let queue = TEMPLATE.split("\n  CallbackQueue:\n").nth(1).unwrap();
    let queue = queue.split("Type: AWS::SQS::Queue").nth(1).unwrap();
    let number = |name: &str| -> u32 {
        let rest = queue.split(&format!("{name}: ")).nth(1).unwrap();
        rest.split(|c: char| !c.is_ascii_digit())
            .next()
            .unwrap()
            .parse()
            .unwrap()
    };
    let receives = number("maxReceiveCount");
    assert_eq!(receives, MAX_TRIES);
    for jitter in [0, 255] {
        let total: Duration = (1..receives).map(|tries| retry_after(tries, jitter)).sum();
        assert!((50 * 60..=70 * 60).contains(&total.as_secs()), "{total:?}");
        // Messages are not kept for ever: the last try has to come before that.
        assert!(total * 2 < Duration::from_secs(number("MessageRetentionPeriod").into()));
    }
    assert_eq!(retry_after(receives, 255), Duration::ZERO);
}
