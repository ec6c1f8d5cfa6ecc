//! The job record as an item of the jobs table, both ways.
//!
//! Reading is tolerant, so that two releases can work on one table: attributes it does not know are ignored, and
//! missing ones (an index does not project them all) get their defaults.

use std::collections::BTreeMap;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use docmill_core::edition::Edition;
use docmill_core::ids::{JobId, LeaseToken};
use docmill_core::job::{ChunkFailure, Job, JobCredits, Lease, Notice, Phase, Reported, ResultRef, Stage};
use docmill_core::timing::RETENTION;
use docmill_core::usage::Usage;

use crate::attributes::*;
use crate::board::board_value;
use crate::item::{Attributes, Item, ItemError, map, need, not, number, numbers, text, time};

/// The key of a job's item.
pub(crate) fn key_of(id: JobId) -> Item {
    Item::from([(JOB_ID.to_owned(), text(id.to_string()))])
}

/// The item of `job`. Absent values are absent attributes; the maps that steps write into are always there.
pub(crate) fn item_of(job: &Job) -> Item {
    let always = [
        (JOB_ID, text(job.id.to_string())),
        (PIPELINE, text(&job.pipeline)),
        (OWNER, text(&job.owner)),
        (PRIORITY, text(job.priority.as_str())),
        (STATUS, text(job.status.as_str())),
        (PHASE, text(job.phase.as_str())),
        (ATTEMPT, number(job.attempt)),
        (VERSION, number(job.version)),
        (
            FAILED,
            map(job
                .failed
                .iter()
                .map(|(n, failure)| (n.to_string(), failure_value(failure)))),
        ),
        (
            LEASES,
            map(job
                .leases
                .iter()
                .map(|(slot, lease)| (slot.to_string(), lease_value(lease)))),
        ),
        (
            TRIES,
            map(job
                .tries
                .iter()
                .map(|(slot, tries)| (slot.to_string(), number(tries)))),
        ),
        (STAGE, stage_value(&job.stage)),
        (
            WARNINGS,
            AttributeValue::L(job.warnings.iter().map(notice_value).collect()),
        ),
        (FILE_COUNT, number(job.file_count)),
        (USAGE, usage_value(&job.usage)),
        (CREATED_AT, time(job.created_at)),
        (UPDATED_AT, time(job.updated_at)),
        (EXPIRES_AT, time(job.expires_at)),
    ];
    let sometimes = [
        (KIND, job.kind.as_ref().map(text)),
        (LABEL, job.label.as_ref().map(text)),
        (BATCH_ID, job.batch_id.as_ref().map(text)),
        (COMPANY_ID, job.company_id.as_ref().map(text)),
        (CALLBACK_URL, job.callback_url.as_ref().map(text)),
        (OUTCOME, job.outcome.map(|outcome| text(outcome.as_str()))),
        (TOTAL, job.total.map(number)),
        (DONE, (!job.done.is_empty()).then(|| numbers(&job.done))),
        (REPORTED, job.reported.as_ref().map(reported_value)),
        (ERROR, job.error.as_ref().map(notice_value)),
        (FILE_NAME, job.file_name.as_ref().map(text)),
        (RESULT, job.result.as_ref().map(result_value)),
        (CREDITS, job.credits.as_ref().map(credits_value)),
        (
            CHARGED,
            job.credits.and_then(|credits| credits.charged).map(number),
        ),
        (QUEUED_AT, job.queued_at.map(time)),
        (STARTED_AT, job.started_at.map(time)),
        (COMPLETED_AT, job.completed_at.map(time)),
        (DEADLINE_AT, job.deadline_at.map(time)),
        (WARNED_AT, job.warned_at.map(time)),
        (COOLING_UNTIL, job.cooling_until.map(time)),
        (CANCEL_REQUESTED_AT, job.cancel_requested_at.map(time)),
        (CANCELLED_BY, job.cancelled_by.as_ref().map(text)),
        (BOARD, board_value(job.id, job.status)),
        (DUE_AT, job.due_at.map(time)),
        (DUE_SHARD, job.due_at.map(|_| number(job.id.due_shard()))),
        (QUIET, job.quiet.then_some(AttributeValue::Bool(true))),
    ];
    let sometimes = sometimes
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    always
        .into_iter()
        .chain(sometimes)
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The job of `item`.
pub(crate) fn job_of(item: &Item) -> Result<Job, ItemError> {
    let created_at = need(CREATED_AT, item.time(CREATED_AT)?)?;
    let known = [CREATED_AT, STARTED_AT, CANCEL_REQUESTED_AT, COMPLETED_AT];
    let known = known
        .into_iter()
        .map(|name| item.time(name))
        .collect::<Result<Vec<_>, _>>()?;
    let last_known = known.into_iter().flatten().max().unwrap_or(created_at);
    Ok(Job {
        id: need(JOB_ID, item.word(JOB_ID)?)?,
        pipeline: need(PIPELINE, item.text(PIPELINE)?)?.to_owned(),
        kind: owned(item, KIND)?,
        label: owned(item, LABEL)?,
        batch_id: owned(item, BATCH_ID)?,
        company_id: owned(item, COMPANY_ID)?,
        owner: need(OWNER, item.text(OWNER)?)?.to_owned(),
        callback_url: owned(item, CALLBACK_URL)?,
        priority: item.word(PRIORITY)?.unwrap_or_default(),
        status: need(STATUS, item.word(STATUS)?)?,
        phase: item.word(PHASE)?.unwrap_or(Phase::Planning),
        outcome: item.word(OUTCOME)?,
        attempt: need(ATTEMPT, item.number(ATTEMPT)?)?,
        version: need(VERSION, item.number(VERSION)?)?,
        total: item.number(TOTAL)?,
        done: item.numbers(DONE)?,
        failed: entries(item, FAILED, |map, key| failure_of(inner(map, key)?))?,
        leases: entries(item, LEASES, |map, key| lease_of(inner(map, key)?))?,
        tries: entries(item, TRIES, |map, key| need(TRIES, map.number(key)?))?,
        stage: stage_of(need(STAGE, item.map(STAGE)?)?)?,
        reported: item.map(REPORTED)?.map(reported_of).transpose()?,
        warnings: item
            .maps(WARNINGS)?
            .into_iter()
            .map(notice_of)
            .collect::<Result<_, _>>()?,
        error: item.map(ERROR)?.map(notice_of).transpose()?,
        file_name: owned(item, FILE_NAME)?,
        file_count: item.number(FILE_COUNT)?.unwrap_or_default(),
        result: item.map(RESULT)?.map(result_of).transpose()?,
        credits: credits_in(item)?,
        usage: item.map(USAGE)?.map(usage_of).transpose()?.unwrap_or_default(),
        created_at,
        queued_at: item.time(QUEUED_AT)?,
        started_at: item.time(STARTED_AT)?,
        completed_at: item.time(COMPLETED_AT)?,
        updated_at: item.time(UPDATED_AT)?.unwrap_or(last_known),
        deadline_at: item.time(DEADLINE_AT)?,
        warned_at: item.time(WARNED_AT)?,
        cooling_until: item.time(COOLING_UNTIL)?,
        expires_at: item
            .time(EXPIRES_AT)?
            .unwrap_or_else(|| created_at.plus(RETENTION)),
        cancel_requested_at: item.time(CANCEL_REQUESTED_AT)?,
        cancelled_by: owned(item, CANCELLED_BY)?,
        due_at: item.time(DUE_AT)?,
        quiet: item.flag(QUIET)?.unwrap_or_default(),
    })
}

fn owned(item: &Item, name: &str) -> Result<Option<String>, ItemError> {
    Ok(item.text(name)?.map(ToOwned::to_owned))
}

fn inner<'a>(item: &'a Item, name: &str) -> Result<&'a Item, ItemError> {
    need(name, item.map(name)?)
}

/// The entries of the map `name`, whose keys are numbers or slots.
fn entries<K: FromStr + Ord, V>(
    item: &Item,
    name: &str,
    value_of: impl Fn(&Item, &str) -> Result<V, ItemError>,
) -> Result<BTreeMap<K, V>, ItemError> {
    let Some(map) = item.map(name)? else {
        return Ok(BTreeMap::new());
    };
    let entry = |key: &String| {
        let parsed = key
            .parse()
            .map_err(|_| not(name, &format!("a map with a key `{key}`")))?;
        Ok((parsed, value_of(map, key)?))
    };
    map.keys().map(entry).collect()
}

/// Credits of an attempt but for the charge, which stands beside them: it is set whether or not they are there.
pub(crate) fn credits_value(credits: &JobCredits) -> AttributeValue {
    map([
        (RESERVED, number(credits.reserved)),
        (COUNTED, number(credits.counted)),
        (RATE, number(credits.rate)),
        (TOKENS_BEFORE, number(credits.tokens_before)),
        (COST_BEFORE_NANO_USD, number(credits.cost_before_nano_usd)),
    ])
}

fn credits_in(item: &Item) -> Result<Option<JobCredits>, ItemError> {
    let Some(map) = item.map(CREDITS)? else {
        return Ok(None);
    };
    Ok(Some(JobCredits {
        reserved: need(RESERVED, map.number(RESERVED)?)?,
        charged: item.number(CHARGED)?,
        counted: map.number(COUNTED)?.unwrap_or_default(),
        rate: map.number(RATE)?.unwrap_or_default(),
        tokens_before: map.number(TOKENS_BEFORE)?.unwrap_or_default(),
        cost_before_nano_usd: map.number(COST_BEFORE_NANO_USD)?.unwrap_or_default(),
    }))
}

pub(crate) fn failure_value(failure: &ChunkFailure) -> AttributeValue {
    map([(CODE, text(&failure.code)), (TRIES, number(failure.tries))])
}

fn failure_of(item: &Item) -> Result<ChunkFailure, ItemError> {
    Ok(ChunkFailure {
        code: need(CODE, item.text(CODE)?)?.to_owned(),
        tries: item.number(TRIES)?.unwrap_or_default(),
    })
}

pub(crate) fn lease_value(lease: &Lease) -> AttributeValue {
    let token = lease.token.as_ref().map(|token| (TOKEN, text(token.as_str())));
    map(token.into_iter().chain([(UNTIL, time(lease.until))]))
}

fn lease_of(item: &Item) -> Result<Lease, ItemError> {
    Ok(Lease {
        token: item.text(TOKEN)?.map(LeaseToken::from_stored),
        until: need(UNTIL, item.time(UNTIL)?)?,
    })
}

pub(crate) fn stage_value(stage: &Stage) -> AttributeValue {
    map([
        (INDEX, number(stage.index)),
        (COUNT, number(stage.count)),
        (TEXT, text(&stage.text)),
        (FROM, number(stage.from)),
        (TO, number(stage.to)),
    ])
}

fn stage_of(item: &Item) -> Result<Stage, ItemError> {
    Ok(Stage {
        index: item.number(INDEX)?.unwrap_or_default(),
        count: item.number(COUNT)?.unwrap_or_default(),
        text: item.text(TEXT)?.unwrap_or_default().to_owned(),
        from: item.number(FROM)?.unwrap_or_default(),
        to: item.number(TO)?.unwrap_or_default(),
    })
}

pub(crate) fn reported_value(reported: &Reported) -> AttributeValue {
    map([
        (INDEX, number(reported.index)),
        (TEXT, text(&reported.text)),
        (PERCENT, number(reported.percent)),
    ])
}

fn reported_of(item: &Item) -> Result<Reported, ItemError> {
    Ok(Reported {
        index: item.number(INDEX)?.unwrap_or_default(),
        text: item.text(TEXT)?.unwrap_or_default().to_owned(),
        percent: need(PERCENT, item.number(PERCENT)?)?,
    })
}

pub(crate) fn notice_value(notice: &Notice) -> AttributeValue {
    map([(CODE, text(&notice.code)), (MESSAGE, text(&notice.message))])
}

fn notice_of(item: &Item) -> Result<Notice, ItemError> {
    Ok(Notice {
        code: need(CODE, item.text(CODE)?)?.to_owned(),
        message: item.text(MESSAGE)?.unwrap_or_default().to_owned(),
    })
}

pub(crate) fn result_value(result: &ResultRef) -> AttributeValue {
    let formats = result
        .formats
        .iter()
        .map(|(format, parts)| (format, number(parts)));
    let always = [(ATTEMPT, number(result.attempt)), (FORMATS, map(formats))];
    let editions = AttributeValue::L(result.editions.iter().map(edition_value).collect());
    let sometimes = (!result.editions.is_empty()).then_some((EDITIONS, editions));
    map(always.into_iter().chain(sometimes))
}

fn result_of(item: &Item) -> Result<ResultRef, ItemError> {
    Ok(ResultRef {
        attempt: need(ATTEMPT, item.number(ATTEMPT)?)?,
        formats: entries(item, FORMATS, |map, key| need(FORMATS, map.number(key)?))?,
        editions: item
            .maps(EDITIONS)?
            .into_iter()
            .map(edition_of)
            .collect::<Result<_, _>>()?,
    })
}

fn edition_value(edition: &Edition) -> AttributeValue {
    map([
        (AUTHOR, text(&edition.author)),
        (AT, time(edition.at)),
        (DIGEST, text(&edition.digest)),
    ])
}

fn edition_of(item: &Item) -> Result<Edition, ItemError> {
    Ok(Edition {
        author: need(AUTHOR, item.text(AUTHOR)?)?.to_owned(),
        at: need(AT, item.time(AT)?)?,
        digest: need(DIGEST, item.text(DIGEST)?)?.to_owned(),
    })
}

fn usage_value(usage: &Usage) -> AttributeValue {
    let requests = usage
        .requests
        .iter()
        .map(|(operation, count)| (operation, number(count)));
    let counters = counters(usage).map(|(name, count)| (name, number(count)));
    map(counters.into_iter().chain([(REQUESTS, map(requests))]))
}

/// The plain counters of `usage` by name; those of requests have a map of their own.
pub(crate) fn counters(usage: &Usage) -> [(&'static str, u64); 6] {
    [
        (LAMBDA_MS, usage.lambda_ms),
        (LAMBDA_MB_MS, usage.lambda_mb_ms),
        (TOKENS_IN, usage.tokens_in),
        (TOKENS_OUT, usage.tokens_out),
        (PAGES_READ, usage.pages_read),
        (MODEL_NANO_USD, usage.model_nano_usd),
    ]
}

fn usage_of(item: &Item) -> Result<Usage, ItemError> {
    let counter = |name| Ok::<u64, ItemError>(item.number(name)?.unwrap_or_default());
    Ok(Usage {
        lambda_ms: counter(LAMBDA_MS)?,
        lambda_mb_ms: counter(LAMBDA_MB_MS)?,
        requests: entries(item, REQUESTS, |map, key| need(REQUESTS, map.number(key)?))?,
        tokens_in: counter(TOKENS_IN)?,
        tokens_out: counter(TOKENS_OUT)?,
        pages_read: counter(PAGES_READ)?,
        model_nano_usd: counter(MODEL_NANO_USD)?,
    })
}

#[cfg(test)]
mod tests {
    use docmill_conformance::arbitrary;
    use docmill_core::job::Status;
    use docmill_core::time::Time;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_record_reads_back(job in arbitrary::job()) {
            prop_assert_eq!(job_of(&item_of(&job)), Ok(job));
        }

        #[test]
        fn unknown_attributes_are_ignored(job in arbitrary::job()) {
            let mut item = item_of(&job);
            item.insert("of_a_later_release".to_owned(), map([("nested", AttributeValue::Null(true))]));
            prop_assert_eq!(job_of(&item), Ok(job));
        }
    }

    fn smallest() -> Item {
        [
            (JOB_ID, text("019aa000-0000-7000-8000-000000000007")),
            (PIPELINE, text("novel")),
            (OWNER, text("user")),
            (STATUS, text("completed")),
            (ATTEMPT, number(1)),
            (VERSION, number(7)),
            (STAGE, map([(INDEX, number(5))])),
            (CREATED_AT, number(1_000)),
            (COMPLETED_AT, number(9_000)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    #[test]
    fn what_is_missing_has_its_default() {
        let job = job_of(&smallest()).unwrap();
        assert_eq!(
            (job.status, job.version, job.phase),
            (Status::Completed, 7, Phase::Planning)
        );
        assert_eq!(job.updated_at, Time::from_ms(9_000));
        assert_eq!(job.expires_at, Time::from_ms(1_000).plus(RETENTION));
        assert!(job.done.is_empty() && job.leases.is_empty() && job.usage == Usage::default());
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let broken = |name: &str, value: Option<AttributeValue>| {
            let mut item = smallest();
            item.remove(name);
            item.extend(value.map(|value| (name.to_owned(), value)));
            job_of(&item).unwrap_err().to_string()
        };
        assert_eq!(broken(OWNER, None), "attribute `owner` is missing");
        assert_eq!(
            broken(STATUS, Some(text("lost"))),
            "attribute `status` is not known: `lost`"
        );
        assert_eq!(
            broken(VERSION, Some(text("7"))),
            "attribute `version` is not a number in range"
        );
        assert_eq!(
            broken(DONE, Some(number(7))),
            "attribute `done` is not a set of numbers"
        );
        let leases = map([("soon", map([(UNTIL, number(1))]))]);
        assert_eq!(
            broken(LEASES, Some(leases)),
            "attribute `leases` is not a map with a key `soon`"
        );
    }
}
