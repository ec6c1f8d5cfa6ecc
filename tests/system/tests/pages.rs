//! What browsers are told: headers of the page, and whose pages may call.

#![allow(clippy::unwrap_used, reason = "tests")]

use docmill_cli::client::{Answer, ResultQuery};
use docmill_system_tests::{Stack, novel, stack, texts};
use reqwest::Method;
use serde_json::{Value, json};

const STRANGE: &str = "https://evil.example";

async fn get(stack: &Stack, link: &str) -> Answer {
    stack
        .client(None)
        .call(Method::GET, link, &[], None)
        .await
        .unwrap()
}

/// Addresses in the page's own attributes.
fn links_in(page: &str) -> Vec<String> {
    let after = |mark: &str| -> Vec<String> {
        let parts = page.split(mark).skip(1);
        parts
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    };
    [after(" src=\""), after(" href=\"")].concat()
}

#[tokio::test]
async fn every_answer_of_the_page_has_its_headers() {
    let stack = stack!();
    let page = String::from_utf8(get(&stack, "/").await.body.to_vec()).unwrap();
    let assets: Vec<String> = links_in(&page)
        .into_iter()
        .filter(|link| link.contains("assets/"))
        .map(|link| format!("/{}", link.trim_start_matches(['.', '/'])))
        .collect();
    assert!(assets.len() >= 2, "{page}");
    let links = [
        "/",
        "/docs",
        "/docs/live",
        "/openapi.json",
        "/asyncapi.json",
        "/nowhere",
        "/assets/x/app.js",
    ];
    for link in links.into_iter().map(ToOwned::to_owned).chain(assets) {
        let answer = get(&stack, &link).await;
        let header = |name: &str| {
            answer
                .header(name)
                .unwrap_or_else(|| panic!("{link} has no {name}"))
        };
        let policy: Vec<&str> = header("content-security-policy").split("; ").collect();
        for directive in [
            "default-src 'none'",
            "script-src 'self'",
            "img-src 'self' data: blob:",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(&directive), "{link}: {policy:?}");
        }
        // The page's own answer lets in what its scripts mark with that answer's nonce.
        let styles = policy.iter().find(|directive| directive.starts_with("style-src"));
        let is_page = link == "/";
        assert_eq!(
            styles.is_some_and(|styles| styles.starts_with("style-src 'self' 'nonce-")),
            is_page,
            "{link}: {policy:?}"
        );
        assert!(
            is_page || styles == Some(&"style-src 'self'"),
            "{link}: {policy:?}"
        );
        let connect = policy
            .iter()
            .find(|directive| directive.starts_with("connect-src"))
            .unwrap();
        assert!(
            !connect.contains('*') && !policy.concat().contains("unsafe"),
            "{link}: {policy:?}"
        );
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin");
        assert!(header("strict-transport-security").starts_with("max-age=31536000"));
        for feature in ["camera=()", "geolocation=()", "microphone=()"] {
            assert!(header("permissions-policy").contains(feature), "{link}");
        }
    }
}

#[tokio::test]
async fn nothing_of_the_page_is_inline() {
    let stack = stack!();
    for link in ["/", "/docs", "/docs/live"] {
        let page = String::from_utf8(get(&stack, link).await.body.to_vec()).unwrap();
        for script in page.split("<script").skip(1) {
            let (head, rest) = script.split_once('>').unwrap();
            assert!(head.contains(" src=\""), "{link}: {head}");
            assert!(rest.trim_start().starts_with("</script>"), "{link}: {head}");
        }
        let lower = page.to_lowercase();
        for inline in [
            "<style",
            " style=",
            "javascript:",
            " onclick=",
            " onload=",
            " onerror=",
            " onsubmit=",
        ] {
            assert!(!lower.contains(inline), "{link} has {inline}");
        }
        // Everything comes from here.
        for source in links_in(&page) {
            let elsewhere = source.starts_with("//") || source.contains("://");
            assert!(!elsewhere, "{link}: {source}");
        }
    }
}

#[tokio::test]
async fn answers_of_the_api_are_not_kept_and_not_guessed_at() {
    let stack = stack!();
    let user = stack.user("api-headers").await;
    let job = user.completed(&user.submit(texts::STORY).await.job_id).await;
    let id = &job.job_id;
    for link in [
        "/v1/jobs".to_owned(),
        format!("/v1/jobs/{id}"),
        format!("/v1/jobs/{id}/events"),
        format!("/v1/jobs/{id}/result?format=csv"),
        format!("/v1/jobs/{id}/result?format=csv&full=true"),
        "/v1/jobs/x".to_owned(),
    ] {
        let answer = user.client.call(Method::GET, &link, &[], None).await.unwrap();
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{link}");
        // A job has a version to ask after; no other place than the user's own may keep it.
        let kept = answer.header("cache-control").unwrap_or_default();
        assert!(
            ["no-store", "private, no-cache"].contains(&kept),
            "{link}: {kept}"
        );
    }
}

/// The origins that the installation names, besides its own.
async fn named_origins(stack: &Stack) -> Vec<String> {
    let id = stack.value("DOCMILL_URL").rsplit('/').next().unwrap();
    let api = stack
        .aws
        .rest("apigateway", "GET", &format!("/v2/apis/{id}"), Vec::new())
        .await
        .json();
    let origins = api["corsConfiguration"]["allowOrigins"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    origins
        .iter()
        .filter_map(Value::as_str)
        .map(ToOwned::to_owned)
        .collect()
}

async fn preflight(stack: &Stack, link: &str, origin: &str) -> Answer {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization"),
    ];
    stack
        .client(None)
        .call(Method::OPTIONS, link, &headers, None)
        .await
        .unwrap()
}

#[tokio::test]
async fn pages_of_other_origins_may_not_call() {
    let stack = stack!();
    let user = stack.user("cors").await;
    let named = named_origins(&stack).await;
    assert!(!named.iter().any(|origin| origin.contains('*')), "{named:?}");
    let near: Vec<String> = named
        .iter()
        .flat_map(|origin| {
            [
                format!("{origin}.evil.example"),
                origin.replace("https://", "http://"),
                format!("{origin}:8443"),
            ]
        })
        .collect();
    for origin in [STRANGE, "null", ""]
        .into_iter()
        .chain(near.iter().map(String::as_str))
    {
        for link in ["/v1/jobs", "/v1/live/ticket", "/"] {
            let answer = preflight(&stack, link, origin).await;
            assert_eq!(
                answer.header("access-control-allow-origin"),
                None,
                "{origin}: {answer:?}"
            );
        }
        let answer = user
            .client
            .call(Method::GET, "/v1/jobs", &[("origin", origin)], None)
            .await
            .unwrap();
        assert_eq!(
            answer.header("access-control-allow-origin"),
            None,
            "{origin}: {answer:?}"
        );
    }
    for origin in &named {
        let answer = preflight(&stack, "/v1/jobs", origin).await;
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some(origin.as_str()),
            "{answer:?}"
        );
        // Tokens come in a header; cookies are nothing to us.
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
}

/// Signatures, policies and the bucket's origins count where the local AWS checks them.
#[tokio::test]
async fn the_bucket_is_for_holders_of_signed_links_only() {
    let stack = stack!();
    if !stack.checks_signatures().await {
        return;
    }
    let user = stack.user("bucket").await;
    let job = user.completed(&user.submit(texts::STORY).await.job_id).await;
    let other = user.completed(&user.submit(texts::STORY).await.job_id).await;
    let query = ResultQuery {
        format: Some("csv".to_owned()),
        ..ResultQuery::default()
    };
    let link = format!("/v1/jobs/{}/result?format=csv", job.job_id);
    let answer = user.client.call(Method::GET, &link, &[], None).await.unwrap();
    let signed = answer.header("location").unwrap().to_owned();
    let (plain, _) = signed.split_once('?').unwrap();
    assert!(
        !user
            .client
            .result_bytes(&job.job_id, &query)
            .await
            .unwrap()
            .is_empty()
    );

    let file = json!({"name": "a.txt", "size": 13, "content_type": "text/plain"});
    let (waiting, uploads) = user.client.announce(&novel(), &[file]).await.unwrap();
    let put = &uploads.uploads[0].parts[0].url;
    for (what, method, url) in [
        ("no signature", Method::GET, plain.to_owned()),
        (
            "another job's result",
            Method::GET,
            signed.replace(&job.job_id, &other.job_id),
        ),
        ("another verb", Method::PUT, signed.clone()),
        ("another verb", Method::DELETE, signed.clone()),
        (
            "another name for it",
            Method::GET,
            signed.replace(".csv%22", ".exe%22"),
        ),
        (
            "a longer life",
            Method::GET,
            signed.replace("X-Amz-Expires=3600", "X-Amz-Expires=36000"),
        ),
        ("an upload read", Method::GET, put.clone()),
        (
            "an upload elsewhere",
            Method::PUT,
            put.replace(&format!("{}/0", waiting.job_id), &format!("{}/0", job.job_id)),
        ),
    ] {
        let status = stack.fetch(method, &url, &[]).await.status;
        assert_eq!(status, 403, "{what}: {url}");
    }
    user.client.cancel(&waiting.job_id).await.unwrap();

    let bucket = format!(
        "{}/{}/uploads/x/0",
        stack.value("DOCMILL_ENDPOINT"),
        stack.value("DOCMILL_BUCKET")
    );
    let allowed = async |origin: &str| {
        let headers = [("origin", origin), ("access-control-request-method", "PUT")];
        let answer = stack.fetch(Method::OPTIONS, &bucket, &headers).await;
        answer
            .header("access-control-allow-origin")
            .map(ToOwned::to_owned)
    };
    assert_eq!(allowed(STRANGE).await, None);
    for origin in named_origins(&stack).await {
        assert_eq!(allowed(&origin).await, Some(origin));
    }
}
