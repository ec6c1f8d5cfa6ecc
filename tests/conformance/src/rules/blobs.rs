//! Objects: [`docmill_core::ports::BlobStore`].

use bytes::Bytes;
use docmill_core::ports::{Fetched, ObjectHead};

use crate::Ports;

async fn put(ports: &Ports, bytes: &'static [u8]) -> (String, ObjectHead) {
    let key = format!("jobs/{}/out/0", ports.fresh_id());
    let head = ports
        .blobs
        .put(&key, "text/plain", Bytes::from_static(bytes))
        .await
        .unwrap();
    (key, head)
}

/// As it was written, with its size and ETag; empty ones too; the last write stands.
pub async fn an_object_reads_back(ports: &Ports) {
    let (key, head) = put(ports, b"hello").await;
    assert_eq!(head.size, 5);
    assert!(!head.etag.is_empty());
    assert_eq!(ports.blobs.head(&key).await, Ok(Some(head.clone())));
    assert_eq!(
        ports.blobs.get(&key, None, 5).await,
        Ok(Fetched::Found(Bytes::from_static(b"hello")))
    );
    let etag = Some(head.etag.as_str());
    assert_eq!(
        ports.blobs.get(&key, etag, 5).await,
        Ok(Fetched::Found(Bytes::from_static(b"hello")))
    );
    ports
        .blobs
        .put(&key, "text/plain", Bytes::from_static(b"bye"))
        .await
        .unwrap();
    assert_eq!(
        ports.blobs.get(&key, None, 5).await,
        Ok(Fetched::Found(Bytes::from_static(b"bye")))
    );

    let (empty, head) = put(ports, b"").await;
    assert_eq!(ports.blobs.head(&empty).await, Ok(Some(head)));
    assert_eq!(
        ports.blobs.get(&empty, None, 0).await,
        Ok(Fetched::Found(Bytes::new()))
    );
}

/// No object, no error.
pub async fn a_missing_object_is_missing(ports: &Ports) {
    let key = format!("jobs/{}/plan.json", ports.fresh_id());
    assert_eq!(ports.blobs.head(&key).await, Ok(None));
    assert_eq!(ports.blobs.get(&key, None, 10).await, Ok(Fetched::Missing));
    assert_eq!(
        ports.blobs.get(&key, Some("\"etag\""), 10).await,
        Ok(Fetched::Missing)
    );
    assert_eq!(ports.blobs.get_range(&key, 0, 10).await, Ok(None));
}

/// Whoever insists on an ETag never reads other bytes.
pub async fn a_changed_object_is_told_from_the_one_asked_for(ports: &Ports) {
    let (key, first) = put(ports, b"first").await;
    let second = ports
        .blobs
        .put(&key, "text/plain", Bytes::from_static(b"other"))
        .await
        .unwrap();
    assert_ne!(first.etag, second.etag);
    assert_eq!(
        ports.blobs.get(&key, Some(&first.etag), 100).await,
        Ok(Fetched::Changed)
    );
    let found = Fetched::Found(Bytes::from_static(b"other"));
    assert_eq!(ports.blobs.get(&key, Some(&second.etag), 100).await, Ok(found));
}

/// The limit is the largest size that is read.
pub async fn a_large_object_is_not_read(ports: &Ports) {
    let (key, head) = put(ports, b"0123456789").await;
    assert_eq!(ports.blobs.get(&key, None, 9).await, Ok(Fetched::TooLarge));
    assert_eq!(
        ports.blobs.get(&key, Some(&head.etag), 0).await,
        Ok(Fetched::TooLarge)
    );
    assert!(matches!(
        ports.blobs.get(&key, None, 10).await,
        Ok(Fetched::Found(_))
    ));
}

/// Whole, inside, over the end, past the end, and none at all.
pub async fn ranges_end_where_the_object_ends(ports: &Ports) {
    let (key, _) = put(ports, b"0123456789").await;
    let cases: [(u64, u64, &[u8]); 7] = [
        (0, 10, b"0123456789"),
        (0, 1, b"0"),
        (3, 4, b"3456"),
        (8, 100, b"89"),
        (10, 5, b""),
        (99, u64::MAX, b""),
        (4, 0, b""),
    ];
    for (offset, length, wanted) in cases {
        let read = ports.blobs.get_range(&key, offset, length).await;
        assert_eq!(
            read,
            Ok(Some(Bytes::copy_from_slice(wanted))),
            "{offset}+{length}"
        );
    }
}

/// In the order of their bytes, behind a key, only those of the prefix; what is not there is deleted without an error.
pub async fn keys_are_listed_in_order_and_deleted(ports: &Ports) {
    let prefix = format!("jobs/{}/", ports.fresh_id());
    let names = ["out/0", "out/1", "out/10", "plan.json"].map(|name| format!("{prefix}{name}"));
    for key in names.iter().rev() {
        ports
            .blobs
            .put(key, "text/plain", Bytes::from_static(b"x"))
            .await
            .unwrap();
    }
    let list = async |after: &str, limit| ports.blobs.keys(&prefix, after, limit).await.unwrap();
    assert_eq!(list("", 1_000).await, names);
    assert_eq!(list("", 2).await, names[..2]);
    assert_eq!(list(&names[1], 1_000).await, names[2..]);
    ports.blobs.delete(&names[..3]).await.unwrap();
    ports.blobs.delete(&names[..1]).await.unwrap();
    ports.blobs.delete(&[]).await.unwrap();
    assert_eq!(list("", 1_000).await, names[3..]);
}
