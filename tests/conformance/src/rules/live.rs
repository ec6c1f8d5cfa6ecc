//! Tickets, connections, subscriptions: [`docmill_core::ports::LiveFeed`].

use docmill_core::ports::{ConnectionOwner, Subscriber, Topic};
use futures::future::join_all;

use crate::Ports;
use crate::make::at;

fn owner(name: &str) -> ConnectionOwner {
    ConnectionOwner {
        owner: name.to_owned(),
    }
}

/// Once.
pub async fn a_ticket_is_taken_once(ports: &Ports) {
    let ticket = ports.unique();
    assert_eq!(ports.live.take_ticket(&ticket, at(0)).await, Ok(None));
    ports
        .live
        .keep_ticket(&ticket, &owner("zoé"), at(60_000))
        .await
        .unwrap();
    assert_eq!(
        ports.live.take_ticket(&ticket, at(59_999)).await,
        Ok(Some(owner("zoé")))
    );
    assert_eq!(ports.live.take_ticket(&ticket, at(0)).await, Ok(None));
}

/// Once, whoever tries at the same time.
pub async fn a_ticket_is_taken_once_in_a_race(ports: &Ports) {
    let ticket = ports.unique();
    ports
        .live
        .keep_ticket(&ticket, &owner("zoé"), at(60_000))
        .await
        .unwrap();
    let taken = join_all((0..8).map(|_| ports.live.take_ticket(&ticket, at(0)))).await;
    assert_eq!(
        taken
            .into_iter()
            .filter(|taken| taken.as_ref().unwrap().is_some())
            .count(),
        1
    );
}

/// Before it expires, not later.
pub async fn a_late_ticket_is_none(ports: &Ports) {
    let ticket = ports.unique();
    ports
        .live
        .keep_ticket(&ticket, &owner("zoé"), at(60_000))
        .await
        .unwrap();
    assert_eq!(ports.live.take_ticket(&ticket, at(60_000)).await, Ok(None));
}

/// Until its row expires.
pub async fn a_connection_has_an_owner_for_its_time(ports: &Ports) {
    let connection = ports.unique();
    assert_eq!(ports.live.owner_of(&connection, at(0)).await, Ok(None));
    ports
        .live
        .connect(&connection, &owner("zoé"), at(1_000))
        .await
        .unwrap();
    assert_eq!(
        ports.live.owner_of(&connection, at(999)).await,
        Ok(Some(owner("zoé")))
    );
    assert_eq!(ports.live.owner_of(&connection, at(1_000)).await, Ok(None));
}

fn subscriber(connection: &str, user: &str) -> Subscriber {
    Subscriber {
        connection: connection.to_owned(),
        user: user.to_owned(),
    }
}

/// Of theirs and of no other, from the subscription to its end.
pub async fn subscribers_hear_of_their_topic(ports: &Ports) {
    let (one, other) = (ports.unique(), ports.unique());
    let job = Topic::Job(ports.fresh_id());
    let mine = Topic::Owner(ports.unique());
    let now = at(0);
    assert_eq!(ports.live.subscribers(&job, now).await, Ok(vec![]));
    let (of_zoe, of_jo) = (subscriber(&one, "zoé"), subscriber(&other, "jo"));
    let (zoe, jo) = (&of_zoe, &of_jo);
    ports.live.subscribe(&job, zoe, at(1_000)).await.unwrap();
    ports.live.subscribe(&job, jo, at(2_000)).await.unwrap();
    ports.live.subscribe(&job, zoe, at(1_000)).await.unwrap();
    ports.live.subscribe(&mine, zoe, at(1_000)).await.unwrap();
    let mut both = [zoe.clone(), jo.clone()];
    both.sort();
    let mut subscribed = ports.live.subscribers(&job, now).await.unwrap();
    subscribed.sort();
    assert_eq!(subscribed, both);
    assert_eq!(
        ports.live.subscribers(&job, at(1_000)).await,
        Ok(vec![jo.clone()])
    );
    assert_eq!(ports.live.subscribers(&mine, now).await, Ok(vec![zoe.clone()]));
    ports.live.unsubscribe(&job, &one).await.unwrap();
    ports.live.unsubscribe(&job, &one).await.unwrap();
    assert_eq!(ports.live.subscribers(&job, now).await, Ok(vec![jo.clone()]));
    assert_eq!(ports.live.subscribers(&mine, now).await, Ok(vec![zoe.clone()]));
}

/// With everything it listened to, and nothing of others.
pub async fn a_lost_connection_is_forgotten(ports: &Ports) {
    let (one, other) = (ports.unique(), ports.unique());
    let topics: Vec<Topic> = (0..12).map(|_| Topic::Job(ports.fresh_id())).collect();
    for connection in [&one, &other] {
        ports
            .live
            .connect(connection, &owner("zoé"), at(1_000))
            .await
            .unwrap();
        for topic in &topics {
            let zoe = subscriber(connection, "zoé");
            ports.live.subscribe(topic, &zoe, at(1_000)).await.unwrap();
        }
    }
    // The index by connection may lag; every call forgets what it can see.
    let left = async || {
        ports.live.disconnect(&one).await.unwrap();
        let subscribed = join_all(topics.iter().map(|topic| ports.live.subscribers(topic, at(0)))).await;
        subscribed
            .into_iter()
            .map(|of_topic| of_topic.unwrap())
            .collect::<Vec<_>>()
    };
    ports
        .eventually(vec![vec![subscriber(&other, "zoé")]; topics.len()], left)
        .await;
    assert_eq!(ports.live.owner_of(&one, at(0)).await, Ok(None));
    assert_eq!(ports.live.owner_of(&other, at(0)).await, Ok(Some(owner("zoé"))));
    ports.live.disconnect(&one).await.unwrap();
}
