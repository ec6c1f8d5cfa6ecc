//! The SDK's clients: each built once, when it is first asked for, all with the same limits and the same meter.

use std::sync::OnceLock;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{RequestChecksumCalculation, ResponseChecksumValidation, SharedCredentialsProvider};

use crate::http::LazyHttpClient;
use crate::meter::RequestMeter;

/// An open connection answers in milliseconds; a new one needs its handshakes.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// One try of a small request. Past it, another connection is likely to be faster.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(3);
/// All tries of a small request: well below the life of a lease, so that a renewal that fails leaves time for another.
const OPERATION_LIMIT: Duration = Duration::from_secs(10);
/// One try of a request that carries an object.
const OBJECT_ATTEMPT_LIMIT: Duration = Duration::from_secs(60);
/// All its tries; below the limit of a chunk.
const OBJECT_OPERATION_LIMIT: Duration = Duration::from_secs(150);
/// Longest wait for a model's answer; who asks may wait less.
const MODEL_LIMIT: Duration = Duration::from_secs(300);
/// One try to send a frame.
const FRAME_ATTEMPT_LIMIT: Duration = Duration::from_secs(2);
/// All tries; what a subscriber misses comes with the next frame.
const FRAME_OPERATION_LIMIT: Duration = Duration::from_secs(5);
/// A body that stands still this long is given up.
const STALL_GRACE: Duration = Duration::from_secs(10);
/// Tries of one request, the first included.
const ATTEMPTS: u32 = 4;
/// Before the first repetition, doubling. Services throttle for moments, and a lease is running.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Builds clients on demand.
#[derive(Debug)]
pub struct Clients {
    config: SdkConfig,
    meter: RequestMeter,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    s3: OnceLock<aws_sdk_s3::Client>,
    sqs: OnceLock<aws_sdk_sqs::Client>,
    bedrock: OnceLock<aws_sdk_bedrockruntime::Client>,
    textract: OnceLock<aws_sdk_textract::Client>,
}

impl Clients {
    /// Clients for the region, credentials and endpoint in the environment, where Lambda puts them. Nothing is asked
    /// over the network before the first request.
    ///
    /// Not the SDK's own search, which also looks in profiles, at STS and at the metadata of a machine or a container:
    /// there is nothing to find there, and its clients and parsers would be in every package.
    pub fn load() -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let is_on = |name| variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let credentials = SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new());
        let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .credentials_provider(credentials)
            .region(region.map(Region::new))
            .use_fips(is_on("AWS_USE_FIPS_ENDPOINT"))
            .use_dual_stack(is_on("AWS_USE_DUALSTACK_ENDPOINT"));
        config.set_endpoint_url(variable("AWS_ENDPOINT_URL"));
        Self::from_config(config.build())
    }

    /// Clients for the region, credentials and endpoint in `config`.
    pub fn from_config(config: SdkConfig) -> Self {
        let retries = RetryConfig::standard()
            .with_max_attempts(ATTEMPTS)
            .with_initial_backoff(FIRST_PAUSE)
            .with_max_backoff(LONGEST_PAUSE);
        let limits = limits(ATTEMPT_LIMIT, OPERATION_LIMIT);
        let client_is_given = config.http_client().is_some();
        let mut config = config.into_builder().retry_config(retries).timeout_config(limits);
        if !client_is_given {
            config = config.http_client(LazyHttpClient::default());
        }
        let config = config.build();
        Self {
            config,
            meter: RequestMeter::default(),
            dynamodb: OnceLock::new(),
            s3: OnceLock::new(),
            sqs: OnceLock::new(),
            bedrock: OnceLock::new(),
            textract: OnceLock::new(),
        }
    }

    /// What counts the requests of all these clients.
    pub fn meter(&self) -> RequestMeter {
        self.meter.clone()
    }

    /// DynamoDB.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let build = || {
            let config =
                aws_sdk_dynamodb::config::Builder::from(&self.config).interceptor(self.meter.clone());
            aws_sdk_dynamodb::Client::from_conf(config.build())
        };
        self.dynamodb.get_or_init(build).clone()
    }

    /// S3. Bodies are signed with their hash; further checksums only where S3 insists, since presigned links would
    /// carry that of an empty body.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let build = || {
            let config = aws_sdk_s3::config::Builder::from(&self.config)
                .timeout_config(limits(OBJECT_ATTEMPT_LIMIT, OBJECT_OPERATION_LIMIT))
                .stalled_stream_protection(
                    StalledStreamProtectionConfig::enabled()
                        .grace_period(STALL_GRACE)
                        .build(),
                )
                .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
                .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
                .interceptor(self.meter.clone());
            aws_sdk_s3::Client::from_conf(config.build())
        };
        self.s3.get_or_init(build).clone()
    }

    /// SQS.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        let build = || {
            let config = aws_sdk_sqs::config::Builder::from(&self.config).interceptor(self.meter.clone());
            aws_sdk_sqs::Client::from_conf(config.build())
        };
        self.sqs.get_or_init(build).clone()
    }

    /// Bedrock. One try: who asks a model knows how long to wait, and tells throttling on.
    pub fn bedrock(&self) -> aws_sdk_bedrockruntime::Client {
        let build = || {
            let config = aws_sdk_bedrockruntime::config::Builder::from(&self.config)
                .timeout_config(limits(MODEL_LIMIT, MODEL_LIMIT))
                .retry_config(RetryConfig::disabled())
                .interceptor(self.meter.clone());
            aws_sdk_bedrockruntime::Client::from_conf(config.build())
        };
        self.bedrock.get_or_init(build).clone()
    }

    /// Textract. One try, for the same reason.
    pub fn textract(&self) -> aws_sdk_textract::Client {
        let build = || {
            let config = aws_sdk_textract::config::Builder::from(&self.config)
                .timeout_config(limits(OBJECT_ATTEMPT_LIMIT, OBJECT_ATTEMPT_LIMIT))
                .retry_config(RetryConfig::disabled())
                .interceptor(self.meter.clone());
            aws_sdk_textract::Client::from_conf(config.build())
        };
        self.textract.get_or_init(build).clone()
    }

    /// The callback of the WebSocket API at `callback_url`. A slow connection must not hold up the others.
    pub fn connections(&self, callback_url: &str) -> aws_sdk_apigatewaymanagement::Client {
        let config = aws_sdk_apigatewaymanagement::config::Builder::from(&self.config)
            .endpoint_url(callback_url)
            .timeout_config(limits(FRAME_ATTEMPT_LIMIT, FRAME_OPERATION_LIMIT))
            .interceptor(self.meter.clone());
        aws_sdk_apigatewaymanagement::Client::from_conf(config.build())
    }
}

fn limits(attempt: Duration, operation: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_LIMIT)
        .operation_attempt_timeout(attempt)
        .operation_timeout(operation)
        .build()
}
