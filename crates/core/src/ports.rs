//! What the engine needs from outside. Each port has an implementation over AWS and one in memory, and one
//! conformance suite that runs against both.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::account::{Due, Dues};
use crate::ids::JobId;
use crate::job::{Job, Priority, Status};
use crate::message::Message;
use crate::running::{Admission, RunningLimits, Tenant};
use crate::step::{Applied, Step};
use crate::time::Time;
use crate::usage::Usage;
use crate::view::Event;

/// A port did not answer as it should. A refused condition is no error: see [`Applied::Refused`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// The service asks to slow down.
    #[error("{service} throttles")]
    Throttled {
        /// Which service.
        service: &'static str,
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// The service is away, or the call timed out: whether it took effect is unknown.
    #[error("{0}")]
    Unavailable(String),
    /// Trying again will not help: a missing permission, an undecodable record.
    #[error("{0}")]
    Broken(String),
}

/// What a port call answers.
pub type PortResult<T> = Result<T, PortError>;

/// Milliseconds since the epoch, and sleep.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Time;
    /// Returns after `duration`.
    async fn sleep(&self, duration: Duration);
}

/// Randomness for ids, tokens and jitter.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with random ones.
    fn fill(&self, bytes: &mut [u8]);
}

/// Counts the requests that this process makes.
pub trait Meter: Send + Sync {
    /// What was counted since the last call, which is forgotten here.
    fn take(&self) -> Usage;
    /// Counts what was used without a request that this counts by itself.
    fn add(&self, usage: &Usage);
}

/// A job to be created, with what else goes into its transaction.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// The record.
    pub job: Job,
    /// Files and settings.
    pub request: RequestDetail,
    /// The caller's idempotency entry, if the caller gave a key.
    pub idempotency: Option<IdempotencyEntry>,
    /// Set for a job that is to run at once: it takes its places under these limits.
    pub places: Option<RunningLimits>,
    /// What its user pays.
    pub dues: Dues,
}

/// What a client asked for with an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyEntry {
    /// The user.
    pub owner: String,
    /// The key as sent.
    pub key: String,
    /// SHA-256 over the canonical content.
    pub content_hash: String,
    /// The job made from it.
    pub job_id: JobId,
    /// Forgotten from here on.
    pub expires_at: Time,
}

/// What became of a creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// Written.
    Yes,
    /// The key is in use: this is what it was used for.
    KeyInUse(IdempotencyEntry),
    /// There is no place for the job to run at once; nothing was written.
    Full,
    /// The user cannot pay this; nothing was written.
    Unpaid(Due),
}

/// Files and settings of a job: kept beside the record, which must stay small.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RequestDetail {
    /// Files in the order of the request.
    pub files: Vec<FileDetail>,
    /// The settings with every default filled in.
    pub settings: Value,
}

/// One file of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDetail {
    /// Its name, without path and control characters.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Media type.
    pub content_type: String,
    /// SHA-256 in hexadecimal, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Multipart upload in progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload_id: Option<String>,
    /// What the object's content was when the upload was accepted; readers insist on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
}

/// Why a chunk failed, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureDetail {
    /// What the user calls the chunk: `pages 81–120`.
    pub label: String,
    /// The sentence.
    pub message: String,
}

/// Details of a job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    /// Files and settings.
    pub request: RequestDetail,
    /// Failed chunks of any attempt, the latest word on each.
    pub failures: BTreeMap<u32, FailureDetail>,
}

/// Which jobs a listing wants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobFilter {
    /// Only this status.
    pub status: Option<Status>,
    /// Only this pipeline.
    pub pipeline: Option<String>,
    /// Only this batch.
    pub batch_id: Option<String>,
}

/// Where a listing goes on: after this job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListCursor {
    /// Its creation, in milliseconds.
    pub created_at_ms: i64,
    /// Its id.
    pub job_id: JobId,
}

impl ListCursor {
    /// Behind this job.
    pub fn after(job: &Job) -> Self {
        Self {
            created_at_ms: job.created_at.ms(),
            job_id: job.id,
        }
    }
}

/// A page of a listing. The records lack what the index does not project (leases, tries, warnings, result).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobPage {
    /// Newest first.
    pub jobs: Vec<Job>,
    /// Set when there may be more.
    pub next: Option<ListCursor>,
}

/// The job records.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Creates a job with its details, its idempotency entry, its places and what its user pays, all or none.
    async fn create(&self, new: NewJob) -> PortResult<Created>;
    /// What `owner`'s `key` was used for, if it is remembered at `now`.
    async fn idempotent(&self, owner: &str, key: &str, now: Time) -> PortResult<Option<IdempotencyEntry>>;
    /// The record, read consistently.
    async fn get(&self, id: JobId) -> PortResult<Option<Job>>;
    /// One conditional write.
    async fn apply(&self, id: JobId, step: &Step) -> PortResult<Applied>;
    /// One conditional write in the transaction that takes the places of `job`, where there are limits, and what its
    /// owner pays. A job that has its places keeps them.
    async fn admit(
        &self,
        job: &Job,
        step: &Step,
        places: Option<&RunningLimits>,
        dues: &Dues,
    ) -> PortResult<Admission>;
    /// A terminal move of `job`: one conditional write in the transaction that settles what hangs on it: its places, and
    /// its credits by the step's [`crate::step::Edit::Charge`].
    async fn finish(&self, job: &Job, step: &Step) -> PortResult<Applied>;
    /// Jobs of `tenant` created at `since` or later that wait for a place, oldest first, at most `limit`, from an index
    /// that may lag.
    async fn waiting(&self, tenant: &Tenant, since: Time, limit: usize) -> PortResult<Vec<JobId>>;
    /// The jobs that have a place of `tenant`, read consistently.
    async fn running(&self, tenant: &Tenant) -> PortResult<BTreeSet<JobId>>;
    /// Takes a place of `tenant` from a job that is over or gone; a job that is neither keeps it.
    async fn vacate(&self, tenant: &Tenant, id: JobId) -> PortResult<()>;
    /// Deletes the record of a job that is over and whose retention has ended at `now`; whether it is gone.
    async fn forget(&self, id: JobId, now: Time) -> PortResult<bool>;
    /// Jobs of `tenant`, newest first, from an index that may lag.
    async fn list(
        &self,
        tenant: &Tenant,
        filter: &JobFilter,
        after: Option<ListCursor>,
        limit: usize,
    ) -> PortResult<JobPage>;
    /// Ids of jobs of one shard (0–15) whose `due_at` is `now` or earlier, at most `limit`.
    async fn due(&self, shard: u8, now: Time, limit: usize) -> PortResult<Vec<JobId>>;
}

/// What stands beside the record: texts and lists.
#[async_trait]
pub trait DetailStore: Send + Sync {
    /// Everything kept for the job; empty when nothing is.
    async fn details(&self, id: JobId) -> PortResult<Details>;
    /// Replaces files and settings.
    async fn put_request(&self, id: JobId, request: &RequestDetail, expires_at: Time) -> PortResult<()>;
    /// Deletes everything kept for the job.
    async fn forget(&self, id: JobId) -> PortResult<()>;
    /// Puts down why chunk `n` failed.
    async fn put_failure(
        &self,
        id: JobId,
        n: u32,
        detail: &FailureDetail,
        expires_at: Time,
    ) -> PortResult<()>;
}

/// The list of a job's events.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Writes an event under its version; the same version again rewrites the same event.
    async fn append(&self, event: &Event, expires_at: Time) -> PortResult<()>;
    /// Events with a version above `after`, oldest first, at most `limit`.
    async fn after(&self, id: JobId, after: u64, limit: usize) -> PortResult<Vec<Event>>;
    /// Deletes the job's list.
    async fn forget(&self, id: JobId) -> PortResult<()>;
}

/// What is known of a stored object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectHead {
    /// Bytes.
    pub size: u64,
    /// Changes with the content.
    pub etag: String,
}

/// What became of a read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The bytes.
    Found(Bytes),
    /// No such object.
    Missing,
    /// The object is not the one whose ETag was asked for.
    Changed,
    /// It is larger than the limit, which was checked before anything was read.
    TooLarge,
}

/// Objects.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Writes an object.
    async fn put(&self, key: &str, content_type: &str, bytes: Bytes) -> PortResult<ObjectHead>;
    /// Reads an object of at most `limit` bytes; with `etag`, only if it still is that one.
    async fn get(&self, key: &str, etag: Option<&str>, limit: u64) -> PortResult<Fetched>;
    /// Reads `length` bytes from `offset`; fewer where the object ends.
    async fn get_range(&self, key: &str, offset: u64, length: u64) -> PortResult<Option<Bytes>>;
    /// Size and ETag.
    async fn head(&self, key: &str) -> PortResult<Option<ObjectHead>>;
    /// Keys that begin with `prefix` and stand behind `after` in the order of their bytes, at most `limit` (1,000).
    async fn keys(&self, prefix: &str, after: &str, limit: usize) -> PortResult<Vec<String>>;
    /// Deletes objects, at most 1,000; one that is not there is no error.
    async fn delete(&self, keys: &[String]) -> PortResult<()>;
}

/// A request that a client may send without other credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedRequest {
    /// Where to.
    pub url: String,
    /// Headers the client has to send; `Content-Length` is signed too, but browsers set it themselves.
    pub headers: BTreeMap<String, String>,
}

/// A part of a multipart upload that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadedPart {
    /// From 1.
    pub number: u32,
    /// As the store answered.
    pub etag: String,
    /// Bytes.
    #[serde(default)]
    pub size: u64,
}

/// What became of the completion of a multipart upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completion {
    /// The object is there.
    Done,
    /// The parts named are not those that are there.
    BadParts,
    /// There is no such upload: completed already, or aborted.
    NoUpload,
}

/// How clients bring files and fetch results without passing them through a function.
#[async_trait]
pub trait Transfers: Send + Sync {
    /// A PUT of exactly `size` bytes.
    async fn sign_put(
        &self,
        key: &str,
        content_type: &str,
        size: u64,
        life: Duration,
    ) -> PortResult<SignedRequest>;
    /// Begins a multipart upload.
    async fn begin_multipart(&self, key: &str, content_type: &str) -> PortResult<String>;
    /// A PUT of part `number` of exactly `size` bytes.
    async fn sign_part(
        &self,
        key: &str,
        upload_id: &str,
        number: u32,
        size: u64,
        life: Duration,
    ) -> PortResult<SignedRequest>;
    /// The parts that are there, by number; empty when there is no such upload.
    async fn parts(&self, key: &str, upload_id: &str) -> PortResult<Vec<UploadedPart>>;
    /// Completes a multipart upload.
    async fn complete(&self, key: &str, upload_id: &str, parts: &[UploadedPart]) -> PortResult<Completion>;
    /// A GET that downloads as `file_name`.
    async fn sign_get(
        &self,
        key: &str,
        file_name: &str,
        content_type: &str,
        life: Duration,
    ) -> PortResult<String>;
}

/// The three priority queues.
#[async_trait]
pub trait WorkQueue: Send + Sync {
    /// Sends every message, in tens, those that the queue did not take again; an error means that some may be missing.
    /// `tenant` keeps one tenant's backlog from delaying the others.
    async fn send(&self, priority: Priority, tenant: &str, messages: &[Message]) -> PortResult<()>;
    /// Sends a body as it was, whether or not this release can read it.
    async fn put_back(&self, priority: Priority, body: &str) -> PortResult<()>;
}

/// A message that could not be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The queue's own id of the message, the same however often it is received.
    pub id: String,
    /// The body as it was sent.
    pub body: String,
    /// What [`DeadLetters::remove`] needs.
    pub receipt: String,
    /// Which queue it failed on.
    pub priority: Priority,
    /// When it was sent to that queue.
    pub sent_at: Time,
    /// How often it was received there and among the dead letters.
    pub receives: u32,
}

/// The dead-letter queues.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// Up to ten of them, hidden from others for a minute.
    async fn receive(&self, priority: Priority) -> PortResult<Vec<DeadLetter>>;
    /// Removes one whose consequences are durable.
    async fn remove(&self, letter: &DeadLetter) -> PortResult<()>;
}

/// What live connections listen to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// One job.
    Job(JobId),
    /// Every job of a user.
    Owner(String),
}

/// Who opened a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionOwner {
    /// The user.
    pub owner: String,
}

/// A connection that listens, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subscriber {
    /// The connection.
    pub connection: String,
    /// The user who opened it.
    pub user: String,
}

/// Tickets, connections and subscriptions.
#[async_trait]
pub trait LiveFeed: Send + Sync {
    /// Keeps a one-use ticket (by its hash) until `expires_at`.
    async fn keep_ticket(&self, hash: &str, owner: &ConnectionOwner, expires_at: Time) -> PortResult<()>;
    /// Takes a ticket: once, and only before it expires.
    async fn take_ticket(&self, hash: &str, now: Time) -> PortResult<Option<ConnectionOwner>>;
    /// Keeps a connection.
    async fn connect(&self, connection: &str, owner: &ConnectionOwner, expires_at: Time) -> PortResult<()>;
    /// Who opened the connection.
    async fn owner_of(&self, connection: &str, now: Time) -> PortResult<Option<ConnectionOwner>>;
    /// Forgets a connection and its subscriptions.
    async fn disconnect(&self, connection: &str) -> PortResult<()>;
    /// Subscribes a connection, which this user opened, to a topic.
    async fn subscribe(&self, topic: &Topic, subscriber: &Subscriber, expires_at: Time) -> PortResult<()>;
    /// Ends a subscription.
    async fn unsubscribe(&self, topic: &Topic, connection: &str) -> PortResult<()>;
    /// Who is subscribed to a topic, read consistently.
    async fn subscribers(&self, topic: &Topic, now: Time) -> PortResult<Vec<Subscriber>>;
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    /// On its way.
    Sent,
    /// The connection is no more.
    Gone,
}

/// Sends frames to open connections.
#[async_trait]
pub trait Connections: Send + Sync {
    /// Sends one text frame of at most 32 KB.
    async fn post(&self, connection: &str, frame: &str) -> PortResult<Posted>;
}

/// Whether what the service stands on answers.
#[async_trait]
pub trait Health: Send + Sync {
    /// Name of each part with what is wrong with it, or `None` where it answers within three seconds.
    async fn check(&self) -> Vec<(&'static str, Option<String>)>;
}
