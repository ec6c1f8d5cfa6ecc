//! Calls to the emulated AWS, signed as AWS wants them: with IAM evaluated, unsigned ones are refused.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use docmill_cli::client::Answer;
use serde_json::Value;

/// The emulator's region.
const REGION: &str = "us-east-1";

/// The emulated AWS, with the account's root credentials.
#[derive(Clone, Debug)]
pub struct Aws {
    http: reqwest::Client,
    endpoint: String,
}

impl Aws {
    /// The emulator at this address.
    pub(crate) fn new(endpoint: &str) -> Self {
        Self {
            http: docmill_cli::client::http_client().build().unwrap(),
            endpoint: endpoint.trim_end_matches('/').to_owned(),
        }
    }

    /// A call of a JSON protocol that must succeed.
    pub async fn json(&self, service: &str, target: &str, body: &Value) -> Value {
        let (status, answer) = self.try_json(service, target, body).await;
        assert_eq!(status, 200, "{target}: {answer}");
        answer
    }

    /// A call of a JSON protocol.
    pub async fn try_json(&self, service: &str, target: &str, body: &Value) -> (u16, Value) {
        let version = if service == "cognito-idp" { "1.1" } else { "1.0" };
        let headers = [
            ("content-type", format!("application/x-amz-json-{version}")),
            ("x-amz-target", target.to_owned()),
        ];
        let answer = self
            .send(service, "POST", "/", &headers, body.to_string().into_bytes())
            .await;
        (answer.status, answer.json())
    }

    /// A call of a REST protocol.
    pub async fn rest(&self, service: &str, method: &str, path: &str, body: Vec<u8>) -> Answer {
        let headers = [("content-type", "application/json".to_owned())];
        self.send(service, method, path, &headers, body).await
    }

    /// A call without a signature.
    pub(crate) async fn unsigned(
        &self,
        method: reqwest::Method,
        url: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self.http.request(method, url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request.send().await.unwrap()).await
    }

    async fn send(
        &self,
        service: &str,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: Vec<u8>,
    ) -> Answer {
        let uri = format!("{}{path}", self.endpoint);
        let mut request = http::Request::builder().method(method).uri(&uri);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let mut request = request.body(body).unwrap();
        let identity = Credentials::new("test", "test", None, None, "system-tests").into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name(service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let signable = SignableRequest::new(
            method,
            uri.as_str(),
            headers.iter().map(|(name, value)| (*name, value.as_str())),
            SignableBody::Bytes(request.body()),
        );
        let (instructions, _) = sign(signable.unwrap(), &parameters).unwrap().into_parts();
        instructions.apply_to_request_http1x(&mut request);
        let response = self.http.execute(request.try_into().unwrap()).await.unwrap();
        answer(response).await
    }
}

async fn answer(response: reqwest::Response) -> Answer {
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.bytes().await.unwrap(),
    }
}
