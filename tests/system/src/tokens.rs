//! Pools of users, their tokens, and tokens that nobody gave out.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

use crate::{Aws, Stack};

/// Fits the pool's policy. The users live as long as the local stack.
const PASSWORD: &str = "Aa1-docmill-system-tests";

/// A user pool with one client.
#[derive(Clone, Debug)]
pub struct Pool {
    aws: Aws,
    /// Its id.
    pub id: String,
    /// The client's id: the audience of its tokens.
    pub client: String,
    /// Where the emulator keeps the keys that its pools sign with.
    keys: PathBuf,
}

/// What somebody gets who signs in.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Says who it is.
    pub id: String,
    /// For the pool's own API.
    pub access: String,
}

impl Stack {
    /// The stack's own pool.
    pub fn pool(&self) -> Pool {
        Pool {
            aws: self.aws.clone(),
            id: self.value("DOCMILL_USER_POOL_ID").to_owned(),
            client: self.value("DOCMILL_CLIENT_ID").to_owned(),
            keys: self.folder.join("scratch/state/cognito-pool-keys"),
        }
    }
}

impl Pool {
    /// A call of Cognito that must succeed. The emulator trips over users who sign up at the same moment and answers 500,
    /// which an SDK repeats.
    pub async fn call(&self, action: &str, request: Value) -> Value {
        let target = format!("AWSCognitoIdentityProviderService.{action}");
        for _ in 0..5 {
            let (status, answer) = self.aws.try_json("cognito-idp", &target, &request).await;
            if status == 200 {
                return answer;
            }
            assert_eq!(status, 500, "{action}: {answer}");
        }
        self.aws.json("cognito-idp", &target, &request).await
    }

    /// Another pool beside this one.
    pub async fn another(&self, name: &str) -> Self {
        let made = self.call("CreateUserPool", json!({"PoolName": name})).await;
        let pool = Self {
            id: made["UserPool"]["Id"].as_str().unwrap().to_owned(),
            ..self.clone()
        };
        pool.another_client(name).await
    }

    /// The same pool through a client of its own.
    pub async fn another_client(&self, name: &str) -> Self {
        let request = json!({
            "UserPoolId": self.id, "ClientName": name,
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        });
        let made = self.call("CreateUserPoolClient", request).await;
        Self {
            client: made["UserPoolClient"]["ClientId"].as_str().unwrap().to_owned(),
            ..self.clone()
        }
    }

    /// Makes a user and signs in.
    pub async fn sign_up(&self, email: &str) -> Tokens {
        let attributes =
            json!([{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]);
        let user = json!({"UserPoolId": self.id, "Username": email, "UserAttributes": attributes, "MessageAction": "SUPPRESS"});
        self.call("AdminCreateUser", user).await;
        let password =
            json!({"UserPoolId": self.id, "Username": email, "Password": PASSWORD, "Permanent": true});
        self.call("AdminSetUserPassword", password).await;
        self.sign_in(email).await
    }

    /// Signs a user in.
    pub async fn sign_in(&self, email: &str) -> Tokens {
        let request = json!({
            "ClientId": self.client, "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": {"USERNAME": email, "PASSWORD": PASSWORD},
        });
        let answer = self.call("InitiateAuth", request).await;
        let token = |name: &str| {
            let token = answer["AuthenticationResult"][name].as_str();
            token.unwrap_or_else(|| panic!("{answer}")).to_owned()
        };
        Tokens {
            id: token("IdToken"),
            access: token("AccessToken"),
        }
    }

    /// A token of this head and these claims, signed as the pool signs its ID tokens. No attacker can do this: it shows
    /// that each claim is checked, and not the signature alone.
    pub fn signed(&self, head: &Value, claims: &Value) -> String {
        let path = self.keys.join(format!("{}-id.pem", self.id));
        let pem = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let key = any_supported_type(&PrivateKeyDer::from_pem_slice(&pem).unwrap()).unwrap();
        let signer = key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256]).unwrap();
        let text = format!("{}.{}", encoded(head), encoded(claims));
        let signature = signer.sign(text.as_bytes()).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Part of a token.
fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

/// The head and the claims of a token.
pub fn claims_of(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    });
    (parts.next().unwrap(), parts.next().unwrap())
}

/// A token of this head and these claims with a signature of one's own making.
pub fn unsigned(head: &Value, claims: &Value, signature: &str) -> String {
    format!("{}.{}.{signature}", encoded(head), encoded(claims))
}
