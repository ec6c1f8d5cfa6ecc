//! What must not be reached by a callback: this machine, its network, the metadata of the cloud it runs in.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::net::{IpAddr, Ipv4Addr};

use common::Line;
use docmill_core::callback::Verdict;
use docmill_testing::Receiver;

/// This machine as it is the only one that tests can connect to: one of its addresses stands for a public one.
fn first_loopback_only(address: IpAddr) -> bool {
    address == Ipv4Addr::LOCALHOST
}

async fn assert_refused(line: &Line, url: &str, outcome: &str) {
    let delivery = line.deliver(url).await;
    // A name may lead elsewhere tomorrow; a text stays what it is.
    let again = matches!(delivery.verdict, Verdict::Again { .. });
    assert_eq!(again, outcome != "url_refused", "{url}");
    assert_eq!((delivery.outcome, delivery.status), (outcome, None), "{url}");
}

#[tokio::test]
async fn literal_addresses_are_refused_however_they_are_spelt() {
    let receiver = Receiver::start(&[]).await;
    let port = receiver.address.port();
    let line = Line::new("");
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "0x7f000001",
        "0x7f.0.0.1",
        "0",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "169.254.169.254",
        "0xa9fea9fe",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:7f00:1::]",
    ] {
        for scheme in ["https", "http"] {
            assert_refused(&line, &format!("{scheme}://{host}:{port}/"), "url_refused").await;
        }
    }
    assert_refused(&line, "http://receiver.example.com/", "url_refused").await;
    assert_eq!((receiver.connections(), line.names.asked()), (0, 0));
}

#[tokio::test]
async fn a_name_of_a_private_address_is_refused() {
    let receiver = Receiver::start(&[]).await;
    let port = receiver.address.port();
    let line = Line::new("");
    for addresses in [
        &["127.0.0.1"][..],
        &["169.254.169.254"],
        &["10.0.0.7", "10.0.0.8"],
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["fd00:ec2::254"],
        // One public address does not excuse the others.
        &["93.184.215.14", "127.0.0.1"],
        &["127.0.0.1", "93.184.215.14"],
    ] {
        line.names.set("attacker.example", &[addresses]);
        assert_refused(
            &line,
            &format!("https://attacker.example:{port}/"),
            "address_refused",
        )
        .await;
    }
    assert_eq!(receiver.connections(), 0);
}

/// A name that means something public to whoever checks, and something else to whoever connects.
#[tokio::test]
async fn what_was_checked_is_what_is_connected_to() {
    let public = Receiver::start(&[]).await;
    let port = public.address.port();
    let inside = Receiver::at(&format!("127.0.0.2:{port}"), &[]).await;
    let line = Line::with_rule("", first_loopback_only);
    line.names
        .set("rebind.example", &[&["127.0.0.1"], &["127.0.0.2"]]);
    let url = format!("https://rebind.example:{port}/");
    // The connection is made; what answers speaks no TLS.
    assert_refused(&line, &url, "unreachable").await;
    assert_eq!(line.names.asked(), 1, "one look-up serves check and connection");
    assert_eq!((public.connections(), inside.connections()), (1, 0));
    // The next try looks, and checks, again.
    assert_refused(&line, &url, "address_refused").await;
    assert_eq!(line.names.asked(), 2);
    assert_eq!((public.connections(), inside.connections()), (1, 0));
}

#[tokio::test]
async fn a_private_receiver_is_allowed_at_its_port_alone() {
    let receiver = Receiver::start(&[]).await;
    let other = Receiver::start(&[]).await;
    let port = receiver.address.port();
    let line = Line::new(&format!("receiver.internal:{port}"));
    line.names
        .set("receiver.internal", &[&["127.0.0.1"], &["127.0.0.2"]]);
    let delivery = line.deliver(&format!("http://receiver.internal:{port}/")).await;
    assert_eq!(delivery.outcome, "delivered");
    assert_eq!((line.names.asked(), receiver.received().len()), (1, 1));
    let other_port = other.address.port();
    assert_refused(
        &line,
        &format!("http://receiver.internal:{other_port}/"),
        "url_refused",
    )
    .await;
    assert_refused(
        &line,
        &format!("https://receiver.internal:{other_port}/"),
        "url_refused",
    )
    .await;
    assert_refused(&line, &format!("http://127.0.0.1:{port}/"), "url_refused").await;
    assert_eq!((receiver.connections(), other.connections()), (1, 0));
}
