//! What a function is told by its environment: one typed configuration a function, of what it needs and no more.

mod env;
mod models;

use std::time::Duration;

use docmill_core::account::Allowance;
use docmill_core::callback::PrivateHosts;
use docmill_core::job::Priority;
use docmill_core::running::RunningLimits;
use docmill_core::timing::Timing;

use env::ConfigResult;
pub use env::{ConfigError, Env};
pub use models::{Models, has_models};

/// URLs of three queues.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each field is the queue of its name")]
pub struct QueueUrls {
    pub high: String,
    pub normal: String,
    pub low: String,
}

impl QueueUrls {
    /// The URL of the queue of `priority`.
    pub fn of(&self, priority: Priority) -> &str {
        match priority {
            Priority::High => &self.high,
            Priority::Normal => &self.normal,
            Priority::Low => &self.low,
        }
    }

    fn work(env: &Env) -> ConfigResult<Self> {
        Ok(Self {
            high: env.need("DOCMILL_QUEUE_HIGH_URL")?,
            normal: env.need("DOCMILL_QUEUE_NORMAL_URL")?,
            low: env.need("DOCMILL_QUEUE_LOW_URL")?,
        })
    }

    fn dead(env: &Env) -> ConfigResult<Self> {
        Ok(Self {
            high: env.need("DOCMILL_DLQ_HIGH_URL")?,
            normal: env.need("DOCMILL_DLQ_NORMAL_URL")?,
            low: env.need("DOCMILL_DLQ_LOW_URL")?,
        })
    }
}

/// Every queue with its dead letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllQueues {
    /// Work queues.
    pub work: QueueUrls,
    /// Their dead letters.
    pub dead: QueueUrls,
    /// The queue of callbacks.
    pub callbacks: String,
    /// Its dead letters.
    pub dead_callbacks: String,
}

impl AllQueues {
    fn read(env: &Env) -> ConfigResult<Self> {
        Ok(Self {
            work: QueueUrls::work(env)?,
            dead: QueueUrls::dead(env)?,
            callbacks: callback_queue_url(env)?,
            dead_callbacks: env.need("DOCMILL_DLQ_CALLBACK_URL")?,
        })
    }
}

/// What `intake` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intake {
    /// Jobs table.
    pub jobs_table: String,
    /// Details.
    pub events_table: String,
    /// Tickets.
    pub live_table: String,
    /// Idempotency entries, running jobs, memberships, audit trails, deletions.
    pub accounts_table: String,
    /// Bucket of uploads.
    pub bucket: String,
    /// Work queues.
    pub queues: QueueUrls,
    /// Public WebSocket URL.
    pub live_url: String,
    /// Key of event-stream links.
    pub stream_secret: String,
    /// What users may use up.
    pub allowance: Allowance,
    /// What callbacks' secrets are derived from.
    pub callback_secret: String,
    /// Receivers of callbacks that need not be public.
    pub private_hosts: PrivateHosts,
    /// Limits of time.
    pub timing: Timing,
}

impl Intake {
    /// Reads the environment.
    pub fn read(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            jobs_table: jobs_table(env)?,
            events_table: events_table(env)?,
            live_table: live_table(env)?,
            accounts_table: accounts_table(env)?,
            bucket: bucket(env)?,
            queues: QueueUrls::work(env)?,
            live_url: env.need("DOCMILL_WS_URL")?,
            stream_secret: env.need("DOCMILL_STREAM_SECRET")?,
            allowance: allowance(env)?,
            callback_secret: callback_secret(env)?,
            private_hosts: private_hosts(env)?,
            timing: timing(env)?,
        })
    }
}

/// What `status` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Jobs table.
    pub jobs_table: String,
    /// Details and events.
    pub events_table: String,
    /// Memberships.
    pub accounts_table: String,
    /// Credits that each month brings.
    pub monthly_credits: u32,
    /// Bucket of results.
    pub bucket: String,
    /// Asked after by the deep health check, and counted for operators.
    pub queues: AllQueues,
    /// Public WebSocket URL.
    pub live_url: String,
    /// Key of event-stream links.
    pub stream_secret: String,
    /// Issuer of ID tokens.
    pub issuer: String,
    /// The page's client id with the issuer.
    pub client_id: String,
    /// Where the page signs in with a password; `None` with an issuer of somebody else's.
    pub auth_endpoint: Option<String>,
}

impl Status {
    /// Reads the environment.
    pub fn read(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            jobs_table: jobs_table(env)?,
            events_table: events_table(env)?,
            accounts_table: accounts_table(env)?,
            monthly_credits: allowance(env)?.monthly_grant,
            bucket: bucket(env)?,
            queues: AllQueues::read(env)?,
            live_url: env.need("DOCMILL_WS_URL")?,
            stream_secret: env.need("DOCMILL_STREAM_SECRET")?,
            issuer: env.need("DOCMILL_ISSUER")?,
            client_id: env.need("DOCMILL_CLIENT_ID")?,
            auth_endpoint: env.get("DOCMILL_AUTH_ENDPOINT").map(ToOwned::to_owned),
        })
    }
}

/// What `worker` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    /// Jobs table.
    pub jobs_table: String,
    /// Details.
    pub events_table: String,
    /// Running jobs.
    pub accounts_table: String,
    /// Bucket of sources, outputs and results.
    pub bucket: String,
    /// Work queues.
    pub queues: QueueUrls,
    /// Limits of time.
    pub timing: Timing,
    /// The function's memory, for the bill; 0 outside Lambda.
    pub memory_mb: u64,
    /// The instance, as the beginning of the id at the end of its log stream's name; `None` outside Lambda.
    pub instance: Option<String>,
    /// Language models, if there are some.
    pub models: Option<Models>,
    /// Whether pictures of text are read by Textract, and not here.
    pub textract: bool,
}

impl Worker {
    /// Reads the environment.
    pub fn read(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            jobs_table: jobs_table(env)?,
            events_table: events_table(env)?,
            accounts_table: accounts_table(env)?,
            bucket: bucket(env)?,
            queues: QueueUrls::work(env)?,
            timing: timing(env)?,
            memory_mb: memory_mb(env)?,
            instance: instance(env),
            models: Models::read(env)?,
            textract: env.get("DOCMILL_OCR_ENGINE") == Some("textract"),
        })
    }
}

/// What `push` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Whether a job is still there.
    pub jobs_table: String,
    /// Events.
    pub events_table: String,
    /// Memberships.
    pub accounts_table: String,
    /// Subscriptions.
    pub live_table: String,
    /// Where frames are posted.
    pub callback_url: String,
    /// The queue of callbacks to users' servers.
    pub callback_queue_url: String,
}

impl Push {
    /// Reads the environment.
    pub fn read(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            jobs_table: jobs_table(env)?,
            events_table: events_table(env)?,
            accounts_table: accounts_table(env)?,
            live_table: live_table(env)?,
            callback_url: callback_url(env)?,
            callback_queue_url: callback_queue_url(env)?,
        })
    }
}

/// What `callback` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// Generations of secrets.
    pub accounts_table: String,
    /// The queue it is fed from.
    pub callback_queue_url: String,
    /// What secrets are derived from.
    pub callback_secret: String,
    /// Receivers that need not be public.
    pub private_hosts: PrivateHosts,
}

impl Callback {
    /// Reads the environment.
    pub fn read(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            accounts_table: accounts_table(env)?,
            callback_queue_url: callback_queue_url(env)?,
            callback_secret: callback_secret(env)?,
            private_hosts: private_hosts(env)?,
        })
    }
}

/// What `socket` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    /// Snapshots.
    pub jobs_table: String,
    /// Replays.
    pub events_table: String,
    /// Memberships.
    pub accounts_table: String,
    /// Tickets, connections, subscriptions.
    pub live_table: String,
    /// Where frames are posted.
    pub callback_url: String,
}

impl Socket {
    /// Reads the environment.
    pub fn read(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            jobs_table: jobs_table(env)?,
            events_table: events_table(env)?,
            accounts_table: accounts_table(env)?,
            live_table: live_table(env)?,
            callback_url: callback_url(env)?,
        })
    }
}

/// What `sweep` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Jobs table.
    pub jobs_table: String,
    /// Details and events.
    pub events_table: String,
    /// Running jobs, deletions.
    pub accounts_table: String,
    /// Where undecodable dead letters are parked.
    pub bucket: String,
    /// Work queues.
    pub queues: QueueUrls,
    /// Dead-letter queues.
    pub dead_letters: QueueUrls,
    /// Limits of time.
    pub timing: Timing,
}

impl Sweep {
    /// Reads the environment.
    pub fn read(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            jobs_table: jobs_table(env)?,
            events_table: events_table(env)?,
            accounts_table: accounts_table(env)?,
            bucket: bucket(env)?,
            queues: QueueUrls::work(env)?,
            dead_letters: QueueUrls::dead(env)?,
            timing: timing(env)?,
        })
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn jobs_table(env: &Env) -> ConfigResult<String> {
    env.need("DOCMILL_JOBS_TABLE")
}

fn events_table(env: &Env) -> ConfigResult<String> {
    env.need("DOCMILL_EVENTS_TABLE")
}

fn accounts_table(env: &Env) -> ConfigResult<String> {
    env.need("DOCMILL_ACCOUNTS_TABLE")
}

fn live_table(env: &Env) -> ConfigResult<String> {
    env.need("DOCMILL_LIVE_TABLE")
}

fn bucket(env: &Env) -> ConfigResult<String> {
    env.need("DOCMILL_BUCKET")
}

fn callback_url(env: &Env) -> ConfigResult<String> {
    env.need("DOCMILL_CALLBACK_URL")
}

fn callback_queue_url(env: &Env) -> ConfigResult<String> {
    env.need("DOCMILL_QUEUE_CALLBACK_URL")
}

fn callback_secret(env: &Env) -> ConfigResult<String> {
    env.need("DOCMILL_CALLBACK_SECRET")
}

/// None where the variable is not set.
fn private_hosts(env: &Env) -> ConfigResult<PrivateHosts> {
    let name = "DOCMILL_CALLBACK_PRIVATE_HOSTS";
    let text = env.get(name).unwrap_or_default();
    text.parse().map_err(|_| ConfigError::Invalid {
        name,
        wanted: "host:port, with commas between several",
        value: text.to_owned(),
    })
}

/// The function's memory as Lambda tells it.
fn memory_mb(env: &Env) -> ConfigResult<u64> {
    Ok(env.number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")?.unwrap_or(0))
}

/// Characters of an instance's id that are kept: they stand in every claim, and are enough to find its log stream by.
const INSTANCE_CHARS: usize = 16;

/// The instance as the name of its log stream tells it: `2026/11/23/[$LATEST]0f3a…`.
fn instance(env: &Env) -> Option<String> {
    let id = env.get("AWS_LAMBDA_LOG_STREAM_NAME")?.rsplit(']').next()?;
    let id: String = id
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(INSTANCE_CHARS)
        .collect();
    (!id.is_empty()).then_some(id)
}

/// The limits that an installation may set, times in milliseconds; the usual one where a variable is not set.
fn allowance(env: &Env) -> ConfigResult<Allowance> {
    let mut allowance = Allowance::default();
    let limits = [
        ("DOCMILL_UPLOADS_PER_15_MINUTES", &mut allowance.uploads.limit),
        ("DOCMILL_STARTS_PER_HOUR", &mut allowance.starts.limit),
        ("DOCMILL_MONTHLY_CREDITS", &mut allowance.monthly_grant),
    ];
    for (name, limit) in limits {
        if let Some(set) = env.number(name)? {
            *limit = set;
        }
    }
    Ok(allowance)
}

fn timing(env: &Env) -> ConfigResult<Timing> {
    let usual = Timing::default();
    let limit = |name, usual| Ok(env.number(name)?.map_or(usual, Duration::from_millis));
    Ok(Timing {
        lease: limit("DOCMILL_LEASE_MS", usual.lease)?,
        renew: limit("DOCMILL_RENEW_MS", usual.renew)?,
        work_limit: limit("DOCMILL_CHUNK_LIMIT_MS", usual.work_limit)?,
        deadline: limit("DOCMILL_DEADLINE_MS", usual.deadline)?,
        warn_after: limit("DOCMILL_WARN_MS", usual.warn_after)?,
        queue_limit: limit("DOCMILL_QUEUE_LIMIT_MS", usual.queue_limit)?,
        nudge: limit("DOCMILL_NUDGE_MS", usual.nudge)?,
        stall: limit("DOCMILL_STALL_MS", usual.stall)?,
        retention: env
            .number("DOCMILL_RETENTION_DAYS")?
            .map_or(usual.retention, |days: u32| DAY * days),
        running: RunningLimits {
            user: env
                .number("DOCMILL_RUNNING_PER_USER")?
                .unwrap_or(usual.running.user),
            company: env
                .number("DOCMILL_RUNNING_PER_COMPANY")?
                .unwrap_or(usual.running.company),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker_env() -> Env {
        Env::parse(
            "# tables\nDOCMILL_JOBS_TABLE=jobs\nDOCMILL_EVENTS_TABLE=events\n\nDOCMILL_ACCOUNTS_TABLE=accounts\nDOCMILL_BUCKET=\"bucket\"\n\
             DOCMILL_QUEUE_HIGH_URL=http://q/high?a=b\nDOCMILL_QUEUE_NORMAL_URL=http://q/normal\n\
             export DOCMILL_QUEUE_LOW_URL=http://q/low\nDOCMILL_LEASE_MS=1500\n",
        )
    }

    #[test]
    fn a_whole_environment_is_read() {
        let worker = Worker::read(&worker_env()).unwrap();
        assert_eq!(
            (worker.jobs_table.as_str(), worker.bucket.as_str()),
            ("jobs", "bucket")
        );
        assert_eq!(worker.queues.of(Priority::High), "http://q/high?a=b");
        assert_eq!(worker.queues.of(Priority::Low), "http://q/low");
        assert_eq!(
            worker.timing,
            Timing {
                lease: Duration::from_millis(1500),
                ..Timing::default()
            }
        );
    }

    #[test]
    fn an_instance_is_named_by_its_log_stream() {
        let named = |stream: &str| {
            let mut env = worker_env();
            let name = "AWS_LAMBDA_LOG_STREAM_NAME".to_owned();
            env.variables.insert(name, stream.to_owned());
            Worker::read(&env).unwrap().instance
        };
        let on_aws = named("2026/11/23/[$LATEST]0f3a5c7e9b1d2f4a6c8e0b2d4f6a8c0e");
        assert_eq!(on_aws.as_deref(), Some("0f3a5c7e9b1d2f4a"));
        assert_eq!(
            named("019aa000-0000-7000-8000.x").as_deref(),
            Some("019aa00000007000")
        );
        assert_eq!(named("[$LATEST]"), None);
        assert_eq!(Worker::read(&worker_env()).unwrap().instance, None);
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let mut env = worker_env();
        env.variables.insert("DOCMILL_BUCKET".to_owned(), String::new());
        let missing = Worker::read(&env).unwrap_err();
        assert_eq!(
            missing.to_string(),
            "environment variable DOCMILL_BUCKET is not set"
        );
        let mut env = worker_env();
        env.variables
            .insert("DOCMILL_LEASE_MS".to_owned(), "1 min".to_owned());
        let invalid = Worker::read(&env).unwrap_err();
        assert_eq!(
            invalid.to_string(),
            "environment variable DOCMILL_LEASE_MS must be a whole number, not `1 min`"
        );
    }
}
