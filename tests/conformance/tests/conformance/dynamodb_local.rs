//! The stores on AWS's own DynamoDB Local, with the tables that `infra/local/dynamodb_local.py` made from the template.

use std::sync::Arc;

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use docmill_aws::config::Env;
use docmill_aws::{
    Clients, DynamoAudit, DynamoBoard, DynamoCallbackSecrets, DynamoCompanies, DynamoDeletions,
    DynamoDetails, DynamoEvents, DynamoExports, DynamoFigures, DynamoJobs, DynamoLedger, DynamoLetters,
    DynamoLive,
};
use docmill_conformance::Ports;
use docmill_conformance::rules::Rule;

use crate::aws::need;
use crate::memory;

/// Files of rules about ports that are not on DynamoDB.
const ELSEWHERE: [&str; 6] = ["blobs", "callbacks", "transfers", "queues", "sandbox", "service"];

/// Those of `rules` that are about ports on DynamoDB.
pub(crate) fn concerned(rules: &[Rule]) -> Vec<Rule> {
    let is_concerned = |rule: &&Rule| {
        let file = rule.name.split("::").next().unwrap_or_default();
        !ELSEWHERE.contains(&file)
    };
    rules.iter().filter(is_concerned).copied().collect()
}

/// The stores at the address, and in the tables, that the environment file at `path` names; the other ports in memory.
pub(crate) async fn ports(path: &str) -> Ports {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let env = Env::parse(&text);
    let table = |name: &str| need(&env, &format!("DOCMILL_{name}_TABLE"));
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .endpoint_url(need(&env, "DOCMILL_ENDPOINT"))
        .credentials_provider(Credentials::new("test", "test", None, None, "conformance"));
    let dynamodb = Clients::from_config(config.load().await).dynamodb();
    let events = table("EVENTS");
    Ports {
        jobs: Arc::new(
            DynamoJobs::new(dynamodb.clone(), &table("JOBS"))
                .moving(&table("ACCOUNTS"))
                .creating(&events),
        ),
        details: Arc::new(DynamoDetails::new(dynamodb.clone(), &events)),
        events: Arc::new(DynamoEvents::new(dynamodb.clone(), &events)),
        live: Arc::new(DynamoLive::new(dynamodb.clone(), &table("LIVE"))),
        companies: Arc::new(DynamoCompanies::new(dynamodb.clone(), &table("ACCOUNTS"))),
        ledger: Arc::new(DynamoLedger::new(dynamodb.clone(), &table("ACCOUNTS"))),
        callback_secrets: Arc::new(DynamoCallbackSecrets::new(dynamodb.clone(), &table("ACCOUNTS"))),
        deletions: Arc::new(DynamoDeletions::new(dynamodb.clone(), &table("ACCOUNTS"))),
        exports: Arc::new(DynamoExports::new(dynamodb.clone(), &table("ACCOUNTS"))),
        audit: Arc::new(DynamoAudit::new(dynamodb.clone(), &table("ACCOUNTS"))),
        board: Arc::new(DynamoBoard::new(dynamodb.clone(), &table("JOBS"))),
        figures: Arc::new(DynamoFigures::new(dynamodb.clone(), &table("ACCOUNTS"))),
        letters: Arc::new(DynamoLetters::new(dynamodb.clone(), &table("ACCOUNTS"))),
        cases: 80,
        ..memory::ports()
    }
}
