//! Companies of test users.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{User, claims_of};

impl User {
    /// Asks in JSON: the status and the body.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let body = body.map(|body| ("application/json", body.to_string().into()));
        let answer = self.client.call(method, path, &[], body).await.unwrap();
        let value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        (answer.status, value)
    }

    /// What the token says under this name.
    pub fn claim(&self, name: &str) -> String {
        let (_, claims) = claims_of(&self.token);
        claims[name].as_str().unwrap_or_default().to_owned()
    }

    /// A company of this user's; its id.
    pub async fn company(&self) -> String {
        let name = Some(json!({"name": "Müller & Söhne"}));
        let (status, company) = self.ask(Method::POST, "/v1/companies", name).await;
        assert_eq!(status, 201, "{company}");
        company["company_id"].as_str().unwrap().to_owned()
    }

    /// Lets another user into the company of this one.
    pub async fn let_in(&self, company: &str, other: &Self) {
        let path = format!("/v1/companies/{company}/invitations");
        let email = Some(json!({"email": other.claim("email").to_uppercase()}));
        let (status, answer) = self.ask(Method::POST, &path, email).await;
        assert_eq!(status, 201, "{answer}");
        let (_, own) = other.ask(Method::GET, "/v1/companies", None).await;
        assert_eq!(own["invitations"][0]["company_id"], company, "{own}");
        let path = format!("/v1/companies/{company}/join");
        let (status, answer) = other.ask(Method::POST, &path, None).await;
        assert_eq!(status, 200, "{answer}");
    }
}
