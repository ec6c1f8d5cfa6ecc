//! Companies of test users, and the exports of their data.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Stack, User, claims_of, wait};

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

    /// Waits until the company's list has so many jobs: it trails a little.
    pub async fn sees_jobs_of(&self, company: &str, count: usize) {
        let path = format!("/v1/jobs?company_id={company}");
        wait::until("the company's list", async || {
            let (_, list) = self.ask(Method::GET, &path, None).await;
            (list["jobs"].as_array().map(Vec::len) == Some(count)).then_some(())
        })
        .await;
    }
}

impl Stack {
    /// Sweeps until the export of a company's data that one of its admins began is over; what is said of it.
    pub async fn exported(&self, admin: &User, company: &str) -> Value {
        let path = format!("/v1/companies/{company}/export");
        wait::until("the export", async || {
            self.sweep().await;
            let (status, export) = admin.ask(Method::GET, &path, None).await;
            assert_eq!(status, 200, "{export}");
            (export["status"] != "running").then_some(export)
        })
        .await
    }

    /// Every file of an export, by name.
    pub async fn files_of(&self, export: &Value) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        for part in export["parts"].as_array().unwrap() {
            let answer = self.fetch(Method::GET, part["url"].as_str().unwrap(), &[]).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(answer.header("content-type"), Some("application/zip"));
            let mut archive = zip::ZipArchive::new(Cursor::new(answer.body)).unwrap();
            for index in 0..archive.len() {
                let mut file = archive.by_index(index).unwrap();
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).unwrap();
                files.insert(file.name().unwrap().into_owned(), bytes);
            }
        }
        files
    }
}
