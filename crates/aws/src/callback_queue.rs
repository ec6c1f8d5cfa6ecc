//! [`CallbackQueue`] on SQS: a standard queue, fair between tenants by their message group.

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use docmill_core::callback::{Callback, CallbackQueue};
use docmill_core::ports::{PortError, PortResult};

use crate::errors;
use crate::queue::group_of;

/// The queue of callbacks.
#[derive(Clone, Debug)]
pub struct SqsCallbacks {
    client: Client,
    url: String,
}

impl SqsCallbacks {
    /// The queue at `url`.
    pub fn new(client: Client, url: &str) -> Self {
        Self {
            client,
            url: url.to_owned(),
        }
    }
}

#[async_trait]
impl CallbackQueue for SqsCallbacks {
    async fn send(&self, callback: &Callback) -> PortResult<()> {
        let request = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_group_id(group_of(&callback.tenant.key()))
            .message_body(body_of(callback)?);
        request.send().await.map(|_| ()).map_err(errors::sqs)
    }
}

/// JSON without the two characters that SQS refuses and JSON does not: a sentence that quotes a document may have them,
/// and a message that can never be sent would hold up the stream.
fn body_of(callback: &Callback) -> PortResult<String> {
    let body = serde_json::to_string(callback);
    let body = body.map_err(|error| PortError::Broken(format!("sqs: {error}")))?;
    Ok(body.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff"))
}

#[cfg(test)]
mod tests {
    use docmill_conformance::make::stage;
    use docmill_core::job::Job;
    use docmill_core::running::Tenant;
    use docmill_core::time::Time;
    use docmill_core::view::Event;

    use super::*;

    #[test]
    fn every_character_gets_through() {
        let id = "019aa000-0000-7000-8000-000000000007".parse().unwrap();
        let job = Job::blank(id, Time::from_ms(0), stage(0));
        let event = Event {
            message: Some("a\u{fffe}b\u{ffff}c\u{0}d\u{1f600}".to_owned()),
            ..Event::of(None, &job)
        };
        let callback = Callback {
            callback_url: "https://example.com".to_owned(),
            tenant: Tenant::User("alice".to_owned()),
            attempt: 1,
            event,
        };
        let body = body_of(&callback).unwrap();
        let taken = |c: char| matches!(c, '\u{20}'..='\u{fffd}' | '\u{10000}'..);
        assert!(body.chars().all(taken), "{body}");
        assert_eq!(serde_json::from_str::<Callback>(&body).unwrap(), callback);
    }
}
