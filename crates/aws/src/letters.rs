//! [`Letters`] in the accounts table, all under one partition key: there are few, and they are read in the order of their ids.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure as OnFailure, Select};
use docmill_core::ids::JobId;
use docmill_core::job::Slot;
use docmill_core::operations::{Letter, LetterAbout, LetterState, Letters, OpenLetters};
use docmill_core::ports::PortResult;
use docmill_core::time::Time;

use crate::errors;
use crate::item::{Attributes, Item, ItemError, need, number, text, time};
use crate::keys;
use crate::transact::put_if;

const PRIORITY: &str = "priority";
const KIND: &str = "kind";
const STATE: &str = "state";
const JOB_ID: &str = "job_id";
const ATTEMPT: &str = "attempt";
const SLOT: &str = "slot";
const RECEIVES: &str = "receives";
const BYTES: &str = "bytes";
const PARKED: &str = "parked";
const SENT_AT: &str = "sent_at";
const GIVEN_UP_AT: &str = "given_up_at";
const SETTLED_AT: &str = "settled_at";
const SETTLED_BY: &str = "settled_by";
const TTL: &str = "ttl";

/// Requests that a count makes at most; 1 MB, some thousand records, each.
const MAX_REQUESTS: usize = 5;

/// Records of dead letters.
#[derive(Clone, Debug)]
pub struct DynamoLetters {
    client: Client,
    table: String,
}

impl DynamoLetters {
    /// Those in the accounts table `table`.
    pub fn new(client: Client, table: &str) -> Self {
        Self {
            client,
            table: table.to_owned(),
        }
    }

    /// Open ones, or the others.
    fn query(&self, open: bool) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .filter_expression(if open { "#state = :open" } else { "#state <> :open" })
            .expression_attribute_names("#state", STATE)
            .expression_attribute_values(":open", text(LetterState::Open.as_str()))
            .expression_attribute_values(":pk", text(keys::LETTERS))
            .consistent_read(true)
            .scan_index_forward(false)
    }
}

#[async_trait]
impl Letters for DynamoLetters {
    async fn keep(&self, letter: &Letter) -> PortResult<()> {
        let request = self.client.put_item().table_name(&self.table);
        let request = request
            .set_item(Some(item_of(letter)))
            .condition_expression("attribute_not_exists(pk)");
        put_if(request).await.map(|_| ())
    }

    async fn get(&self, id: &str) -> PortResult<Option<Letter>> {
        let request = self.client.get_item().table_name(&self.table);
        let request = request.set_key(Some(keys::letter(id))).consistent_read(true);
        let answer = request.send().await.map_err(errors::dynamodb)?;
        Ok(answer.item().map(letter_in).transpose()?)
    }

    async fn page(&self, open: bool, before: Option<&str>, limit: usize) -> PortResult<Vec<Letter>> {
        let query = match before {
            None => self.query(open).key_condition_expression("pk = :pk"),
            Some(before) => self
                .query(open)
                .key_condition_expression("pk = :pk AND sk < :before")
                .expression_attribute_values(":before", text(before)),
        };
        let mut letters = Vec::new();
        let mut start = None;
        loop {
            let answer = query.clone().set_exclusive_start_key(start).send().await;
            let answer = answer.map_err(errors::dynamodb)?;
            for item in answer.items() {
                letters.push(letter_in(item)?);
            }
            start = answer.last_evaluated_key().cloned();
            if start.is_none() || letters.len() >= limit {
                break;
            }
        }
        letters.truncate(limit);
        Ok(letters)
    }

    async fn settle(&self, id: &str, state: LetterState, at: Time, by: &str) -> PortResult<Option<Letter>> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::letter(id)))
            .condition_expression("#state = :open")
            .update_expression("SET #state = :state, #at = :at, #by = :by")
            .expression_attribute_names("#state", STATE)
            .expression_attribute_names("#at", SETTLED_AT)
            .expression_attribute_names("#by", SETTLED_BY)
            .expression_attribute_values(":open", text(LetterState::Open.as_str()))
            .expression_attribute_values(":state", text(state.as_str()))
            .expression_attribute_values(":at", time(at))
            .expression_attribute_values(":by", text(by))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(OnFailure::AllOld);
        let item = match request.send().await {
            Ok(answer) => answer.attributes,
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refusal)) => refusal.item.clone(),
                _ => return Err(errors::dynamodb(error)),
            },
        };
        let item = item.filter(|item| !item.is_empty());
        Ok(item.as_ref().map(letter_in).transpose()?)
    }

    async fn open(&self) -> PortResult<OpenLetters> {
        let query = self
            .query(true)
            .key_condition_expression("pk = :pk")
            .select(Select::Count);
        let mut open = 0;
        let mut start = None;
        for _ in 0..MAX_REQUESTS {
            let answer = query.clone().set_exclusive_start_key(start).send().await;
            let answer = answer.map_err(errors::dynamodb)?;
            open += u64::try_from(answer.count()).unwrap_or(0);
            start = answer.last_evaluated_key().cloned();
            if start.is_none() {
                break;
            }
        }
        Ok(OpenLetters {
            open,
            complete: start.is_none(),
        })
    }
}

fn item_of(letter: &Letter) -> Item {
    let mut item = keys::letter(&letter.id);
    let always = [
        (PRIORITY, text(letter.priority.as_str())),
        (KIND, text(letter.kind.as_str())),
        (STATE, text(letter.state.as_str())),
        (RECEIVES, number(letter.receives)),
        (BYTES, number(letter.bytes)),
        (SENT_AT, time(letter.sent_at)),
        (GIVEN_UP_AT, time(letter.given_up_at)),
        (TTL, number(letter.expires_at().seconds())),
    ];
    let about = letter.about.as_ref();
    let settled = letter.settled.as_ref();
    let sometimes = [
        (JOB_ID, about.map(|about| text(about.job.to_string()))),
        (ATTEMPT, about.map(|about| number(about.attempt))),
        (SLOT, about.map(|about| text(about.slot.to_string()))),
        (PARKED, letter.parked.as_ref().map(text)),
        (SETTLED_AT, settled.map(|(at, _)| time(*at))),
        (SETTLED_BY, settled.map(|(_, by)| text(by))),
    ];
    let sometimes = sometimes
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    let values = always.into_iter().chain(sometimes);
    item.extend(values.map(|(name, value)| (name.to_owned(), value)));
    item
}

fn letter_in(item: &Item) -> Result<Letter, ItemError> {
    let about = match item.word::<JobId>(JOB_ID)? {
        None => None,
        Some(job) => Some(LetterAbout {
            job,
            attempt: need(ATTEMPT, item.number(ATTEMPT)?)?,
            slot: need(SLOT, item.word::<Slot>(SLOT)?)?,
        }),
    };
    let settled = match item.time(SETTLED_AT)? {
        None => None,
        Some(at) => Some((at, need(SETTLED_BY, item.text(SETTLED_BY)?)?.to_owned())),
    };
    Ok(Letter {
        id: need(keys::SK, item.text(keys::SK)?)?.to_owned(),
        priority: need(PRIORITY, item.word(PRIORITY)?)?,
        kind: need(KIND, item.word(KIND)?)?,
        state: need(STATE, item.word(STATE)?)?,
        about,
        receives: item.number(RECEIVES)?.unwrap_or_default(),
        bytes: item.number(BYTES)?.unwrap_or_default(),
        parked: item.text(PARKED)?.map(ToOwned::to_owned),
        sent_at: need(SENT_AT, item.time(SENT_AT)?)?,
        given_up_at: need(GIVEN_UP_AT, item.time(GIVEN_UP_AT)?)?,
        settled,
    })
}
