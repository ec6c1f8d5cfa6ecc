//! Where the stack is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;

use docmill_cli::client::{Answer, Client};
use docmill_cli::config::{self, Settings};
use docmill_cli::display::to_stderr;
use reqwest::Method;
use serde_json::{Value, json};

use crate::Aws;

/// Names the stack's file, when it is not `.local/stack.env` here or above.
const FILE: &str = "DOCMILL_STACK_ENV";

/// `required`: a missing stack fails the tests.
const REQUIRED: &str = "DOCMILL_SYSTEM_TESTS";

/// A deployed stack. Each test makes its own: connections belong to the runtime they were opened in.
#[derive(Clone, Debug)]
pub struct Stack {
    values: BTreeMap<String, String>,
    /// Where the stack keeps what is its own.
    pub(crate) folder: PathBuf,
    /// The emulated AWS.
    pub aws: Aws,
}

/// The stack, if there is one. Says so, once, if there is none.
pub fn stack() -> Option<Stack> {
    static SAID: Once = Once::new();
    let named = std::env::var_os(FILE).map(PathBuf::from);
    let path = named.or_else(|| config::find_stack_file(Path::new(env!("CARGO_MANIFEST_DIR"))));
    let Some(path) = path.filter(|path| path.is_file()) else {
        assert!(!is_required(), "no local stack, though {REQUIRED}=required");
        // Past the test harness, which would keep what `eprintln!` writes to itself.
        SAID.call_once(|| to_stderr("skipped: no local stack (make up)"));
        return None;
    };
    let values = config::read_stack_file(&path).unwrap();
    let aws = Aws::new(&values["DOCMILL_ENDPOINT"]);
    let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
    Some(Stack { values, folder, aws })
}

/// Where callbacks may be received: the stack has to be told when it is deployed. Says so where it was not.
pub fn receiver_address(stack: &Stack) -> Option<&str> {
    let address = stack.find("DOCMILL_CALLBACK_PRIVATE_HOSTS");
    if address.is_none() {
        assert!(
            !is_required(),
            "no receiver of callbacks, though {REQUIRED}=required"
        );
        to_stderr(
            "skipped: the stack may call no receiver (stack.py deploy CallbackPrivateHosts=127.0.0.1:PORT)",
        );
    }
    address
}

/// Where the stack asks its language models, which a test then plays. Says so where it asks none.
pub fn model_address(stack: &Stack) -> Option<&str> {
    let endpoint = stack.find("DOCMILL_MODEL_ENDPOINT");
    if endpoint.is_none() {
        to_stderr("skipped: this stack asks no language model (infra/test.sh deploys one that does)");
    }
    endpoint?.strip_prefix("http://")?.split('/').next()
}

/// Whether nothing may be skipped.
pub(crate) fn is_required() -> bool {
    std::env::var(REQUIRED).is_ok_and(|value| value == "required")
}

impl Stack {
    /// A value of the stack's file.
    pub fn value(&self, name: &str) -> &str {
        self.find(name)
            .unwrap_or_else(|| panic!("the stack's file has no {name}"))
    }

    /// A value of the stack's file that not every stack has.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// A client with this token.
    pub fn client(&self, token: Option<&str>) -> Client {
        let settings = Settings {
            url: self.value(config::URL).trim_end_matches('/').to_owned(),
            ws_url: None,
            token: token.map(ToOwned::to_owned),
        };
        Client::new(settings).unwrap()
    }

    /// Runs the sweep now, instead of waiting for its minute; what it did.
    pub async fn sweep(&self) -> Value {
        self.invoke(self.value("DOCMILL_SWEEP_FUNCTION"), &json!({}))
            .await
    }

    /// Whether the local AWS checks signatures and evaluates policies.
    pub async fn checks_signatures(&self) -> bool {
        let url = format!("{}/_ministack/health", self.value("DOCMILL_ENDPOINT"));
        self.fetch(Method::GET, &url, &[]).await.json()["auth"] == "enabled"
    }

    /// Calls an address as anybody can, without a token or a signature.
    pub async fn fetch(&self, method: Method, url: &str, headers: &[(&str, &str)]) -> Answer {
        self.aws.unsigned(method, url, headers).await
    }

    /// What the functions logged since a moment, with the name of the log group.
    pub async fn logs(&self, since_ms: i64) -> Vec<(String, String)> {
        let prefix = format!("/aws/lambda/{}-", self.value("DOCMILL_STACK"));
        let call = async |action: &str, request: Value| {
            let target = format!("Logs_20140328.{action}");
            self.aws.json("logs", &target, &request).await
        };
        let groups = call("DescribeLogGroups", json!({"logGroupNamePrefix": prefix})).await;
        let mut lines = Vec::new();
        for group in groups["logGroups"].as_array().into_iter().flatten() {
            let mut request = json!({"logGroupName": group["logGroupName"], "startTime": since_ms});
            loop {
                let page = call("FilterLogEvents", request.clone()).await;
                for event in page["events"].as_array().into_iter().flatten() {
                    let name = group["logGroupName"].as_str().unwrap_or_default();
                    let line = event["message"].as_str().unwrap_or_default();
                    lines.push((name.to_owned(), line.to_owned()));
                }
                match page["nextToken"].as_str() {
                    Some(token) => request["nextToken"] = json!(token),
                    None => break,
                }
            }
        }
        lines
    }

    /// Invokes a function and takes what it answers.
    pub async fn invoke(&self, function: &str, event: &Value) -> Value {
        let answer = self.try_invoke(function, event).await;
        answer.unwrap_or_else(|error| panic!("{function}: {error}"))
    }

    /// Invokes a function, which may fail.
    pub async fn try_invoke(&self, function: &str, event: &Value) -> Result<Value, String> {
        let path = format!("/2015-03-31/functions/{function}/invocations");
        let body = event.to_string().into_bytes();
        let answer = self.aws.rest("lambda", "POST", &path, body).await;
        let failed = answer.header("x-amz-function-error").is_some();
        if answer.status == 200 && !failed {
            Ok(answer.json())
        } else {
            Err(format!("{answer:?}"))
        }
    }

    /// Makes an open job due for the sweep, as if its time had come; with `queued_for_ms`, as if it had been queued
    /// for that long.
    pub async fn make_due(&self, job_id: &str, queued_for_ms: Option<i64>) {
        let now_ms = now_ms();
        let mut values = json!({
            ":now": {"N": now_ms.to_string()},
            ":awaiting": {"S": "awaiting_upload"}, ":queued": {"S": "queued"}, ":processing": {"S": "processing"},
        });
        let mut update = String::from("SET due_at = :now");
        if let Some(waited_ms) = queued_for_ms {
            update.push_str(", queued_at = :since");
            values[":since"] = json!({"N": (now_ms - waited_ms).to_string()});
        }
        let request = json!({
            "TableName": self.value("DOCMILL_JOBS_TABLE"),
            "Key": {"job_id": {"S": job_id}},
            "UpdateExpression": update,
            // A job that ended is due for other things than its end.
            "ConditionExpression": "#status IN (:awaiting, :queued, :processing)",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": values,
        });
        let (status, body) = self
            .aws
            .try_json("dynamodb", "DynamoDB_20120810.UpdateItem", &request)
            .await;
        let ended = body.to_string().contains("ConditionalCheckFailed");
        assert!(status == 200 || ended, "{body}");
    }

    /// What a table answers to a request.
    pub async fn dynamodb(&self, action: &str, request: Value) -> Value {
        let target = format!("DynamoDB_20120810.{action}");
        self.aws.json("dynamodb", &target, &request).await
    }

    /// The job's record as it is stored.
    pub async fn record(&self, job_id: &str) -> Value {
        let request = json!({
            "TableName": self.value("DOCMILL_JOBS_TABLE"),
            "Key": {"job_id": {"S": job_id}},
            "ConsistentRead": true,
        });
        let answer = self.dynamodb("GetItem", request).await;
        answer["Item"].clone()
    }

    /// Records of jobs that are not over, whoever made them.
    pub async fn open_jobs(&self) -> Vec<Value> {
        let mut request = json!({
            "TableName": self.value("DOCMILL_JOBS_TABLE"),
            "FilterExpression": "#status IN (:awaiting, :queued, :processing)",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {
                ":awaiting": {"S": "awaiting_upload"}, ":queued": {"S": "queued"}, ":processing": {"S": "processing"},
            },
        });
        let mut jobs = Vec::new();
        loop {
            let answer = self.dynamodb("Scan", request.clone()).await;
            jobs.extend(answer["Items"].as_array().cloned().unwrap_or_default());
            if answer["LastEvaluatedKey"].is_null() {
                return jobs;
            }
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"].clone();
        }
    }

    /// Jobs that have a place among the running ones: of `owner`, or of everybody.
    pub async fn running(&self, owner: Option<&str>) -> Vec<String> {
        let mut request = json!({
            "TableName": self.value("DOCMILL_ACCOUNTS_TABLE"),
            "FilterExpression": "sk = :running",
            "ExpressionAttributeValues": {":running": {"S": "running"}},
        });
        let mut sets = Vec::new();
        loop {
            let answer = self.dynamodb("Scan", request.clone()).await;
            sets.extend(answer["Items"].as_array().cloned().unwrap_or_default());
            if answer["LastEvaluatedKey"].is_null() {
                break;
            }
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"].clone();
        }
        sets.iter()
            .filter(|set| owner.is_none_or(|owner| set["pk"]["S"] == format!("user#{owner}")))
            .flat_map(|set| set["jobs"]["SS"].as_array().cloned().unwrap_or_default())
            .filter_map(|id| id.as_str().map(ToOwned::to_owned))
            .collect()
    }

    /// Keys of the bucket that begin with `prefix`.
    pub async fn keys(&self, prefix: &str) -> Vec<String> {
        let path = format!("/{}?list-type=2&prefix={prefix}", self.value("DOCMILL_BUCKET"));
        let answer = self.aws.rest("s3", "GET", &path, Vec::new()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let text = String::from_utf8(answer.body.to_vec()).unwrap();
        text.split("<Key>")
            .skip(1)
            .filter_map(|rest| rest.split_once("</Key>"))
            .map(|(key, _)| key.to_owned())
            .collect()
    }

    /// Messages in a queue: visible, in flight and delayed.
    pub async fn messages_in(&self, queue_url: &str) -> u64 {
        let names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ];
        let request = json!({"QueueUrl": queue_url, "AttributeNames": names});
        let answer = self
            .aws
            .json("sqs", "AmazonSQS.GetQueueAttributes", &request)
            .await;
        names
            .iter()
            .map(|name| {
                answer["Attributes"][name]
                    .as_str()
                    .unwrap_or("0")
                    .parse::<u64>()
                    .unwrap()
            })
            .sum()
    }

    /// Puts a body on a queue as it is.
    pub async fn send_raw(&self, queue_url: &str, body: &str) {
        let request = json!({"QueueUrl": queue_url, "MessageBody": body});
        self.aws.json("sqs", "AmazonSQS.SendMessage", &request).await;
    }

    /// Sets attributes of a queue.
    pub async fn set_queue(&self, url: &str, attributes: Value) {
        let request = json!({"QueueUrl": url, "Attributes": attributes});
        self.aws
            .json("sqs", "AmazonSQS.SetQueueAttributes", &request)
            .await;
    }

    /// Process ids of this stack's workers.
    pub fn worker_processes(&self) -> Vec<u32> {
        let function = self.value("DOCMILL_WORKER_FUNCTION");
        self.processes(&format!("AWS_LAMBDA_FUNCTION_NAME={function}"))
    }

    /// Process ids of all its functions.
    pub fn function_processes(&self) -> Vec<u32> {
        self.processes("AWS_LAMBDA_FUNCTION_NAME=")
    }

    /// Processes of its functions with an environment variable that begins so.
    fn processes(&self, wanted: &str) -> Vec<u32> {
        let endpoint = self
            .find("DOCMILL_FAULTS_URL")
            .unwrap_or_else(|| self.value("DOCMILL_ENDPOINT"));
        let endpoint = format!("AWS_ENDPOINT_URL={endpoint}");
        let Ok(processes) = std::fs::read_dir("/proc") else {
            return Vec::new();
        };
        processes
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid| {
                let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
                let mut entries = environment.split(|byte| *byte == 0);
                let mut of_this_stack = entries.clone();
                of_this_stack.any(|entry| entry == endpoint.as_bytes())
                    && entries.any(|entry| entry.starts_with(wanted.as_bytes()))
            })
            .collect()
    }
}

/// Ends processes at once, as a host that dies does. One that ended by itself in between is no loss.
pub fn kill(pids: &[u32]) {
    for pid in pids {
        Command::new("kill")
            .args(["-9", &pid.to_string()])
            .stderr(Stdio::null())
            .status()
            .unwrap();
    }
}

/// Milliseconds since the epoch.
pub fn now_ms() -> i64 {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    i64::try_from(now.as_millis()).unwrap()
}
