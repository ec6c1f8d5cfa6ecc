//! [`Figures`] in the accounts table: tallies of hours and days, eight records each, that the transactions which end jobs add to.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use docmill_core::ids::JobId;
use docmill_core::operations::{Figures, Histogram, Span, TALLY_SHARDS, Tally};
use docmill_core::ports::PortResult;
use docmill_core::time::Time;
use futures::future::try_join_all;

use crate::item::{Attributes, Item, ItemError, need, number, text};
use crate::keys;
use crate::query;
use crate::transact;

const TTL: &str = "ttl";
const WAITING: &str = "w#";
const PROCESSING: &str = "p#";
const JOB_FAILURES: &str = "job#";
const CHUNK_FAILURES: &str = "chunk#";

/// Tallies.
#[derive(Clone, Debug)]
pub struct DynamoFigures {
    client: Client,
    table: String,
}

impl DynamoFigures {
    /// Those in the accounts table `table`.
    pub fn new(client: Client, table: &str) -> Self {
        Self {
            client,
            table: table.to_owned(),
        }
    }

    async fn shard(&self, shard: u8, span: Span, from: Time, until: Time) -> PortResult<Vec<Item>> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", text(keys::figures(shard)))
            .expression_attribute_values(":first", text(start_key(span, from)))
            .expression_attribute_values(":last", text(start_key(span, until)))
            .consistent_read(true);
        query::all(query).await
    }
}

#[async_trait]
impl Figures for DynamoFigures {
    async fn between(&self, span: Span, from: Time, until: Time) -> PortResult<BTreeMap<Time, Tally>> {
        if from > until {
            return Ok(BTreeMap::new());
        }
        let shards = (0..TALLY_SHARDS).map(|shard| self.shard(shard, span, from, until));
        let mut tallies: BTreeMap<Time, Tally> = BTreeMap::new();
        for item in try_join_all(shards).await?.into_iter().flatten() {
            let start = start_in(span, &item)?;
            tallies.entry(start).or_default().add(&tally_in(&item)?);
        }
        Ok(tallies)
    }
}

/// Adds what an end of `job` counts, in the transaction that ends it.
pub(crate) fn count(table: &str, job: JobId, at: Time, tally: &Tally) -> PortResult<Vec<TransactWriteItem>> {
    let updates = Span::ALL.map(|span| {
        let start = span.start_of(at);
        let key = keys::tally(job.due_shard() % TALLY_SHARDS, start_key(span, start));
        let mut update = Update::builder()
            .table_name(table)
            .set_key(Some(key))
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":ttl", number(start.plus(span.life()).seconds()));
        let mut added = Vec::new();
        for (n, (name, count)) in counts(tally).into_iter().enumerate() {
            update = update
                .expression_attribute_names(format!("#c{n}"), name)
                .expression_attribute_values(format!(":c{n}"), number(count));
            added.push(format!("#c{n} :c{n}"));
        }
        let add = if added.is_empty() {
            String::new()
        } else {
            format!(" ADD {}", added.join(", "))
        };
        transact::update(update.update_expression(format!("SET #ttl = :ttl{add}")))
    });
    updates.into_iter().collect()
}

/// The numbers of a tally that are not zero, by the names of their attributes.
fn counts(tally: &Tally) -> Vec<(String, u64)> {
    let mut copy = tally.clone();
    let plain = plain(&mut copy).map(|(name, count)| (name.to_owned(), *count));
    let bucket =
        |prefix: &'static str| move |(bucket, times): (u8, u64)| (format!("{prefix}{bucket:02}"), times);
    let failure =
        |prefix: &'static str| move |(code, times): (&String, &u64)| (format!("{prefix}{code}"), *times);
    let all = plain
        .into_iter()
        .chain(tally.waiting.buckets().map(bucket(WAITING)))
        .chain(tally.processing.buckets().map(bucket(PROCESSING)))
        .chain(tally.job_failures.iter().map(failure(JOB_FAILURES)))
        .chain(tally.chunk_failures.iter().map(failure(CHUNK_FAILURES)));
    all.filter(|(_, count)| *count > 0).collect()
}

/// The plain numbers of a tally by the names of their attributes.
fn plain(tally: &mut Tally) -> [(&'static str, &mut u64); 8] {
    [
        ("completed", &mut tally.completed),
        ("partial", &mut tally.partial),
        ("failed", &mut tally.failed),
        ("cancelled", &mut tally.cancelled),
        ("expired", &mut tally.expired),
        ("chunks", &mut tally.chunks),
        ("tokens", &mut tally.tokens),
        ("cost_nano_usd", &mut tally.cost_nano_usd),
    ]
}

fn tally_in(item: &Item) -> Result<Tally, ItemError> {
    let mut tally = Tally::default();
    for (name, count) in plain(&mut tally) {
        *count = item.number(name)?.unwrap_or_default();
    }
    for name in item.keys() {
        let count = || need(name, item.number::<u64>(name)?);
        if let Some(bucket) = name.strip_prefix(WAITING) {
            put(&mut tally.waiting, bucket, count()?);
        } else if let Some(bucket) = name.strip_prefix(PROCESSING) {
            put(&mut tally.processing, bucket, count()?);
        } else if let Some(code) = name.strip_prefix(JOB_FAILURES) {
            tally.job_failures.insert(code.to_owned(), count()?);
        } else if let Some(code) = name.strip_prefix(CHUNK_FAILURES) {
            tally.chunk_failures.insert(code.to_owned(), count()?);
        }
    }
    Ok(tally)
}

/// A bucket of another release, whose number is none here, is left out.
fn put(histogram: &mut Histogram, bucket: &str, times: u64) {
    if let Ok(bucket) = bucket.parse() {
        histogram.put(bucket, times);
    }
}

/// Zero-padded, so that keys sort as their times do.
fn start_key(span: Span, start: Time) -> String {
    format!("{}{:016}", prefix(span), start.ms().max(0))
}

fn start_in(span: Span, item: &Item) -> Result<Time, ItemError> {
    let sk = need(keys::SK, item.text(keys::SK)?)?;
    let ms = sk.strip_prefix(prefix(span)).and_then(|ms| ms.parse().ok());
    Ok(Time::from_ms(need(keys::SK, ms)?))
}

const fn prefix(span: Span) -> &'static str {
    match span {
        Span::Hour => "hour#",
        Span::Day => "day#",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_tally_reads_back() {
        let mut tally = Tally {
            completed: 1,
            partial: 1,
            chunks: 7,
            cost_nano_usd: 12_345,
            job_failures: [("NO_TEXT".to_owned(), 1)].into(),
            chunk_failures: [("NO_TEXT".to_owned(), 3), ("OTHER".to_owned(), 1)].into(),
            ..Tally::default()
        };
        tally.waiting.count(Duration::from_millis(300));
        tally.processing.count(Duration::from_secs(100_000_000));
        let item: Item = counts(&tally)
            .into_iter()
            .map(|(name, count)| (name, number(count)))
            .chain([(TTL.to_owned(), number(7))])
            .collect();
        assert_eq!(tally_in(&item), Ok(tally));
        assert_eq!(counts(&Tally::default()), []);
    }

    #[test]
    fn starts_read_back_and_sort() {
        for span in Span::ALL {
            let keys =
                [0, 3_600_000, 86_400_000, 4_102_444_800_000].map(|ms| start_key(span, Time::from_ms(ms)));
            assert!(keys.is_sorted());
            let item = keys::tally(3, keys[2].clone());
            assert_eq!(start_in(span, &item), Ok(Time::from_ms(86_400_000)));
        }
    }
}
