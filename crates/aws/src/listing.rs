//! Queries on the jobs table's indexes.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use docmill_core::ids::JobId;
use docmill_core::job::{Job, Phase, Status};
use docmill_core::ports::{JobFilter, JobPage, ListCursor, PortResult};
use docmill_core::running::Tenant;
use docmill_core::time::Time;

use crate::attributes::{
    BATCH_ID, COMPANY_ID, CREATED_AT, DUE_AT, DUE_SHARD, JOB_ID, OWNER, PHASE, PIPELINE, STATUS,
};
use crate::errors;
use crate::item::{Attributes, Item, need, number, text, time};
use crate::job_item::job_of;
use crate::query;

/// Items looked at in one request when a filter may drop most of them.
const FILTERED_PAGE: usize = 200;
/// Requests made for one page of a filtered listing; a client that wants more comes again with the cursor.
const MAX_REQUESTS: usize = 5;

/// As [`docmill_core::ports::JobStore::list`].
pub(crate) async fn list(
    client: &Client,
    table: &str,
    tenant: &Tenant,
    filter: &JobFilter,
    after: Option<ListCursor>,
    limit: usize,
) -> PortResult<JobPage> {
    let (index, key, value) = index_of(tenant);
    let mut jobs: Vec<Job> = Vec::new();
    let mut start = after.map(|cursor| start_key(tenant, cursor));
    let mut more = true;
    for _ in 0..MAX_REQUESTS {
        let looked_at = if filter == &JobFilter::default() {
            limit - jobs.len()
        } else {
            FILTERED_PAGE
        };
        let query = filtered(client.query().table_name(table).index_name(index), filter)
            .key_condition_expression("#tenant = :tenant")
            .expression_attribute_names("#tenant", key)
            .expression_attribute_values(":tenant", text(value))
            .scan_index_forward(false)
            .limit(i32::try_from(looked_at.max(1)).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start);
        let answer = query.send().await.map_err(errors::dynamodb)?;
        for item in answer.items() {
            jobs.push(job_of(item)?);
        }
        start = answer.last_evaluated_key().cloned();
        more = start.is_some();
        if jobs.len() >= limit || !more {
            break;
        }
    }
    if jobs.len() > limit {
        jobs.truncate(limit);
        start = jobs.last().map(|job| start_key(tenant, ListCursor::after(job)));
        more = true;
    }
    let next = start.as_ref().filter(|_| more).map(cursor_at).transpose()?;
    Ok(JobPage { jobs, next })
}

/// As [`docmill_core::ports::JobStore::due`].
pub(crate) async fn due(
    client: &Client,
    table: &str,
    shard: u8,
    now: Time,
    limit: usize,
) -> PortResult<Vec<JobId>> {
    let query = client
        .query()
        .table_name(table)
        .index_name("due")
        .key_condition_expression("#shard = :shard AND #due_at <= :now")
        .expression_attribute_names("#shard", DUE_SHARD)
        .expression_attribute_names("#due_at", DUE_AT)
        .expression_attribute_values(":shard", number(shard))
        .expression_attribute_values(":now", time(now));
    let items = query::up_to(query, limit).await?;
    let id = |item: &Item| Ok(need(JOB_ID, item.word(JOB_ID)?)?);
    items.iter().map(id).collect()
}

/// As [`docmill_core::ports::JobStore::waiting`].
pub(crate) async fn waiting(
    client: &Client,
    table: &str,
    tenant: &Tenant,
    since: Time,
    limit: usize,
) -> PortResult<Vec<JobId>> {
    let (index, key, value) = index_of(tenant);
    let mut ids = Vec::new();
    let mut start = None;
    for _ in 0..MAX_REQUESTS {
        let query = client
            .query()
            .table_name(table)
            .index_name(index)
            .key_condition_expression("#tenant = :tenant AND #created_at >= :since")
            .filter_expression("#status = :queued AND #phase = :waiting")
            .projection_expression("#job_id")
            .expression_attribute_names("#tenant", key)
            .expression_attribute_names("#created_at", CREATED_AT)
            .expression_attribute_names("#status", STATUS)
            .expression_attribute_names("#phase", PHASE)
            .expression_attribute_names("#job_id", JOB_ID)
            .expression_attribute_values(":tenant", text(value))
            .expression_attribute_values(":since", time(since))
            .expression_attribute_values(":queued", text(Status::Queued.as_str()))
            .expression_attribute_values(":waiting", text(Phase::Waiting.as_str()))
            .set_exclusive_start_key(start);
        let answer = query.send().await.map_err(errors::dynamodb)?;
        for item in answer.items() {
            ids.push(need(JOB_ID, item.word(JOB_ID)?)?);
        }
        start = answer.last_evaluated_key().cloned();
        if start.is_none() || ids.len() >= limit {
            break;
        }
    }
    ids.truncate(limit);
    Ok(ids)
}

/// A tenant's index, the attribute it is keyed by, and the tenant's value of it.
fn index_of(tenant: &Tenant) -> (&'static str, &'static str, &str) {
    match tenant {
        Tenant::User(owner) => ("by_owner", OWNER, owner),
        Tenant::Company(id) => ("by_company", COMPANY_ID, id),
    }
}

fn filtered(query: QueryFluentBuilder, filter: &JobFilter) -> QueryFluentBuilder {
    let wanted = [
        (STATUS, filter.status.map(|status| status.as_str().to_owned())),
        (PIPELINE, filter.pipeline.clone()),
        (BATCH_ID, filter.batch_id.clone()),
    ];
    let mut conditions = Vec::new();
    let mut query = query;
    for (name, value) in wanted {
        let Some(value) = value else { continue };
        conditions.push(format!("#{name} = :{name}"));
        query = query
            .expression_attribute_names(format!("#{name}"), name)
            .expression_attribute_values(format!(":{name}"), text(value));
    }
    if conditions.is_empty() {
        query
    } else {
        query.filter_expression(conditions.join(" AND "))
    }
}

/// The index key of the job a cursor stands on. The tenant is the one asked for, whatever the cursor's maker had in mind.
fn start_key(tenant: &Tenant, cursor: ListCursor) -> Item {
    let (_, key, value) = index_of(tenant);
    Item::from([
        (key.to_owned(), text(value)),
        (CREATED_AT.to_owned(), number(cursor.created_at_ms)),
        (JOB_ID.to_owned(), text(cursor.job_id.to_string())),
    ])
}

fn cursor_at(key: &Item) -> PortResult<ListCursor> {
    Ok(ListCursor {
        created_at_ms: need(CREATED_AT, key.number(CREATED_AT)?)?,
        job_id: need(JOB_ID, key.word(JOB_ID)?)?,
    })
}
