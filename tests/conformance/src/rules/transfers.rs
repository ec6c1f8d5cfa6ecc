//! Signed links: [`docmill_core::ports::Transfers`].

use std::time::Duration;

use bytes::Bytes;
use docmill_core::ports::{Completion, Fetched, SignedRequest, UploadedPart};

use crate::Ports;

const LIFE: Duration = Duration::from_secs(600);
/// The smallest part that S3 takes, but for the last.
const PART: usize = 5 * 1024 * 1024;

fn upload_key(ports: &Ports) -> String {
    format!("uploads/{}/0", ports.fresh_id())
}

/// The object is there as sent, and the ETag that the client was told is the object's.
pub async fn a_signed_put_stores_what_was_signed(ports: &Ports) {
    let key = upload_key(ports);
    let request = ports
        .transfers
        .sign_put(&key, "text/plain", 5, LIFE)
        .await
        .unwrap();
    assert!(
        request
            .headers
            .keys()
            .all(|name| !name.eq_ignore_ascii_case("content-length"))
    );
    let etag = ports
        .wire
        .upload(&request, Bytes::from_static(b"hello"))
        .await
        .unwrap();
    let found = Fetched::Found(Bytes::from_static(b"hello"));
    assert_eq!(ports.blobs.get(&key, Some(&etag), 5).await, Ok(found));
}

/// Another length, another type, another link.
pub async fn a_signed_put_refuses_anything_else(ports: &Ports) {
    if !ports.wire.checks_signatures() {
        return;
    }
    let key = upload_key(ports);
    let request = ports
        .transfers
        .sign_put(&key, "text/plain", 5, LIFE)
        .await
        .unwrap();
    for bytes in [&b"hell"[..], b"hello!", b""] {
        assert_eq!(ports.wire.upload(&request, Bytes::from_static(bytes)).await, None);
    }
    let mut other_type = request.clone();
    other_type
        .headers
        .insert("content-type".to_owned(), "text/html".to_owned());
    assert_eq!(
        ports.wire.upload(&other_type, Bytes::from_static(b"hello")).await,
        None
    );
    let other_key = SignedRequest {
        url: request.url.replace(&key, &upload_key(ports)),
        ..request
    };
    assert_eq!(
        ports.wire.upload(&other_key, Bytes::from_static(b"hello")).await,
        None
    );
    assert_eq!(ports.blobs.head(&key).await, Ok(None));
}

/// A browser saves a result under its name.
pub async fn a_signed_get_names_the_file(ports: &Ports) {
    let key = format!("results/{}/1/sentences.csv", ports.fresh_id());
    ports
        .blobs
        .put(&key, "application/octet-stream", Bytes::from_static(b"a;b"))
        .await
        .unwrap();
    let url = ports
        .transfers
        .sign_get(&key, "sentences 1.csv", "text/csv", LIFE)
        .await
        .unwrap();
    let downloaded = ports.wire.download(&url).await.unwrap();
    assert_eq!(downloaded.bytes, Bytes::from_static(b"a;b"));
    assert_eq!(downloaded.content_type, "text/csv");
    assert!(
        downloaded.disposition.contains("sentences 1.csv"),
        "{}",
        downloaded.disposition
    );
    let missing = ports
        .transfers
        .sign_get(&upload_key(ports), "x", "text/csv", LIFE)
        .await
        .unwrap();
    assert_eq!(ports.wire.download(&missing).await, None);
}

/// Parts sent in any order are listed, and make the object once.
pub async fn parts_make_an_object(ports: &Ports) {
    let key = upload_key(ports);
    let upload = ports.transfers.begin_multipart(&key, "text/plain").await.unwrap();
    assert_eq!(ports.transfers.parts(&key, &upload).await, Ok(vec![]));
    let large = Bytes::from(vec![b'x'; PART]);
    let last = Bytes::from_static(b"the end");
    let second = send_part(ports, &key, &upload, 2, last.clone()).await;
    let first = send_part(ports, &key, &upload, 1, large.clone()).await;
    let parts = ports.transfers.parts(&key, &upload).await.unwrap();
    let told: Vec<(u32, u64)> = parts.iter().map(|part| (part.number, part.size)).collect();
    assert_eq!(told, [(1, PART as u64), (2, 7)]);
    assert_eq!(ports.blobs.head(&key).await, Ok(None));

    let done = ports
        .transfers
        .complete(&key, &upload, &[first.clone(), second.clone()])
        .await;
    assert_eq!(done, Ok(Completion::Done));
    let whole = [large, last].concat();
    assert_eq!(
        ports.blobs.get(&key, None, u64::MAX).await,
        Ok(Fetched::Found(whole.into()))
    );
    assert_eq!(ports.transfers.parts(&key, &upload).await, Ok(vec![]));
    // A store may remember what it completed, or have forgotten the upload.
    let again = ports.transfers.complete(&key, &upload, &[first, second]).await;
    assert!(
        matches!(again, Ok(Completion::Done | Completion::NoUpload)),
        "{again:?}"
    );
}

/// Parts that are not there, or not as named, make nothing.
pub async fn wrong_parts_make_none(ports: &Ports) {
    let key = upload_key(ports);
    let upload = ports.transfers.begin_multipart(&key, "text/plain").await.unwrap();
    let first = send_part(ports, &key, &upload, 1, Bytes::from_static(b"one")).await;
    let missing = UploadedPart {
        number: 2,
        ..first.clone()
    };
    let other = UploadedPart {
        etag: "\"00000000000000000000000000000000\"".to_owned(),
        ..first.clone()
    };
    for parts in [vec![], vec![other], vec![first.clone(), missing]] {
        let completion = ports.transfers.complete(&key, &upload, &parts).await;
        assert_eq!(completion, Ok(Completion::BadParts), "{parts:?}");
    }
    assert_eq!(ports.blobs.head(&key).await, Ok(None));
    assert_eq!(
        ports
            .transfers
            .complete(&key, &upload, std::slice::from_ref(&first))
            .await,
        Ok(Completion::Done)
    );
    assert_eq!(
        ports.transfers.complete(&key, "no-such-upload", &[first]).await,
        Ok(Completion::NoUpload)
    );
}

async fn send_part(ports: &Ports, key: &str, upload: &str, number: u32, bytes: Bytes) -> UploadedPart {
    let size = bytes.len() as u64;
    let request = ports
        .transfers
        .sign_part(key, upload, number, size, LIFE)
        .await
        .unwrap();
    let etag = ports.wire.upload(&request, bytes).await.unwrap();
    UploadedPart { number, etag, size }
}
