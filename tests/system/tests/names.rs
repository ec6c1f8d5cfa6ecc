//! Names of files: however they are sent, they are stored, shown and given back harmless.

#![allow(clippy::unwrap_used, reason = "tests")]

use bytes::Bytes;
use docmill_cli::client::Job;
use docmill_system_tests::{User, novel, stack, texts};
use reqwest::{Method, Url};
use serde_json::json;

/// What is sent, and what is kept of it.
fn names() -> Vec<(String, String)> {
    let long = format!("{}.txt", "é".repeat(5_000));
    let kept = format!("{}.txt", "é".repeat(196));
    let names = [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\temp\\roman.txt", "roman.txt"),
        ("a\u{0}b.txt", "ab.txt"),
        ("a\r\nSet-Cookie: b=c.txt", "aSet-Cookie: b=c.txt"),
        ("\u{1b}[31mrouge.txt", "[31mrouge.txt"),
        ("photo\u{202e}fdp.txt", "photofdp.txt"),
        ("\u{2066}a\u{2069}\u{200f}\u{61c}.txt", "a.txt"),
        ("a\u{2028}b\u{feff}\u{200b}.txt", "ab.txt"),
        (".htaccess.txt", "htaccess.txt"),
        ("roman.txt . .", "roman.txt"),
        ("NUL.txt", "_NUL.txt"),
        ("com1.txt", "_com1.txt"),
        ("Con .tar.txt", "_Con .tar.txt"),
        (
            "<img src=x onerror=alert(1)>.txt",
            "<img src=x onerror=alert(1)>.txt",
        ),
        ("l'été ; \"x\".txt", "l'été ; \"x\".txt"),
        ("%2e%2e%2fa.txt", "%2e%2e%2fa.txt"),
    ];
    let names = names.map(|(sent, kept)| (sent.to_owned(), kept.to_owned()));
    names.into_iter().chain([(long, kept)]).collect()
}

#[tokio::test]
async fn announced_names_are_cleaned() {
    let stack = stack!();
    let user = stack.user("announced-names").await;
    for (sent, kept) in names() {
        let file = json!({"name": sent, "size": 10, "content_type": "text/plain"});
        let (job, uploads) = user.client.announce(&novel(), &[file]).await.unwrap();
        assert_eq!(job.files[0].name, kept, "{sent:?}");
        assert_eq!(uploads.uploads[0].name, kept);
        // The name is no part of where the file lies.
        let link = Url::parse(&uploads.uploads[0].parts[0].url).unwrap();
        assert!(
            link.path().ends_with(&format!("uploads/{}/0", job.job_id)),
            "{link}"
        );
        user.client.cancel(&job.job_id).await.unwrap();
    }
}

/// As it stands in the header of a part.
async fn sent_as(user: &User, parameter: &str) -> Job {
    let body = format!(
        "--B\r\nContent-Disposition: form-data; name=\"pipeline\"\r\n\r\nnovel\r\n--B\r\nContent-Disposition: form-data; \
         name=\"file\"; {parameter}\r\nContent-Type: text/plain\r\n\r\n{}\r\n--B--\r\n",
        texts::STORY
    );
    let body = Some(("multipart/form-data; boundary=B", Bytes::from(body)));
    let answer = user
        .client
        .call(Method::POST, "/v1/jobs", &[], body)
        .await
        .unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
    serde_json::from_value(answer.json()).unwrap()
}

/// A download's name in both its forms, from its header.
fn parts_of(disposition: &str) -> (String, String) {
    assert!(
        disposition.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
        "{disposition:?}"
    );
    let rest = disposition.strip_prefix("attachment; filename=\"").unwrap();
    let (plain, exact) = rest.split_once("\"; filename*=UTF-8''").unwrap();
    assert!(!plain.contains(['"', '\\', '/']), "{disposition}");
    assert!(!exact.contains(['"', ';', '/', ' ']), "{disposition}");
    // A query decodes percent signs as this parameter does.
    let url = Url::parse(&format!("x:?a={exact}")).unwrap();
    (plain.to_owned(), url.query_pairs().next().unwrap().1.into_owned())
}

#[tokio::test]
async fn names_of_a_form_are_cleaned_in_downloads_too() {
    let stack = stack!();
    let user = stack.user("form-names").await;
    for (parameter, kept) in [
        ("filename=\"../../etc/passwd.txt\"", "passwd"),
        ("filename=\"a\\\"; filename=\\\"b.txt\"", "b"),
        ("filename=\"photo\u{202e}fdp.txt\"", "photofdp"),
        ("filename=\"aux.txt\"", "_aux"),
        ("filename=\"l'été\u{feff}; ça.txt\"", "l'été; ça"),
    ] {
        let job = sent_as(&user, parameter).await;
        let shown = job.files[0].name.clone();
        assert!(shown.ends_with(&format!("{kept}.txt")), "{parameter}: {shown}");
        let stem = shown.strip_suffix(".txt").unwrap();
        user.completed(&job.job_id).await;

        let stored = format!("/v1/jobs/{}/result?format=csv", job.job_id);
        let answer = user.client.call(Method::GET, &stored, &[], None).await.unwrap();
        let link = Url::parse(answer.header("location").unwrap()).unwrap();
        let (_, disposition) = link
            .query_pairs()
            .find(|(name, _)| name == "response-content-disposition")
            .unwrap();
        assert_eq!(parts_of(&disposition).1, format!("{stem}.csv"), "{parameter}");

        let made = format!("{stored}&full=true");
        let answer = user.client.call(Method::GET, &made, &[], None).await.unwrap();
        let disposition = answer.header("content-disposition").unwrap();
        assert_eq!(parts_of(disposition).1, format!("{stem}.csv"), "{parameter}");
    }
}

/// A label becomes the download's name.
#[tokio::test]
async fn labels_are_cleaned_where_they_become_names() {
    let stack = stack!();
    let user = stack.user("label-names").await;
    for (label, kept) in [
        ("../../roman", "roman"),
        ("nul", "_nul"),
        ("a\u{202e}b", "ab"),
        ("\"; filename=x.exe", "\"; filename=x.exe"),
    ] {
        let new = docmill_cli::client::NewJob {
            label: Some(label.to_owned()),
            ..novel()
        };
        let job = user.submit_as(&new, texts::STORY).await;
        user.completed(&job.job_id).await;
        let link = format!("/v1/jobs/{}/result?format=csv&full=true", job.job_id);
        let answer = user.client.call(Method::GET, &link, &[], None).await.unwrap();
        let disposition = answer.header("content-disposition").unwrap();
        assert_eq!(parts_of(disposition).1, format!("{kept}.csv"), "{label}");
    }
}
