//! The web page and the API description, all of it in the program.
//!
//! # Layout
//! - [`SiteApp`] the routes: the page, its assets, the description as JSON and as a page.
//! - [`policy`] the security headers of every answer.
//! - `docs` makes a page of the description.
//!
//! The build (`build.rs`) embeds `page/` and turns `infra/openapi.yaml` into JSON. Whatever has no route here, and
//! so no route in the API at all, is answered with 404 in the form of the API.

mod docs;
pub mod policy;

use std::sync::LazyLock;

use async_trait::async_trait;
use docmill_core::ids::sha256_hex;
use docmill_core::problem::Problem;
use docmill_gateway::event::HttpEvent;
use docmill_gateway::{App, Request, Response, Route, answer};
use serde_json::Value;

use policy::Policy;

/// What a route does.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// The page.
    Page,
    /// One of its files.
    Asset(usize),
    /// The API description, to be read.
    Docs,
    /// The API description.
    Api,
}

struct Asset {
    content_type: &'static str,
    text: &'static str,
}

const fn get(path: &'static str, action: Action) -> Route<Action> {
    Route {
        method: "GET",
        path,
        action,
    }
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The API description as JSON.
pub const API: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

const PAGE: &str = include_str!("../page/index.html");

/// Assets lie in a folder named by what is in them, so a stored one is never wrong.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// Stored, but asked after each time.
const ASK_AGAIN: &str = "no-cache";

static PAGE_DOCUMENT: LazyLock<Document> =
    LazyLock::new(|| Document::new("text/html; charset=utf-8", PAGE.replace("{version}", VERSION)));

static DOCS_DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    // The build made it from YAML: it is JSON.
    let api: Value = serde_json::from_str(API).unwrap_or_default();
    Document::new("text/html; charset=utf-8", docs::page(&api, VERSION))
});

static API_DOCUMENT: LazyLock<Document> = LazyLock::new(|| Document::new("application/json", API.to_owned()));

/// Something that changes only with a release.
struct Document {
    content_type: &'static str,
    text: String,
    etag: String,
}

impl Document {
    fn new(content_type: &'static str, text: String) -> Self {
        let etag = tag(&text);
        Self {
            content_type,
            text,
            etag,
        }
    }
}

fn tag(text: &str) -> String {
    format!("\"{}\"", &sha256_hex(text.as_bytes())[..20])
}

/// The function.
#[derive(Clone, Debug)]
pub struct SiteApp {
    policy: Policy,
}

impl SiteApp {
    /// With the security headers that the installation needs.
    pub fn new(policy: Policy) -> Self {
        Self { policy }
    }

    /// Answers one request. Refusals, too, have the security headers.
    pub async fn respond(&self, event: HttpEvent) -> Response {
        self.policy.apply(answer(self, event).await)
    }
}

#[async_trait]
impl App for SiteApp {
    type Action = Action;

    fn routes(&self) -> &'static [Route<Action>] {
        ROUTES
    }

    async fn act(&self, action: Action, request: &Request) -> Result<Response, Problem> {
        let document = match action {
            Action::Page => &*PAGE_DOCUMENT,
            Action::Docs => &*DOCS_DOCUMENT,
            Action::Api => &*API_DOCUMENT,
            Action::Asset(index) => {
                let Asset { content_type, text } = &ASSETS[index];
                return Ok(stored(request, content_type, text, &tag(text), FOR_GOOD));
            }
        };
        let Document {
            content_type,
            text,
            etag,
        } = document;
        Ok(stored(request, content_type, text, etag, ASK_AGAIN))
    }
}

/// The text, or 304 for who has it already.
fn stored(request: &Request, content_type: &str, text: &str, etag: &str, keep: &str) -> Response {
    let has_it = request
        .header("if-none-match")
        .is_some_and(|known| names(known, etag));
    let response = if has_it {
        Response::empty(304)
    } else {
        Response::text(200, content_type, text.to_owned())
    };
    response.with("etag", etag).with("cache-control", keep)
}

/// Whether `If-None-Match` names `etag`; weak tags and lists are allowed there.
fn names(header: &str, etag: &str) -> bool {
    header
        .split(',')
        .map(|known| known.trim().trim_start_matches("W/"))
        .any(|known| known == etag || known == "*")
}
