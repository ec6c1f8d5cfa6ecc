//! From the SDK's errors to [`PortError`].

use std::error::Error;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use docmill_core::ports::PortError;

/// Codes by which AWS services ask to slow down.
const THROTTLES: [&str; 11] = [
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingError",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// An error of DynamoDB's.
pub(crate) fn dynamodb<E>(error: SdkError<E, HttpResponse>) -> PortError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    port_error("dynamodb", &error)
}

/// A request to DynamoDB that lacks a part it must have.
pub(crate) fn incomplete(error: aws_sdk_dynamodb::error::BuildError) -> PortError {
    PortError::Broken(format!("dynamodb: {error}"))
}

/// An error of S3's.
pub(crate) fn s3<E>(error: SdkError<E, HttpResponse>) -> PortError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    port_error("s3", &error)
}

/// An error of SQS's.
pub(crate) fn sqs<E>(error: SdkError<E, HttpResponse>) -> PortError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    port_error("sqs", &error)
}

/// An error of the WebSocket callback's.
pub(crate) fn live<E>(error: SdkError<E, HttpResponse>) -> PortError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    port_error("live", &error)
}

/// An error of Bedrock's.
pub(crate) fn bedrock<E>(error: SdkError<E, HttpResponse>) -> PortError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    port_error("bedrock", &error)
}

/// An error of Textract's.
pub(crate) fn textract<E>(error: SdkError<E, HttpResponse>) -> PortError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    port_error("textract", &error)
}

/// Whether `code` asks to slow down.
pub(crate) fn is_throttle(code: &str) -> bool {
    THROTTLES.contains(&code)
}

/// The HTTP status of an error answer.
pub(crate) fn status_of<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

fn port_error<E>(service: &'static str, error: &SdkError<E, HttpResponse>) -> PortError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let text = format!("{service}: {}", DisplayErrorContext(error));
    match error {
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            if status == 429 || answer.err().code().is_some_and(is_throttle) {
                tracing::debug!(error = text, "throttled");
                return PortError::Throttled {
                    service,
                    retry_after: retry_after(answer.raw()),
                };
            }
            if status >= 500 || status == 408 {
                PortError::Unavailable(text)
            } else {
                PortError::Broken(text)
            }
        }
        SdkError::ConstructionFailure(_) => PortError::Broken(text),
        _ => PortError::Unavailable(text),
    }
}

/// `x-amz-retry-after` in milliseconds, else `retry-after` in seconds.
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let number = |header: &str| response.headers().get(header)?.trim().parse::<u64>().ok();
    number("x-amz-retry-after")
        .map(Duration::from_millis)
        .or_else(|| number("retry-after").map(Duration::from_secs))
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::operation::get_item::GetItemError;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    fn answered(status: u16, code: &str, headers: &[(&'static str, &'static str)]) -> PortError {
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::empty());
        for (name, value) in headers {
            response.headers_mut().insert(*name, *value);
        }
        let error = GetItemError::generic(ErrorMetadata::builder().code(code).message("why").build());
        dynamodb(SdkError::service_error(error, response))
    }

    #[test]
    fn throttles_are_typed_with_their_delay() {
        let throttled = |retry_after| PortError::Throttled {
            service: "dynamodb",
            retry_after,
        };
        assert_eq!(
            answered(400, "ProvisionedThroughputExceededException", &[]),
            throttled(None)
        );
        assert_eq!(
            answered(503, "SlowDown", &[("retry-after", "3")]),
            throttled(Some(Duration::from_secs(3)))
        );
        assert_eq!(
            answered(
                429,
                "Whatever",
                &[("x-amz-retry-after", "250"), ("retry-after", "3")]
            ),
            throttled(Some(Duration::from_millis(250)))
        );
    }

    #[test]
    fn what_may_pass_is_told_from_what_will_not() {
        assert!(matches!(
            answered(500, "InternalServerError", &[]),
            PortError::Unavailable(_)
        ));
        let PortError::Broken(text) = answered(400, "AccessDeniedException", &[]) else {
            panic!("not broken")
        };
        assert!(
            text.contains("AccessDeniedException") && text.contains("why"),
            "{text}"
        );
        let timeout: SdkError<GetItemError, HttpResponse> = SdkError::timeout_error("late");
        assert!(matches!(dynamodb(timeout), PortError::Unavailable(_)));
    }
}
