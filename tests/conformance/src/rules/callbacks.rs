//! The queue of callbacks: [`docmill_core::callback::CallbackQueue`].

use std::collections::BTreeSet;

use docmill_core::callback::Callback;
use docmill_core::running::Tenant;
use docmill_core::view::Event;

use crate::Ports;

/// As it was sent, whatever is in it.
pub async fn every_callback_arrives(ports: &Ports) {
    let tenants = [Tenant::User("zoé".to_owned()), Tenant::Company("acme".to_owned())];
    let callbacks = tenants.map(|tenant| Callback {
        callback_url: format!("https://example.com/{}", "x".repeat(1_900)),
        tenant,
        attempt: 3,
        event: Event {
            message: Some("“fin”\n\u{0}\u{ffff}\u{1f600}".to_owned()),
            ..Event::of(None, &ports.job("zoé"))
        },
    });
    for callback in &callbacks {
        ports.callbacks.send(callback).await.unwrap();
    }
    let mut bodies = Vec::new();
    let mut empty = 0;
    while empty < 3 {
        let received = ports.wire.receive_callbacks().await;
        empty = if received.is_empty() { empty + 1 } else { 0 };
        bodies.extend(received);
    }
    let text = |callback: &Callback| serde_json::to_string(callback).unwrap();
    let received: BTreeSet<String> = bodies
        .iter()
        .map(|body| text(&serde_json::from_str(body).unwrap()))
        .collect();
    assert_eq!(bodies.len(), callbacks.len());
    assert_eq!(received, callbacks.iter().map(text).collect());
}
