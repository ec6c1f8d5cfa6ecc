//! What handlers read of a request.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use docmill_core::access::Caller;
use docmill_core::ids::{JobId, is_company_id};
use docmill_core::problem::{FieldError, Problem};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::event::HttpEvent;

/// Largest body. Lambda takes 6 MB a call, and base64 makes a third more of a form; larger files go by signed links.
pub const MAX_REQUEST_BYTES: usize = 4 << 20;

/// The group that runs the installation.
const OPERATORS: &str = "operators";

/// A request.
#[derive(Debug)]
pub struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) request_id: String,
    /// What stands in the path where the route has `{id}`.
    pub(crate) id: Option<String>,
    /// What stands in the path where the route has `{of}`, as it was sent.
    pub(crate) of: Option<String>,
    query: Vec<(String, String)>,
    headers: BTreeMap<String, String>,
    claims: BTreeMap<String, Value>,
    body: String,
    is_base64: bool,
}

impl From<HttpEvent> for Request {
    fn from(event: HttpEvent) -> Self {
        let context = event.request_context;
        let query = form_urlencoded::parse(event.raw_query_string.as_bytes());
        Self {
            method: context.http.method,
            path: without_stage(event.raw_path, &context.stage),
            request_id: context.request_id,
            id: None,
            of: None,
            query: query.into_owned().collect(),
            headers: event
                .headers
                .into_iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect(),
            claims: context
                .authorizer
                .and_then(|authorizer| authorizer.jwt)
                .unwrap_or_default()
                .claims,
            body: event.body.unwrap_or_default(),
            is_base64: event.is_base64_encoded,
        }
    }
}

impl Request {
    /// The header of that name, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The first query parameter of that name; an empty one counts as none.
    pub fn query(&self, name: &str) -> Option<&str> {
        let parameter = self.query.iter().find(|(key, _)| key == name);
        parameter
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A query parameter that is a whole number in `range`; 422 for anything else.
    pub fn number(&self, name: &str, range: RangeInclusive<u64>) -> Result<Option<u64>, Problem> {
        let Some(text) = self.query(name) else {
            return Ok(None);
        };
        match text.parse() {
            Ok(number) if range.contains(&number) => Ok(Some(number)),
            _ => {
                let (least, most) = range.into_inner();
                let detail = match most {
                    u64::MAX => format!("`{name}` is a whole number, at least {least}."),
                    _ => format!("`{name}` is a whole number from {least} to {most}."),
                };
                Err(Problem::invalid(vec![FieldError::new(
                    name,
                    "INVALID_NUMBER",
                    detail,
                )]))
            }
        }
    }

    /// A query parameter that is `true` or `1`, `false` or `0`; 422 for anything else.
    pub fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.query(name) {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(_) => {
                let detail = format!("`{name}` is `true` or `false`.");
                Err(Problem::invalid(vec![FieldError::new(
                    name,
                    "INVALID_FLAG",
                    detail,
                )]))
            }
        }
    }

    /// Who asks, from the token that the gateway checked.
    ///
    /// 401 for a user pool's access token too: the gateway lets it in, since its `client_id` stands in for the audience,
    /// but it is made for the pool's own API and says nothing of its user. Other issuers' tokens have no `token_use`.
    pub fn caller(&self) -> Result<Caller, Problem> {
        if self.claims.get("token_use").is_some_and(|kind| kind != "id") {
            let detail = "Please send the ID token: this is a token for something else.";
            return Err(Problem::new(401, "WRONG_TOKEN", detail));
        }
        match self.claims.get("sub") {
            Some(Value::String(sub)) if !sub.is_empty() => Ok(Caller {
                owner: sub.clone(),
                email: self.verified_email(),
                operator: ["cognito:groups", "groups"]
                    .iter()
                    .any(|claim| self.names(claim, OPERATORS)),
            }),
            _ => Err(Problem::new(
                401,
                "UNAUTHENTICATED",
                "Please sign in: the request has no valid token.",
            )),
        }
    }

    /// The address of the token, if the issuer says that it is the user's.
    fn verified_email(&self) -> Option<String> {
        let verified = match self.claims.get("email_verified")? {
            Value::Bool(verified) => *verified,
            Value::String(verified) => verified == "true",
            _ => false,
        };
        let email = self.claims.get("email")?.as_str()?;
        verified.then(|| email.to_lowercase())
    }

    /// Whether a claim that is a list has this member. API Gateway turns lists into text: `[one two]`.
    fn names(&self, claim: &str, member: &str) -> bool {
        match self.claims.get(claim) {
            Some(Value::Array(members)) => members.iter().any(|of| of == member),
            Some(Value::String(text)) => text
                .trim_start_matches('[')
                .trim_end_matches(']')
                .split([' ', ','])
                .any(|of| of == member),
            _ => false,
        }
    }

    /// The second open segment of the path, decoded.
    pub fn of(&self) -> String {
        let encoded = format!("of={}", self.of.as_deref().unwrap_or_default());
        let mut pairs = form_urlencoded::parse(encoded.as_bytes());
        pairs.next().map_or_else(String::new, |(_, of)| of.into_owned())
    }

    /// The body as JSON, which has to be there.
    pub fn need_json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        self.json()?.ok_or_else(no_json)
    }

    /// The company of the path. What is no id is no company: 404.
    pub fn company_id(&self) -> Result<String, Problem> {
        let text = self.id.as_deref().unwrap_or_default();
        if is_company_id(text) {
            Ok(text.to_owned())
        } else {
            Err(Problem::company_not_found())
        }
    }

    /// The job of the path. What is no id is no job: 404.
    pub fn job_id(&self) -> Result<JobId, Problem> {
        let text = self.id.as_deref().unwrap_or_default();
        let id: JobId = text.parse().map_err(|_| Problem::job_not_found())?;
        // The parser takes other spellings of a UUID; a job has one address.
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(Problem::job_not_found())
        }
    }

    /// The dead letter of the path; whoever looks it up knows what an id is.
    pub fn letter(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    /// Media type of the body in lower case, without parameters.
    pub fn media_type(&self) -> Option<String> {
        let essence = self.header("content-type")?.split(';').next()?;
        Some(essence.trim().to_ascii_lowercase())
    }

    /// The body. 413 when it is too large.
    pub fn body(&self) -> Result<Bytes, Problem> {
        self.body_of(MAX_REQUEST_BYTES).ok_or_else(too_large)?
    }

    /// The body, or `None` when it has more than `most` bytes; one that is too long by its text alone is not decoded.
    fn body_of(&self, most: usize) -> Option<Result<Bytes, Problem>> {
        let text = if self.is_base64 {
            most.div_ceil(3) * 4
        } else {
            most
        };
        if self.body.len() > text {
            return None;
        }
        if !self.is_base64 {
            return Some(Ok(Bytes::copy_from_slice(self.body.as_bytes())));
        }
        match STANDARD.decode(&self.body) {
            Ok(bytes) if bytes.len() > most => None,
            Ok(bytes) => Some(Ok(bytes.into())),
            Err(_) => {
                let detail = "The body of the request could not be read.";
                Some(Err(Problem::new(400, "INVALID_BODY", detail)))
            }
        }
    }

    /// The body as JSON: 415 when it is declared as something else, 400 when it is not JSON, 422 when it is not what
    /// is expected. An empty body is `None`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<Option<T>, Problem> {
        self.json_in(&self.body()?)
    }

    /// The body as JSON of at most `most` bytes, which has to be there. What nests more than 128 deep is not JSON here.
    pub fn json_at_most<T: DeserializeOwned>(&self, most: usize) -> Result<T, Problem> {
        let body = self.body_of(most).ok_or_else(|| {
            let detail = format!("The body is larger than {} KB.", most >> 10);
            Problem::new(413, "REQUEST_TOO_LARGE", detail)
        })?;
        self.json_in(&body?)?.ok_or_else(no_json)
    }

    fn json_in<T: DeserializeOwned>(&self, body: &[u8]) -> Result<Option<T>, Problem> {
        if body.is_empty() {
            return Ok(None);
        }
        if self.media_type().as_deref() != Some("application/json") {
            let detail = "Please send the body as application/json.";
            return Err(Problem::new(415, "UNSUPPORTED_MEDIA_TYPE", detail));
        }
        serde_json::from_slice(body).map(Some).map_err(|error| {
            if error.is_data() {
                Problem::new(
                    422,
                    "INVALID_REQUEST",
                    format!("The body is not as expected: {error}."),
                )
            } else {
                Problem::new(
                    400,
                    "INVALID_JSON",
                    format!("The body is not valid JSON: {error}."),
                )
            }
        })
    }
}

fn no_json() -> Problem {
    Problem::new(400, "INVALID_JSON", "Please send a JSON object.")
}

fn too_large() -> Problem {
    Problem::new(
        413,
        "REQUEST_TOO_LARGE",
        "The request is larger than 4 MB. Send application/json with the files' names and sizes instead, \
         and bring the files through the links you get.",
    )
}

fn without_stage(path: String, stage: &str) -> String {
    let rest = path.strip_prefix('/').and_then(|path| path.strip_prefix(stage));
    match rest {
        Some(rest) if !stage.is_empty() && rest.starts_with('/') => rest.to_owned(),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(event: Value) -> Request {
        Request::from(serde_json::from_value::<HttpEvent>(event).unwrap())
    }

    #[test]
    fn odd_queries_and_headers_do_no_harm() {
        let request = request(json!({
            "rawPath": "/v1/jobs",
            "rawQueryString": "a=<b>&a=2&empty=&%zz&x=%C3%A9%ff&limit=-1",
            "headers": {"Idempotency-Key": "käse\u{0}", "content-type": "Application/JSON; charset=utf-8"},
            "requestContext": {"http": {"method": "GET"}},
        }));
        assert_eq!(request.query("a"), Some("<b>"));
        assert_eq!(request.query("empty"), None);
        assert_eq!(request.query("x"), Some("é\u{fffd}"));
        assert_eq!(request.header("idempotency-key"), Some("käse\u{0}"));
        assert_eq!(request.media_type().as_deref(), Some("application/json"));
        assert_eq!(request.number("limit", 0..=5).unwrap_err().status, 422);
        assert_eq!(request.caller().unwrap_err().status, 401);
        assert_eq!(request.body().unwrap(), Bytes::new());
    }

    #[test]
    fn only_id_tokens_say_who_asks() {
        let caller = |claims: Value| {
            let event = json!({"requestContext": {"authorizer": {"jwt": {"claims": claims}}}});
            request(event)
                .caller()
                .map(|caller| caller.owner)
                .map_err(|problem| problem.code)
        };
        assert_eq!(caller(json!({"sub": "a", "token_use": "id"})), Ok("a".to_owned()));
        assert_eq!(caller(json!({"sub": "a"})), Ok("a".to_owned()));
        for claims in [
            json!({"sub": "a", "token_use": "access"}),
            json!({"sub": "a", "token_use": ""}),
        ] {
            assert_eq!(caller(claims), Err("WRONG_TOKEN".to_owned()));
        }
        for claims in [json!({}), json!({"sub": ""}), json!({"sub": ["a"]})] {
            assert_eq!(caller(claims), Err("UNAUTHENTICATED".to_owned()));
        }
    }

    #[test]
    fn the_stage_is_no_part_of_the_path() {
        assert_eq!(without_stage("/v1/jobs".into(), "$default"), "/v1/jobs");
        assert_eq!(without_stage("/live/v1/jobs".into(), "live"), "/v1/jobs");
        assert_eq!(without_stage("/lively/v1".into(), "live"), "/lively/v1");
        assert_eq!(without_stage("/v1".into(), ""), "/v1");
    }

    #[test]
    fn bodies_are_decoded_and_limited() {
        let body =
            |text: &str, is_base64: bool| request(json!({"body": text, "isBase64Encoded": is_base64})).body();
        assert_eq!(body("w6k=", true).unwrap(), "é");
        assert_eq!(body("é", false).unwrap(), "é");
        assert_eq!(body("%%%", true).unwrap_err().status, 400);
        let most = vec![b'x'; MAX_REQUEST_BYTES];
        assert_eq!(
            body(&STANDARD.encode(&most), true).unwrap().len(),
            MAX_REQUEST_BYTES
        );
        let more = vec![b'x'; MAX_REQUEST_BYTES + 1];
        assert_eq!(body(&STANDARD.encode(&more), true).unwrap_err().status, 413);
        let text = String::from_utf8(more).unwrap();
        assert_eq!(body(&text, false).unwrap_err().code, "REQUEST_TOO_LARGE");
    }

    #[test]
    fn a_route_may_want_less_than_the_gateway_brings() {
        let json = |body: &str, is_base64: bool| {
            let event = json!({"headers": {"content-type": "application/json"}, "body": body,
                               "isBase64Encoded": is_base64});
            request(event)
                .json_at_most::<Value>(1_000)
                .map_err(|problem| (problem.status, problem.code))
        };
        let text = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
        assert!(json(&text(1_000), false).is_ok());
        assert!(json(&STANDARD.encode(text(1_000)), true).is_ok());
        let too_large = Err((413, "REQUEST_TOO_LARGE".to_owned()));
        assert_eq!(json(&text(1_001), false), too_large);
        assert_eq!(json(&STANDARD.encode(text(1_001)), true), too_large);
        let invalid = Err((400, "INVALID_JSON".to_owned()));
        assert_eq!(json("", false), invalid);
        assert_eq!(json(&"[".repeat(500), false), invalid);
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        assert_eq!(json(&deep, false), invalid);
    }

    #[test]
    fn a_job_has_one_address() {
        let id = |text: &str| {
            let mut request = request(json!({}));
            request.id = Some(text.to_owned());
            request.job_id().map_err(|problem| problem.status)
        };
        assert!(id("019aa000-0000-7000-8000-000000000001").is_ok());
        for odd in [
            "",
            "019AA000-0000-7000-8000-00000000000A",
            "019aa00000007000800000000000000a",
            "{019aa000-0000-7000-8000-000000000001}",
            "..",
            "019aa000-0000-7000-8000-000000000001'",
        ] {
            assert_eq!(id(odd), Err(404), "{odd}");
        }
    }

    #[test]
    fn json_bodies_are_told_apart_by_what_is_wrong() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Body {
            n: u8,
        }
        let json = |content_type: &str, body: &str| {
            let event = json!({"headers": {"content-type": content_type}, "body": body});
            request(event).json::<Body>().map_err(|problem| problem.status)
        };
        assert_eq!(json("application/json", "{\"n\":1}"), Ok(Some(Body { n: 1 })));
        assert_eq!(json("text/plain", ""), Ok(None));
        assert_eq!(json("text/plain", "{\"n\":1}"), Err(415));
        assert_eq!(json("application/json", "{\"n\":"), Err(400));
        assert_eq!(json("application/json", "{\"n\":1,\"m\":2}"), Err(422));
    }
}
