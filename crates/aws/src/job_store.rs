//! [`JobStore`] on DynamoDB.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    CancellationReason, Put, ReturnValue, ReturnValuesOnConditionCheckFailure as OnFailure,
    TransactWriteItem, Update,
};
use docmill_core::account::{Due, Dues};
use docmill_core::ids::JobId;
use docmill_core::job::{Job, Status};
use docmill_core::operations::Tally;
use docmill_core::ports::{
    Created, IdempotencyEntry, JobFilter, JobPage, JobStore, ListCursor, NewJob, PortError, PortResult,
};
use docmill_core::running::{Admission, RunningLimits, Tenant};
use docmill_core::step::{Applied, Edit, Guard, Step};
use docmill_core::time::Time;

use crate::attributes::{EXPIRES_AT, JOB_ID};
use crate::details::request_item;
use crate::errors;
use crate::figures;
use crate::idempotency;
use crate::item::{Item, time};
use crate::job_item::{item_of, job_of, key_of};
use crate::ledger;
use crate::listing;
use crate::running;
use crate::step_expression::{conditions, expressions};
use crate::transact::{self, CONFLICT_TRIES, Transacted, condition_failed, conflicts, pause, transact};

/// Job records.
#[derive(Clone, Debug)]
pub struct DynamoJobs {
    client: Client,
    table: String,
    accounts: Option<String>,
    events: Option<String>,
}

impl DynamoJobs {
    /// The records in the jobs table `table`, for a function that only reads them.
    pub fn new(client: Client, table: &str) -> Self {
        Self {
            client,
            table: table.to_owned(),
            accounts: None,
            events: None,
        }
    }

    /// The same, for a function that starts and ends jobs: their places are in the table `accounts`.
    #[must_use]
    pub fn moving(mut self, accounts: &str) -> Self {
        self.accounts = Some(accounts.to_owned());
        self
    }

    /// The same, for a function that creates jobs as well: details go to the table `events`.
    #[must_use]
    pub fn creating(mut self, events: &str) -> Self {
        self.events = Some(events.to_owned());
        self
    }

    fn accounts(&self) -> PortResult<&str> {
        given(self.accounts.as_deref(), "accounts")
    }

    fn update(&self, id: JobId, step: &Step) -> PortResult<TransactWriteItem> {
        let wanted = expressions(id, step);
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key_of(id)))
            .condition_expression(wanted.condition)
            .update_expression(wanted.update)
            .set_expression_attribute_names(Some(wanted.names))
            .set_expression_attribute_values(some(&wanted.values))
            .return_values_on_condition_check_failure(OnFailure::AllOld);
        transact::update(update)
    }

    /// A transaction answers without the new record, so a written one is read: two requests, a few times in an attempt.
    async fn written(&self, id: JobId) -> PortResult<Applied> {
        let job = self.read(id).await?;
        Ok(job.map_or(Applied::Unknown, |job| Applied::Yes(job.into())))
    }

    async fn read(&self, id: JobId) -> PortResult<Option<Job>> {
        let request = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key_of(id)));
        let answer = request
            .consistent_read(true)
            .send()
            .await
            .map_err(errors::dynamodb)?;
        Ok(answer.item().map(job_of).transpose()?)
    }
}

#[async_trait]
impl JobStore for DynamoJobs {
    async fn create(&self, new: NewJob) -> PortResult<Created> {
        let (accounts, events) = (self.accounts()?, given(self.events.as_deref(), "events")?);
        let NewJob {
            job,
            request,
            idempotency: entry,
            places,
            dues,
        } = new;
        let detail = request_item(job.id, &request, job.expires_at)?;
        let mut items = vec![
            put(
                &self.table,
                item_of(&job),
                Some((&format!("attribute_not_exists({JOB_ID})"), Item::new())),
            )?,
            put(events, detail, None)?,
        ];
        if let Some(entry) = &entry {
            let now = Item::from([(":now".to_owned(), time(job.created_at))]);
            let item = idempotency::item_of(entry);
            items.push(put(accounts, item, Some((idempotency::FORGOTTEN, now)))?);
        }
        let before_dues = items.len();
        items.extend(ledger::pay(accounts, &job.owner, job.id, job.attempt, &dues)?);
        let before_places = items.len();
        if let Some(limits) = &places {
            items.extend(running::take(accounts, &job, limits)?);
        }
        let reasons = match transact(&self.client, items).await? {
            Transacted::Yes => return Ok(Created::Yes),
            Transacted::Refused(reasons) => reasons,
        };
        let failed = |at: usize| reasons.get(at).filter(|reason| condition_failed(reason));
        if let (Some(reason), Some(entry)) = (failed(2), entry) {
            let missing = || PortError::Broken("dynamodb: a refusal without the item in the way".to_owned());
            let earlier = idempotency::entry_of(&entry.owner, reason.item().ok_or_else(missing)?)?;
            return Ok(Created::KeyInUse(earlier));
        }
        if failed(0).is_some() {
            // Ids are random: a record of this id can only be the caller's own earlier write.
            return Ok(Created::Yes);
        }
        if let Some(due) = unpaid(&dues, &reasons[before_dues.min(reasons.len())..]) {
            return Ok(Created::Unpaid(due));
        }
        if (before_places..reasons.len()).any(|at| failed(at).is_some()) {
            return Ok(Created::Full);
        }
        Err(PortError::Broken(
            "dynamodb: a refusal without a reason".to_owned(),
        ))
    }

    async fn idempotent(&self, owner: &str, key: &str, now: Time) -> PortResult<Option<IdempotencyEntry>> {
        let request = self.client.get_item().table_name(self.accounts()?);
        let request = request
            .set_key(Some(idempotency::key_of(owner, key)))
            .consistent_read(true);
        let answer = request.send().await.map_err(errors::dynamodb)?;
        let entry = answer
            .item()
            .map(|item| idempotency::entry_of(owner, item))
            .transpose()?;
        Ok(entry.filter(|entry| entry.expires_at > now))
    }

    async fn get(&self, id: JobId) -> PortResult<Option<Job>> {
        self.read(id).await
    }

    async fn apply(&self, id: JobId, step: &Step) -> PortResult<Applied> {
        let wanted = expressions(id, step);
        for attempt in 1..=CONFLICT_TRIES {
            let request = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(key_of(id)));
            let request = request
                .condition_expression(&wanted.condition)
                .update_expression(&wanted.update)
                .set_expression_attribute_names(Some(wanted.names.clone()))
                .set_expression_attribute_values(some(&wanted.values))
                .return_values(ReturnValue::AllNew)
                .return_values_on_condition_check_failure(OnFailure::AllOld);
            let error = match request.send().await {
                Ok(answer) => return yes(answer.attributes()),
                Err(error) => error,
            };
            match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refusal)) => {
                    return refused(refusal.item());
                }
                Some(UpdateItemError::TransactionConflictException(_)) => pause(attempt).await,
                _ => return Err(errors::dynamodb(error)),
            }
        }
        Err(conflicts())
    }

    async fn admit(
        &self,
        job: &Job,
        step: &Step,
        places: Option<&RunningLimits>,
        dues: &Dues,
    ) -> PortResult<Admission> {
        let accounts = self.accounts()?;
        let attempt = attempt_after(job, step);
        let mut items = vec![self.update(job.id, step)?];
        items.extend(ledger::pay(accounts, &job.owner, job.id, attempt, dues)?);
        if let Some(limits) = places {
            items.extend(running::take(accounts, job, limits)?);
        }
        Ok(match transact(&self.client, items).await? {
            Transacted::Yes => Admission::Applied(self.written(job.id).await?),
            Transacted::Refused(reasons) => match reasons.split_first() {
                Some((reason, _)) if condition_failed(reason) => Admission::Applied(refused(reason.item())?),
                Some((_, others)) => unpaid(dues, others).map_or(Admission::Full, Admission::Unpaid),
                None => Admission::Full,
            },
        })
    }

    async fn finish(&self, job: &Job, step: &Step) -> PortResult<Applied> {
        let mut items = vec![self.update(job.id, step)?];
        items.extend(running::leave(self.accounts()?, job)?);
        if let Some((charged, now)) = charged_by(step) {
            items.extend(ledger::settle(self.accounts()?, job, charged, now)?);
        }
        if let Some((at, tally)) = Tally::of_step(job, step) {
            items.extend(figures::count(self.accounts()?, job.id, at, &tally)?);
        }
        match transact(&self.client, items).await? {
            Transacted::Yes => self.written(job.id).await,
            Transacted::Refused(reasons) => refused(reasons.first().and_then(|reason| reason.item())),
        }
    }

    async fn waiting(&self, tenant: &Tenant, since: Time, limit: usize) -> PortResult<Vec<JobId>> {
        listing::waiting(&self.client, &self.table, tenant, since, limit).await
    }

    async fn running(&self, tenant: &Tenant) -> PortResult<BTreeSet<JobId>> {
        let request = self.client.get_item().table_name(self.accounts()?);
        let request = request
            .set_key(Some(running::key_of(tenant)))
            .consistent_read(true);
        let answer = request.send().await.map_err(errors::dynamodb)?;
        answer.item().map_or(Ok(BTreeSet::new()), running::jobs_of)
    }

    async fn vacate(&self, tenant: &Tenant, id: JobId) -> PortResult<()> {
        let items = vec![
            running::over(&self.table, id)?,
            running::leave_one(self.accounts()?, tenant, id)?,
        ];
        transact(&self.client, items).await.map(|_| ())
    }

    async fn forget(&self, id: JobId, now: Time) -> PortResult<bool> {
        let over = conditions(&[Guard::StatusIn(Status::TERMINAL.to_vec())]);
        let request = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key_of(id)))
            .condition_expression(format!(
                "attribute_not_exists(#job_id) OR ({} AND #expires_at <= :now)",
                over.condition
            ))
            .set_expression_attribute_names(Some(over.names))
            .set_expression_attribute_values(Some(over.values))
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_values(":now", time(now));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(errors::dynamodb(error)),
            },
        }
    }

    async fn list(
        &self,
        tenant: &Tenant,
        filter: &JobFilter,
        after: Option<ListCursor>,
        limit: usize,
    ) -> PortResult<JobPage> {
        listing::list(&self.client, &self.table, tenant, filter, after, limit).await
    }

    async fn due(&self, shard: u8, now: Time, limit: usize) -> PortResult<Vec<JobId>> {
        listing::due(&self.client, &self.table, shard, now, limit).await
    }
}

/// The first of `dues` whose condition did not hold; their items stand at the beginning of `reasons`.
fn unpaid(dues: &Dues, reasons: &[CancellationReason]) -> Option<Due> {
    let named = dues.takes.iter().map(|take| Due::Window(take.window));
    let mut named = named.chain(dues.reserve.map(|_| Due::Credits)).zip(reasons);
    named.find_map(|(due, reason)| condition_failed(reason).then_some(due))
}

/// The attempt that the record is in after `step`.
fn attempt_after(job: &Job, step: &Step) -> u32 {
    let begun = step.edits.iter().rev().find_map(|edit| match edit {
        Edit::Attempt(attempt) => Some(*attempt),
        _ => None,
    });
    begun.unwrap_or(job.attempt)
}

/// What a terminal move charges, and when it is made.
fn charged_by(step: &Step) -> Option<(u32, Time)> {
    let charged = step.edits.iter().find_map(|edit| match edit {
        Edit::Charge(amount) => Some(*amount),
        _ => None,
    })?;
    let now = step.edits.iter().find_map(|edit| match edit {
        Edit::Visible(now) => Some(*now),
        _ => None,
    })?;
    Some((charged, now))
}

fn given<'a>(table: Option<&'a str>, name: &str) -> PortResult<&'a str> {
    table.ok_or_else(|| PortError::Broken(format!("this function was not given the {name} table")))
}

fn yes(item: Option<&Item>) -> PortResult<Applied> {
    let missing = || PortError::Broken("dynamodb: an update answered without the record".to_owned());
    Ok(Applied::Yes(Box::new(job_of(item.ok_or_else(missing)?)?)))
}

/// The condition asks for the record to be there, so a refusal without one means that there is none.
fn refused(item: Option<&Item>) -> PortResult<Applied> {
    match item {
        Some(item) if !item.is_empty() => Ok(Applied::Refused(Box::new(job_of(item)?))),
        _ => Ok(Applied::Unknown),
    }
}

/// DynamoDB refuses an empty map of values.
fn some(values: &Item) -> Option<Item> {
    (!values.is_empty()).then(|| values.clone())
}

/// A put, with a condition and its values where there is one; then a failure returns the old item.
fn put(table: &str, item: Item, condition: Option<(&str, Item)>) -> PortResult<TransactWriteItem> {
    let mut put = Put::builder().table_name(table).set_item(Some(item));
    if let Some((condition, values)) = condition {
        put = put
            .condition_expression(condition)
            .set_expression_attribute_values(some(&values))
            .return_values_on_condition_check_failure(OnFailure::AllOld);
    }
    transact::put(put)
}
