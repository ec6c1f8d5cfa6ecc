//! Measured use of outside services, and what it costs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Counters of what a job really used. All of them only grow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Billed run time of functions, in milliseconds.
    #[serde(default)]
    pub lambda_ms: u64,
    /// The same times the function's memory, in MB·ms.
    #[serde(default)]
    pub lambda_mb_ms: u64,
    /// Requests by `service.operation`, tries included.
    #[serde(default)]
    pub requests: BTreeMap<String, u64>,
    /// Tokens read by language models.
    #[serde(default)]
    pub tokens_in: u64,
    /// Tokens written by language models.
    #[serde(default)]
    pub tokens_out: u64,
    /// Pages read by a recognition service.
    #[serde(default)]
    pub pages_read: u64,
    /// Price of those tokens, in billionths of a US dollar. Shown as part of the cost.
    #[serde(default, skip_serializing)]
    pub model_nano_usd: u64,
}

impl Usage {
    /// Counts one request of `operation`, for example `s3.put`.
    pub fn count(&mut self, operation: &str) {
        self.count_times(operation, 1);
    }

    /// Counts `times` requests of `operation`.
    pub fn count_times(&mut self, operation: &str, times: u64) {
        if times > 0 {
            *self.requests.entry(operation.to_owned()).or_default() += times;
        }
    }

    /// Adds the counters of `other`.
    pub fn add(&mut self, other: &Self) {
        self.lambda_ms += other.lambda_ms;
        self.lambda_mb_ms += other.lambda_mb_ms;
        self.tokens_in += other.tokens_in;
        self.tokens_out += other.tokens_out;
        self.pages_read += other.pages_read;
        self.model_nano_usd += other.model_nano_usd;
        for (operation, count) in &other.requests {
            *self.requests.entry(operation.clone()).or_default() += count;
        }
    }

    /// Cost in US dollars as a decimal string with six places, by [`price_nano_usd`].
    pub fn cost_usd(&self) -> String {
        usd(self.nano_usd())
    }

    /// The same in billionths of a dollar.
    pub fn nano_usd(&self) -> u64 {
        let requests: u128 = self
            .requests
            .iter()
            .map(|(operation, count)| u128::from(*count) * u128::from(price_nano_usd(operation)))
            .sum();
        let lambda = u128::from(self.lambda_mb_ms) * LAMBDA_FEMTO_USD_PER_MB_MS / 1_000_000;
        u64::try_from(requests + lambda + u128::from(self.model_nano_usd)).unwrap_or(u64::MAX)
    }
}

/// Billionths of a US dollar as dollars: a decimal string with six places, rounded up.
pub fn usd(nano_usd: u64) -> String {
    let micro = nano_usd.div_ceil(1_000);
    format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000)
}

/// Lambda on arm64, us-east-1: $0.0000133334 a GB-second, that is 13.021 pico-dollars a MB·ms.
const LAMBDA_FEMTO_USD_PER_MB_MS: u128 = 13_021;

/// Price of one request in billionths of a US dollar, us-east-1 on demand: SQS $0.40 a million, DynamoDB
/// $0.625 a million writes (a transaction of two items is four) and $0.125 a million reads, S3 $5 a million PUT and
/// $0.40 a million GET, WebSocket $1 a million messages, Textract $1.50 a thousand pages of text and $10 a thousand of
/// expenses. Items of up to 1 KB are assumed; unknown operations cost nothing.
pub fn price_nano_usd(operation: &str) -> u64 {
    match operation {
        "dynamodb.put" | "dynamodb.update" | "dynamodb.delete" => 625,
        "dynamodb.transact" => 2_500,
        "dynamodb.get" | "dynamodb.query" => 125,
        "s3.put" | "s3.list" | "s3.multipart" => 5_000,
        "s3.get" | "s3.head" => 400,
        "sqs.send" | "sqs.visibility" => 400,
        "live.post" => 1_000,
        "textract.text" => 1_500_000,
        "textract.expense" => 10_000_000,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cost_is_rounded_up_to_a_millionth_of_a_dollar() {
        let mut usage = Usage::default();
        assert_eq!(usage.cost_usd(), "0.000000");
        usage.count("s3.put");
        usage.count("dynamodb.update");
        assert_eq!(usage.cost_usd(), "0.000006");
        // One GB-second.
        usage.lambda_mb_ms = 1024 * 1000;
        assert_eq!(usage.cost_usd(), "0.000019");
    }
}
