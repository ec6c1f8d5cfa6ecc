//! The web page and the descriptions of the API, all of it in the program.
//!
//! # Layout
//! - [`SiteApp`] the routes: the page, its files, the descriptions as JSON and as pages.
//! - [`policy`] the security headers of every answer.
//! - `encoding` which of a file's encodings a request takes.
//!
//! The build (`build/`) embeds what `infra/web.sh` made of `web/`, and turns `infra/openapi.yaml` and
//! `infra/asyncapi.yaml` into JSON. Whatever has no route here, and so no route in the API at all, is answered with 404
//! in the form of the API.

mod encoding;
pub mod policy;

use std::sync::Arc;

use async_trait::async_trait;
use docmill_core::ids::hex;
use docmill_core::ports::Entropy;
use docmill_core::problem::Problem;
use docmill_gateway::event::HttpEvent;
use docmill_gateway::{App, Request, Response, Route, answer};

use encoding::Encoding;
use policy::Policy;

/// What a route does.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// The page.
    Page,
    /// One of the files.
    File(usize),
}

/// How long browsers may keep a file unasked.
#[derive(Clone, Copy, Debug)]
enum Keep {
    /// Its name says what is in it, so a stored one is never wrong.
    ForGood,
    /// Until they ask next.
    AskAgain,
}

impl Keep {
    fn header(self) -> &'static str {
        match self {
            Self::ForGood => "public, max-age=31536000, immutable",
            Self::AskAgain => "no-cache",
        }
    }
}

/// What changes only with a release. A text is there compressed as well.
struct File {
    content_type: &'static str,
    keep: Keep,
    digest: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

const fn get(path: &'static str, action: Action) -> Route<Action> {
    Route {
        method: "GET",
        path,
        action,
    }
}

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The page, with [`NONCE`] in it.
const PAGE: &str = include_str!(concat!(env!("OUT_DIR"), "/index.html"));

/// Stands in the page where the nonce of the answer goes.
const NONCE: &str = "__CSP_NONCE__";

/// The function.
#[derive(Clone)]
pub struct SiteApp {
    policy: Policy,
    entropy: Arc<dyn Entropy>,
}

impl SiteApp {
    /// With the security headers that the installation needs, and where nonces come from: nobody may guess them.
    pub fn new(policy: Policy, entropy: Arc<dyn Entropy>) -> Self {
        Self { policy, entropy }
    }

    /// Answers one request. Refusals, too, have the security headers.
    pub async fn respond(&self, event: HttpEvent) -> Response {
        self.policy.apply(answer(self, event).await)
    }

    /// The page, which lets in the style sheets that its scripts make: each answer has a nonce of its own, and is kept
    /// by nobody.
    fn page(&self) -> Response {
        let mut random = [0_u8; 16];
        self.entropy.fill(&mut random);
        let nonce = hex(&random);
        let page = Response::text(200, "text/html; charset=utf-8", PAGE.replace(NONCE, &nonce));
        self.policy.apply_with_nonce(page, &nonce)
    }
}

#[async_trait]
impl App for SiteApp {
    type Action = Action;

    fn routes(&self) -> &'static [Route<Action>] {
        ROUTES
    }

    async fn act(&self, action: Action, request: &Request) -> Result<Response, Problem> {
        Ok(match action {
            Action::Page => self.page(),
            Action::File(index) => FILES[index].answer(request),
        })
    }
}

impl File {
    /// The file in an encoding that the client takes, or 304 for who has it already.
    fn answer(&self, request: &Request) -> Response {
        let accepted = request.header("accept-encoding").unwrap_or_default();
        let encodings = [
            self.brotli.map(|bytes| (Encoding::Brotli, bytes)),
            self.gzip.map(|bytes| (Encoding::Gzip, bytes)),
        ];
        let best = encoding::best(accepted, encodings.into_iter().flatten());
        let (suffix, name, bytes) = match best {
            Some((encoding, bytes)) => (encoding.name(), Some(encoding.name()), bytes),
            None => ("plain", None, self.plain),
        };
        // Strong tags belong to bytes: each encoding has its own.
        let etag = format!("\"{}-{suffix}\"", self.digest);
        let has_it = request
            .header("if-none-match")
            .is_some_and(|known| names(known, &etag));
        let response = if has_it {
            Response::empty(304)
        } else {
            let response = Response::bytes(200, self.content_type, bytes);
            name.into_iter()
                .fold(response, |response, name| response.with("content-encoding", name))
        };
        response
            .with("etag", etag)
            .with("vary", "accept-encoding")
            .with("cache-control", self.keep.header())
    }
}

/// Whether `If-None-Match` names `etag`; weak tags and lists are allowed there.
fn names(header: &str, etag: &str) -> bool {
    header
        .split(',')
        .map(|known| known.trim().trim_start_matches("W/"))
        .any(|known| known == etag || known == "*")
}
