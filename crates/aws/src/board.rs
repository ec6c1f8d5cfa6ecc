//! [`JobBoard`] on the index `board` of the jobs table, whose partitions hold open and failed jobs, and nothing else.
//!
//! An index sorts by the moment of creation alone: of jobs that were made in the same millisecond, any may come first. What
//! a request ends in the middle of is therefore known down to the last moment it came to, and not that moment itself.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use docmill_core::ids::JobId;
use docmill_core::job::{Job, Phase, Status};
use docmill_core::operations::{BOARD_SHARDS, BoardEntry, BoardList, BoardPage, BoardQuery, JobBoard};
use docmill_core::ports::{ListCursor, PortError, PortResult};
use docmill_core::time::Time;
use docmill_core::timing::RETENTION;
use futures::future::try_join_all;

use crate::attributes::*;
use crate::errors;
use crate::item::{Attributes, Item, ItemError, need, number, text};
use crate::job_item::{job_of, key_of};

const INDEX: &str = "board";

/// Requests made to one partition for one page, 1 MB each; who wants more comes again with the cursor.
const MAX_REQUESTS: usize = 5;

/// Items looked at in one request when most of them may be dropped.
const LARGE_PAGE: usize = 1_000;

/// Records that DynamoDB reads in one request.
const BATCH: usize = 100;

/// How often records that a request left out are asked for again.
const ROUNDS: usize = 5;

/// Open and failed jobs.
#[derive(Clone, Debug)]
pub struct DynamoBoard {
    client: Client,
    table: String,
}

/// What one partition of a list had for a page.
#[derive(Default)]
struct Part {
    entries: Vec<BoardEntry>,
    /// Where there is more: when the last one was made that was looked at. Others of that moment may be missing.
    until: Option<Time>,
}

/// Whether nothing is missing before this entry of a list that was looked at until then.
fn is_settled(entry: &BoardEntry, until: Option<Time>) -> bool {
    until.is_none_or(|until| entry.created_at > until)
}

impl DynamoBoard {
    /// The board of the jobs table `table`.
    pub fn new(client: Client, table: &str) -> Self {
        Self {
            client,
            table: table.to_owned(),
        }
    }

    /// Entries of one partition behind `after`, newest first; at least `limit` settled ones, unless there are fewer or they
    /// take too many requests.
    async fn part(
        &self,
        shard: u8,
        query: &BoardQuery,
        after: Option<ListCursor>,
        limit: usize,
    ) -> PortResult<Part> {
        let is_filtered = query.status.is_some() || query.pipeline.is_some();
        let mut part = Part::default();
        let mut start = None;
        for requests in 1.. {
            let request = self.request(shard, query, after).set_exclusive_start_key(start);
            // The one that `after` is, those of the page, and one behind them.
            let wanted = if is_filtered || requests > 1 {
                LARGE_PAGE
            } else {
                limit + 2
            };
            let request = request.limit(i32::try_from(wanted).unwrap_or(i32::MAX));
            let answer = request.send().await.map_err(errors::dynamodb)?;
            for item in answer.items() {
                let entry = entry_in(item)?;
                // The key condition knows the moment only.
                if after.is_none_or(|after| place(entry.cursor()) < place(after)) {
                    part.entries.push(entry);
                }
            }
            start = answer.last_evaluated_key().cloned();
            part.until = start.as_ref().map(created_at).transpose()?;
            let Some(until) = part.until else { break };
            // One moment's jobs, however many, are looked at to their end: the next page would begin where this one did.
            let goes_on = after.is_none_or(|after| place(behind(until)) < place(after));
            let settled = part.entries.iter().filter(|entry| is_settled(entry, part.until));
            if settled.count() >= limit || requests >= MAX_REQUESTS && goes_on {
                break;
            }
        }
        Ok(part)
    }

    fn request(&self, shard: u8, query: &BoardQuery, after: Option<ListCursor>) -> QueryFluentBuilder {
        let mut request = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(INDEX)
            .expression_attribute_names("#board", BOARD)
            .expression_attribute_values(":board", text(partition(query.list, shard)))
            .scan_index_forward(false);
        request = match after {
            None => request.key_condition_expression("#board = :board"),
            Some(after) => request
                .key_condition_expression("#board = :board AND #created_at <= :after")
                .expression_attribute_names("#created_at", CREATED_AT)
                .expression_attribute_values(":after", number(after.created_at_ms)),
        };
        let wanted = [
            (STATUS, query.status.map(|status| status.as_str().to_owned())),
            (PIPELINE, query.pipeline.clone()),
        ];
        let mut filters = Vec::new();
        for (name, value) in wanted {
            let Some(value) = value else { continue };
            filters.push(format!("#{name} = :{name}"));
            request = request
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), text(value));
        }
        if filters.is_empty() {
            request
        } else {
            request.filter_expression(filters.join(" AND "))
        }
    }

    async fn batch(&self, ids: &[JobId]) -> PortResult<Vec<Job>> {
        let mut jobs = Vec::new();
        let mut keys: Vec<Item> = ids.iter().map(|id| key_of(*id)).collect();
        for _ in 0..ROUNDS {
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .consistent_read(true);
            let wanted = wanted.build().map_err(errors::incomplete)?;
            let request = self.client.batch_get_item().request_items(&self.table, wanted);
            let answer = request.send().await.map_err(errors::dynamodb)?;
            for item in answer
                .responses()
                .and_then(|tables| tables.get(&self.table))
                .into_iter()
                .flatten()
            {
                jobs.push(job_of(item)?);
            }
            let left = answer
                .unprocessed_keys()
                .and_then(|tables| tables.get(&self.table));
            keys = left.map(|left| left.keys().to_vec()).unwrap_or_default();
            if keys.is_empty() {
                return Ok(jobs);
            }
        }
        Err(PortError::Throttled {
            service: "dynamodb",
            retry_after: None,
        })
    }
}

#[async_trait]
impl JobBoard for DynamoBoard {
    async fn page(
        &self,
        query: &BoardQuery,
        after: Option<ListCursor>,
        limit: usize,
    ) -> PortResult<BoardPage> {
        let parts = (0..BOARD_SHARDS).map(|shard| self.part(shard, query, after, limit));
        Ok(merged(try_join_all(parts).await?, limit))
    }

    async fn records(&self, ids: &[JobId]) -> PortResult<Vec<Job>> {
        let batches = ids.chunks(BATCH).map(|ids| self.batch(ids));
        Ok(try_join_all(batches).await?.into_iter().flatten().collect())
    }
}

/// One page of what all partitions had: no further than where the first of them stopped.
fn merged(parts: Vec<Part>, limit: usize) -> BoardPage {
    let horizon = parts.iter().filter_map(|part| part.until).max();
    let mut entries: Vec<BoardEntry> = parts.into_iter().flat_map(|part| part.entries).collect();
    entries.retain(|entry| is_settled(entry, horizon));
    entries.sort_by_key(|entry| std::cmp::Reverse(place(entry.cursor())));
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next = if more {
        entries.last().map(BoardEntry::cursor)
    } else {
        horizon.map(behind)
    };
    BoardPage { entries, next }
}

/// Behind everything that was made after this moment, and before what was made in it.
fn behind(moment: Time) -> ListCursor {
    ListCursor {
        created_at_ms: moment.ms().saturating_add(1),
        job_id: JobId::first_of(Time::from_ms(0)),
    }
}

fn place(cursor: ListCursor) -> (i64, JobId) {
    (cursor.created_at_ms, cursor.job_id)
}

/// The partition of the index that the job with this id stands in; `None` while it stands in none.
pub(crate) fn board_value(id: JobId, status: Status) -> Option<AttributeValue> {
    let list = BoardList::of(status)?;
    Some(text(partition(list, id.due_shard() % BOARD_SHARDS)))
}

fn partition(list: BoardList, shard: u8) -> String {
    format!("{}#{shard}", list.as_str())
}

fn created_at(key: &Item) -> Result<Time, ItemError> {
    need(CREATED_AT, key.time(CREATED_AT)?)
}

fn entry_in(item: &Item) -> Result<BoardEntry, ItemError> {
    let owned = |name| Ok::<_, ItemError>(item.text(name)?.map(ToOwned::to_owned));
    let created_at: Time = need(CREATED_AT, item.time(CREATED_AT)?)?;
    let error = item
        .map(ERROR)?
        .map(|error| error.text(CODE))
        .transpose()?
        .flatten();
    Ok(BoardEntry {
        job_id: need(JOB_ID, item.word(JOB_ID)?)?,
        pipeline: need(PIPELINE, owned(PIPELINE)?)?,
        kind: owned(KIND)?,
        owner: need(OWNER, owned(OWNER)?)?,
        company_id: owned(COMPANY_ID)?,
        priority: item.word(PRIORITY)?.unwrap_or_default(),
        status: need(STATUS, item.word(STATUS)?)?,
        phase: item.word(PHASE)?.unwrap_or(Phase::Planning),
        attempt: need(ATTEMPT, item.number(ATTEMPT)?)?,
        total_chunks: item.number(TOTAL)?,
        error_code: error.map(ToOwned::to_owned),
        created_at,
        queued_at: item.time(QUEUED_AT)?,
        started_at: item.time(STARTED_AT)?,
        completed_at: item.time(COMPLETED_AT)?,
        cancel_requested_at: item.time(CANCEL_REQUESTED_AT)?,
        expires_at: item
            .time(EXPIRES_AT)?
            .unwrap_or_else(|| created_at.plus(RETENTION)),
    })
}

#[cfg(test)]
mod tests {
    use docmill_conformance::arbitrary;
    use proptest::prelude::*;

    use super::*;
    use crate::job_item::item_of;

    proptest! {
        #[test]
        fn an_entry_is_what_the_record_says(job in arbitrary::job()) {
            prop_assert_eq!(entry_in(&item_of(&job)), Ok(BoardEntry::of(&job)));
        }

        #[test]
        fn a_page_has_everything_down_to_its_end(
            jobs in prop::collection::vec((arbitrary::job(), 0_i64..6), 0..20),
            stops in prop::collection::vec(0_usize..8, 3),
            limit in 1_usize..10,
        ) {
            let mut parts: Vec<Vec<BoardEntry>> = vec![Vec::new(); 3];
            for (n, (job, moment)) in jobs.iter().enumerate() {
                let job = Job { created_at: Time::from_ms(*moment), ..job.clone() };
                parts[n % 3].push(BoardEntry::of(&job));
            }
            let all: Vec<BoardEntry> = parts.concat();
            let parts = parts.into_iter().zip(&stops).map(|(mut entries, stop)| {
                // Those of one moment stay as they come.
                entries.sort_by_key(|entry| std::cmp::Reverse(entry.created_at));
                let cut = (*stop > 0 && *stop < entries.len()).then_some(*stop);
                entries.truncate(cut.unwrap_or(entries.len()));
                Part { until: cut.and_then(|_| entries.last().map(|entry| entry.created_at)), entries }
            });
            let page = merged(parts.collect(), limit);
            prop_assert!(page.entries.len() <= limit);
            let next = page.next.map(place);
            let is_before_next = |place: &(i64, JobId)| next.is_none_or(|next| *place >= next);
            let wanted: std::collections::BTreeSet<_> = all.iter().map(|entry| place(entry.cursor())).filter(is_before_next).collect();
            let got: Vec<_> = page.entries.iter().map(|entry| place(entry.cursor())).collect();
            prop_assert!(got.iter().rev().eq(&wanted));
        }
    }
}
