//! Docmill's ports on AWS: DynamoDB, S3, SQS, the WebSocket callback of API Gateway, Bedrock and Textract.
//!
//! # Layout
//! - [`config`] what the environment tells each function; [`Clients`] the SDK's clients; [`RequestMeter`] counts what
//!   they send.
//! - One file a port. A port call is one request wherever AWS allows it.
//! - `job_item` is the job record as an item, `step_expression` a step as DynamoDB's expressions: together they make
//!   the table behave as [`docmill_core::step::Step::apply`] says, which the conformance suite holds them to.
//! - [`change_from_stream`] reads what the jobs table's stream delivers, [`QueueEvent`] what a queue does;
//!   [`SqsRedelivery`] says when a record of a queue comes again.

mod attributes;
mod audit;
mod batch;
mod bedrock;
mod blobs;
mod board;
mod callback_queue;
mod callback_secrets;
mod clients;
mod companies;
pub mod config;
mod connections;
mod dead_letters;
mod deletions;
mod details;
mod doors;
mod errors;
mod events;
mod exports;
mod figures;
mod health;
mod http;
mod idempotency;
mod item;
mod job_item;
mod job_store;
mod keys;
mod ledger;
mod letters;
mod listing;
mod live;
mod meter;
mod model_desk;
mod query;
mod queue;
mod queue_depths;
mod queue_record;
mod redelivery;
mod running;
mod step_expression;
mod stream;
mod textract;
mod transact;
mod transfers;

pub use audit::DynamoAudit;
pub use bedrock::BedrockModel;
pub use blobs::S3Blobs;
pub use board::DynamoBoard;
pub use callback_queue::SqsCallbacks;
pub use callback_secrets::DynamoCallbackSecrets;
pub use clients::Clients;
pub use companies::DynamoCompanies;
pub use connections::GatewayConnections;
pub use dead_letters::SqsDeadLetters;
pub use deletions::DynamoDeletions;
pub use details::DynamoDetails;
pub use doors::Tables;
pub use events::DynamoEvents;
pub use exports::DynamoExports;
pub use figures::DynamoFigures;
pub use health::AwsHealth;
pub use item::ItemError;
pub use job_store::DynamoJobs;
pub use ledger::DynamoLedger;
pub use letters::DynamoLetters;
pub use live::DynamoLive;
pub use meter::RequestMeter;
pub use model_desk::DynamoModelDesk;
pub use queue::SqsQueue;
pub use queue_depths::SqsDepths;
pub use queue_record::{QueueEvent, QueueRecord};
pub use redelivery::{Redelivery, SqsRedelivery};
pub use stream::{StreamRecordError, change_from_stream};
pub use textract::TextractReader;
pub use transfers::S3Transfers;
