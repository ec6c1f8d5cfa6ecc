//! Sets of running jobs in the accounts table: `pk` = `user#<owner>` or `company#<id>`, `sk` = `running`.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem,
    Update,
};
use docmill_core::ids::JobId;
use docmill_core::job::{Job, Status};
use docmill_core::ports::{PortError, PortResult};
use docmill_core::running::{RunningLimits, Tenant};
use docmill_core::step::Guard;

use crate::item::{Item, number, text};
use crate::job_item::key_of as job_key_of;
use crate::keys;
use crate::step_expression::conditions;
use crate::transact;

const JOBS: &str = "jobs";

/// The key of a tenant's set.
pub(crate) fn key_of(tenant: &Tenant) -> Item {
    keys::tenant(tenant, "running")
}

/// Takes a place of each tenant of `job`; one that it has already is kept.
pub(crate) fn take(table: &str, job: &Job, limits: &RunningLimits) -> PortResult<Vec<TransactWriteItem>> {
    let places = Tenant::of(job).into_iter().map(|tenant| {
        let update = update(table, &tenant, job.id)
            .update_expression("ADD #jobs :jobs")
            .condition_expression(
                "attribute_not_exists(#jobs) OR size(#jobs) < :limit OR contains(#jobs, :job)",
            )
            .expression_attribute_values(":limit", number(tenant.limit(limits)))
            .expression_attribute_values(":job", text(job.id.to_string()))
            .return_values_on_condition_check_failure(OnFailure::None);
        transact::update(update)
    });
    places.collect()
}

/// Leaves the places of `job`.
pub(crate) fn leave(table: &str, job: &Job) -> PortResult<Vec<TransactWriteItem>> {
    let places = Tenant::of(job)
        .into_iter()
        .map(|tenant| leave_one(table, &tenant, job.id));
    places.collect()
}

pub(crate) fn leave_one(table: &str, tenant: &Tenant, id: JobId) -> PortResult<TransactWriteItem> {
    let update = update(table, tenant, id).update_expression("DELETE #jobs :jobs");
    transact::update(update)
}

/// That a job is over or gone.
pub(crate) fn over(jobs_table: &str, id: JobId) -> PortResult<TransactWriteItem> {
    let over = conditions(&[Guard::StatusIn(Status::TERMINAL.to_vec())]);
    let check = ConditionCheck::builder()
        .table_name(jobs_table)
        .set_key(Some(job_key_of(id)))
        .condition_expression(format!("attribute_not_exists(#job_id) OR ({})", over.condition))
        .set_expression_attribute_names(Some(over.names))
        .set_expression_attribute_values(Some(over.values));
    transact::check(check)
}

/// The jobs in a set's item.
pub(crate) fn jobs_of(item: &Item) -> PortResult<BTreeSet<JobId>> {
    let Some(AttributeValue::Ss(ids)) = item.get(JOBS) else {
        return Ok(BTreeSet::new());
    };
    let undecodable = |_| PortError::Broken("dynamodb: a running job without an id".to_owned());
    ids.iter().map(|id| id.parse().map_err(undecodable)).collect()
}

fn update(table: &str, tenant: &Tenant, id: JobId) -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
    Update::builder()
        .table_name(table)
        .set_key(Some(key_of(tenant)))
        .expression_attribute_names("#jobs", JOBS)
        .expression_attribute_values(":jobs", AttributeValue::Ss(vec![id.to_string()]))
}
