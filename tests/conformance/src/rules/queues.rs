//! Work queues and dead letters, and how full they are.

use std::collections::BTreeSet;

use docmill_core::job::Priority;
use docmill_core::message::{Message, Span};
use docmill_core::operations::QueueName;

use crate::Ports;

/// Receives until nothing has come for a while.
async fn drain(ports: &Ports, priority: Priority) -> Vec<String> {
    let mut bodies = Vec::new();
    let mut empty = 0;
    while empty < 3 {
        let received = ports.wire.receive(priority).await;
        empty = if received.is_empty() { empty + 1 } else { 0 };
        bodies.extend(received);
    }
    bodies
}

/// More than one batch, on each queue, once each, as they were sent.
pub async fn every_message_arrives(ports: &Ports) {
    for priority in Priority::ALL {
        let job = ports.fresh_id();
        let input = Span { offset: 7, length: 9 };
        let mut messages: Vec<Message> = (0..23)
            .map(|n| Message::Chunk {
                job,
                attempt: 1,
                n,
                input,
            })
            .collect();
        messages.push(Message::Plan { job, attempt: 1 });
        messages.push(Message::Merge { job, attempt: 1 });
        ports.queue.send(priority, "société", &messages).await.unwrap();
        let received = drain(ports, priority).await;
        assert_eq!(received.len(), 25);
        let received: BTreeSet<String> = received.into_iter().collect();
        let wanted = messages
            .iter()
            .map(|message| serde_json::to_string(message).unwrap())
            .collect();
        assert_eq!(received, wanted);
    }
}

/// No messages, no request, no error.
pub async fn nothing_to_send_is_fine(ports: &Ports) {
    assert_eq!(ports.queue.send(Priority::Normal, "tenant", &[]).await, Ok(()));
    assert_eq!(drain(ports, Priority::Normal).await, Vec::<String>::new());
}

/// A received dead letter is hidden from others until it is removed; each queue has its own.
pub async fn dead_letters_are_hidden_then_removed(ports: &Ports) {
    let bodies: BTreeSet<String> = ["one".to_owned(), "{\"type\":\"plan\"}".to_owned()].into();
    for body in &bodies {
        ports.wire.bury(Priority::Low, body).await;
    }
    assert_eq!(ports.dead_letters.receive(Priority::High).await, Ok(vec![]));
    let mut letters = Vec::new();
    for _ in 0..10 {
        letters.extend(ports.dead_letters.receive(Priority::Low).await.unwrap());
    }
    assert!(letters.iter().all(|letter| letter.priority == Priority::Low));
    let ids: BTreeSet<&String> = letters.iter().map(|letter| &letter.id).collect();
    assert!(
        ids.len() == letters.len() && !ids.contains(&String::new()),
        "{ids:?}"
    );
    assert!(
        letters
            .iter()
            .all(|letter| letter.sent_at.ms() > 0 && letter.receives > 0)
    );
    assert_eq!(
        letters
            .iter()
            .map(|letter| letter.body.clone())
            .collect::<BTreeSet<_>>(),
        bodies
    );
    assert_eq!(letters.len(), 2, "hidden once received");
    for letter in &letters {
        ports.dead_letters.remove(letter).await.unwrap();
        ports.dead_letters.remove(letter).await.unwrap();
    }
}

/// Each queue has its own numbers; a body that is put back is there as it was.
pub async fn depths_are_those_of_each_queue(ports: &Ports) {
    let names: Vec<QueueName> = ports
        .depths
        .depths()
        .await
        .unwrap()
        .iter()
        .map(|depth| depth.queue)
        .collect();
    assert_eq!(names, QueueName::ALL);
    let job = ports.fresh_id();
    let messages = vec![Message::Plan { job, attempt: 1 }; 3];
    ports
        .queue
        .send(Priority::High, "tenant", &messages)
        .await
        .unwrap();
    ports
        .queue
        .put_back(Priority::High, "not a message")
        .await
        .unwrap();
    ports.wire.bury(Priority::Low, "dead").await;
    let of = async |queue: QueueName| {
        let depths = ports.depths.depths().await.unwrap();
        let depth = depths.into_iter().find(|depth| depth.queue == queue).unwrap();
        (depth.waiting, depth.delayed, depth.dead_letters)
    };
    ports
        .eventually((4, 0, 0), async || of(QueueName::High).await)
        .await;
    ports
        .eventually((0, 0, 1), async || of(QueueName::Low).await)
        .await;
    let mut bodies = BTreeSet::new();
    for _ in 0..10 {
        bodies.extend(ports.wire.receive(Priority::High).await);
    }
    assert!(
        bodies.contains("not a message") && bodies.len() == 2,
        "{bodies:?}"
    );
    for letter in ports.dead_letters.receive(Priority::Low).await.unwrap() {
        ports.dead_letters.remove(&letter).await.unwrap();
    }
    ports
        .eventually((0, 0, 0), async || of(QueueName::Low).await)
        .await;
}
