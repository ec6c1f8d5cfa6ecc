//! The ports on AWS, against a stack's tables and bucket. The stack's own queues have their worker at the other end,
//! so the suite makes queues of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use bytes::Bytes;
use docmill_aws::config::{AllQueues, Env, QueueUrls};
use docmill_aws::{
    AwsHealth, Clients, DynamoAudit, DynamoBoard, DynamoCallbackSecrets, DynamoCompanies, DynamoDeletions,
    DynamoDetails, DynamoEvents, DynamoExports, DynamoFigures, DynamoJobs, DynamoLedger, DynamoLetters,
    DynamoLive, DynamoModelDesk, GatewayConnections, RequestMeter, S3Blobs, S3Transfers, SqsCallbacks,
    SqsDeadLetters, SqsDepths, SqsQueue,
};
use docmill_conformance::make::{at, claim};
use docmill_conformance::{Downloaded, Ports, Wire};
use docmill_core::job::{Notice, Priority, Slot};
use docmill_core::message::Message;
use docmill_core::moves;
use docmill_core::ports::{Connections, Meter, SignedRequest, Transfers};
use docmill_core::timing::Timing;
use docmill_core::usage::Usage;
use docmill_memory::{OsEntropy, SystemClock};
use docmill_sandbox::ChildProcess;

pub(crate) struct Stack {
    env: Env,
    clients: Clients,
    queues: QueueUrls,
    dead_letters: QueueUrls,
    callbacks: String,
}

impl Stack {
    /// The stack that the environment file at `path` describes.
    pub(crate) async fn open(path: &str) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let env = Env::parse(&text);
        let mut config =
            aws_config::defaults(BehaviorVersion::v2026_01_12()).region(Region::new("us-east-1"));
        // The SDK's own variables go first: they may name an endpoint a service.
        if std::env::var_os("AWS_ENDPOINT_URL").is_none() {
            config = config.endpoint_url(need(&env, "DOCMILL_ENDPOINT"));
        }
        if std::env::var_os("AWS_ACCESS_KEY_ID").is_none() {
            config = config.credentials_provider(Credentials::new("test", "test", None, None, "conformance"));
        }
        let clients = Clients::from_config(config.load().await);
        let name = docmill_core::ids::JobId::generate(at(0), &OsEntropy);
        Self {
            queues: make_queues(&clients, &format!("conformance-{name}")).await,
            dead_letters: make_queues(&clients, &format!("conformance-{name}-dead")).await,
            callbacks: make_queue(&clients, &format!("conformance-{name}-callback")).await,
            env,
            clients,
        }
    }

    pub(crate) fn meter(&self) -> RequestMeter {
        self.clients.meter()
    }

    pub(crate) async fn ports(&self) -> Ports {
        let table = |name: &str| need(&self.env, &format!("DOCMILL_{name}_TABLE"));
        let (jobs, events) = (table("JOBS"), table("EVENTS"));
        let (live, accounts) = (table("LIVE"), table("ACCOUNTS"));
        let bucket = need(&self.env, "DOCMILL_BUCKET");
        let (dynamodb, s3, sqs) = (self.clients.dynamodb(), self.clients.s3(), self.clients.sqs());
        let transfers = Arc::new(S3Transfers::new(s3.clone(), &bucket));
        let tables = [
            ("jobs", &jobs),
            ("events", &events),
            ("live", &live),
            ("accounts", &accounts),
        ];
        let health = AwsHealth::new(
            dynamodb.clone(),
            s3.clone(),
            sqs.clone(),
            tables.map(|(part, table)| (part, table.clone())).into(),
            &bucket,
            self.queues.clone(),
        );
        let queues = AllQueues {
            work: self.queues.clone(),
            dead: self.dead_letters.clone(),
            callbacks: self.callbacks.clone(),
            dead_callbacks: self.callbacks.clone(),
        };
        let connections = self.env.get("DOCMILL_CALLBACK_URL").map(|url| {
            Arc::new(GatewayConnections::new(self.clients.connections(url))) as Arc<dyn Connections>
        });
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut wire = AwsWire {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            sqs: sqs.clone(),
            queues: self.queues.clone(),
            dead_letters: self.dead_letters.clone(),
            callbacks: self.callbacks.clone(),
            checks_signatures: false,
        };
        wire.checks_signatures = wire.is_refused(transfers.as_ref()).await;
        Ports {
            jobs: Arc::new(
                DynamoJobs::new(dynamodb.clone(), &jobs)
                    .moving(&accounts)
                    .creating(&events),
            ),
            details: Arc::new(DynamoDetails::new(dynamodb.clone(), &events)),
            events: Arc::new(DynamoEvents::new(dynamodb.clone(), &events)),
            blobs: Arc::new(S3Blobs::new(s3, &bucket)),
            transfers,
            queue: Arc::new(SqsQueue::new(sqs.clone(), self.queues.clone())),
            dead_letters: Arc::new(SqsDeadLetters::new(sqs, self.dead_letters.clone())),
            live: Arc::new(DynamoLive::new(dynamodb.clone(), &live)),
            companies: Arc::new(DynamoCompanies::new(dynamodb.clone(), &accounts)),
            ledger: Arc::new(DynamoLedger::new(dynamodb.clone(), &accounts)),
            desk: Arc::new(DynamoModelDesk::new(dynamodb.clone(), &accounts)),
            callbacks: Arc::new(SqsCallbacks::new(self.clients.sqs(), &self.callbacks)),
            callback_secrets: Arc::new(DynamoCallbackSecrets::new(dynamodb.clone(), &accounts)),
            deletions: Arc::new(DynamoDeletions::new(dynamodb.clone(), &accounts)),
            exports: Arc::new(DynamoExports::new(dynamodb.clone(), &accounts)),
            audit: Arc::new(DynamoAudit::new(dynamodb.clone(), &accounts)),
            board: Arc::new(DynamoBoard::new(dynamodb.clone(), &jobs)),
            figures: Arc::new(DynamoFigures::new(dynamodb.clone(), &accounts)),
            letters: Arc::new(DynamoLetters::new(dynamodb.clone(), &accounts)),
            depths: Arc::new(SqsDepths::new(self.clients.sqs(), queues)),
            health: Arc::new(health),
            sandbox: Arc::new(ChildProcess::default()),
            connections,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
            wire: Arc::new(wire),
            cases: 80,
        }
    }

    /// Deletes the suite's queues.
    pub(crate) async fn close(self) {
        let sqs = self.clients.sqs();
        let urls = [self.queues, self.dead_letters].map(|urls| [urls.high, urls.normal, urls.low]);
        for url in urls.into_iter().flatten().chain([self.callbacks]) {
            sqs.delete_queue().queue_url(url).send().await.unwrap();
        }
    }
}

pub(crate) fn need(env: &Env, name: &str) -> String {
    env.get(name)
        .unwrap_or_else(|| panic!("{name} is not set in the stack's environment file"))
        .to_owned()
}

async fn make_queues(clients: &Clients, prefix: &str) -> QueueUrls {
    let make =
        async |priority: Priority| make_queue(clients, &format!("{prefix}-{}", priority.as_str())).await;
    QueueUrls {
        high: make(Priority::High).await,
        normal: make(Priority::Normal).await,
        low: make(Priority::Low).await,
    }
}

async fn make_queue(clients: &Clients, name: &str) -> String {
    let made = clients.sqs().create_queue().queue_name(name).send().await;
    made.unwrap().queue_url.unwrap()
}

struct AwsWire {
    http: reqwest::Client,
    sqs: aws_sdk_sqs::Client,
    queues: QueueUrls,
    dead_letters: QueueUrls,
    callbacks: String,
    checks_signatures: bool,
}

impl AwsWire {
    /// Whether the stack refuses what was not signed.
    async fn is_refused(&self, transfers: &S3Transfers) -> bool {
        let life = Duration::from_secs(60);
        let request = transfers
            .sign_put("uploads/conformance/probe", "text/plain", 5, life)
            .await
            .unwrap();
        self.upload(&request, Bytes::from_static(b"four")).await.is_none()
    }
}

#[async_trait]
impl Wire for AwsWire {
    async fn upload(&self, request: &SignedRequest, bytes: Bytes) -> Option<String> {
        let mut put = self.http.put(&request.url).body(bytes);
        for (name, value) in &request.headers {
            put = put.header(name, value);
        }
        let answer = put.send().await.unwrap();
        let etag = answer
            .headers()
            .get("etag")
            .map(|etag| etag.to_str().unwrap().to_owned());
        if answer.status().is_success() { etag } else { None }
    }

    async fn download(&self, url: &str) -> Option<Downloaded> {
        let answer = self.http.get(url).send().await.unwrap();
        if !answer.status().is_success() {
            return None;
        }
        let header = |name| answer.headers()[name].to_str().unwrap().to_owned();
        let (content_type, disposition) = (header("content-type"), header("content-disposition"));
        Some(Downloaded {
            content_type,
            disposition,
            bytes: answer.bytes().await.unwrap(),
        })
    }

    fn checks_signatures(&self) -> bool {
        self.checks_signatures
    }

    async fn receive(&self, priority: Priority) -> Vec<String> {
        self.receive_from(self.queues.of(priority)).await
    }

    async fn receive_callbacks(&self) -> Vec<String> {
        self.receive_from(&self.callbacks).await
    }

    async fn bury(&self, priority: Priority, body: &str) {
        let send = self.sqs.send_message().queue_url(self.dead_letters.of(priority));
        send.message_body(body).send().await.unwrap();
    }
}

impl AwsWire {
    /// Receives and deletes up to ten messages.
    async fn receive_from(&self, url: &str) -> Vec<String> {
        let receive = self
            .sqs
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(10);
        let messages = receive.send().await.unwrap().messages.unwrap_or_default();
        for message in &messages {
            let receipt = message.receipt_handle().unwrap();
            self.sqs
                .delete_message()
                .queue_url(url)
                .receipt_handle(receipt)
                .send()
                .await
                .unwrap();
        }
        messages
            .into_iter()
            .map(|message| message.body.unwrap())
            .collect()
    }
}

/// What each port call costs in requests; a chunk's budget rests on it.
pub(crate) async fn requests_are_few(meter: RequestMeter, ports: Ports) {
    let taken = |wanted: &[(&str, u64)]| {
        let wanted: BTreeMap<String, u64> = wanted
            .iter()
            .map(|(operation, count)| ((*operation).to_owned(), *count))
            .collect();
        assert_eq!(meter.take().requests, wanted);
    };
    meter.take();
    let job = ports.processing_job(1).await;
    taken(&[("dynamodb.transact", 1)]);
    let claim = claim(Slot::Chunk(0), "holder");
    ports
        .jobs
        .apply(job.id, &moves::claim(&claim, at(0), &Timing::default()))
        .await
        .unwrap();
    taken(&[("dynamodb.update", 1)]);
    ports
        .jobs
        .apply(job.id, &moves::claim(&claim, at(0), &Timing::default()))
        .await
        .unwrap();
    taken(&[("dynamodb.update", 1)]);
    let key = format!("jobs/{}/out/0", job.id);
    ports
        .blobs
        .put(&key, "text/plain", Bytes::from_static(b"output"))
        .await
        .unwrap();
    ports.blobs.get_range(&key, 0, 3).await.unwrap();
    ports.blobs.get(&key, None, 100).await.unwrap();
    taken(&[("s3.get", 2), ("s3.put", 1)]);
    let life = Duration::from_secs(60);
    ports
        .transfers
        .sign_put(&key, "text/plain", 1, life)
        .await
        .unwrap();
    ports
        .transfers
        .sign_get(&key, "a.txt", "text/plain", life)
        .await
        .unwrap();
    taken(&[]);
    let messages = vec![
        Message::Merge {
            job: job.id,
            attempt: 1
        };
        10
    ];
    ports
        .queue
        .send(Priority::Low, "tenant", &messages)
        .await
        .unwrap();
    taken(&[("sqs.send", 1)]);
    let end = moves::fail(1, at(1), Notice::new("CODE", "A sentence."), Usage::default());
    ports.jobs.finish(&job, &end).await.unwrap();
    taken(&[("dynamodb.get", 1), ("dynamodb.transact", 1)]);
}
