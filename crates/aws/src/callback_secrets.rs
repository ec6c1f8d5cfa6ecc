//! [`CallbackSecrets`] in the accounts table: `pk` = `user#<owner>` or `company#<id>`, `sk` = `callback-secret`. The row
//! counts; it holds no secret.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ReturnValue;
use docmill_core::callback::{CallbackSecrets, Generation};
use docmill_core::ports::PortResult;
use docmill_core::running::Tenant;
use docmill_core::time::Time;

use crate::errors;
use crate::item::{Attributes, Item, ItemError, need, number, time};
use crate::keys;

const GENERATION: &str = "generation";
const ROTATED_AT: &str = "rotated_at";

/// The generations of tenants' secrets.
#[derive(Clone, Debug)]
pub struct DynamoCallbackSecrets {
    client: Client,
    table: String,
}

impl DynamoCallbackSecrets {
    /// Those in the accounts table `table`.
    pub fn new(client: Client, table: &str) -> Self {
        Self {
            client,
            table: table.to_owned(),
        }
    }
}

#[async_trait]
impl CallbackSecrets for DynamoCallbackSecrets {
    async fn generation(&self, tenant: &Tenant) -> PortResult<Generation> {
        let request = self.client.get_item().table_name(&self.table);
        let request = request.set_key(Some(key_of(tenant))).consistent_read(true);
        let answer = request.send().await.map_err(errors::dynamodb)?;
        Ok(answer
            .item()
            .map(generation_of)
            .transpose()?
            .unwrap_or(Generation::FIRST))
    }

    async fn rotate(&self, tenant: &Tenant, now: Time) -> PortResult<Generation> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key_of(tenant)))
            .update_expression(
                "SET #generation = if_not_exists(#generation, :first) + :one, #rotated_at = :now",
            )
            .expression_attribute_names("#generation", GENERATION)
            .expression_attribute_names("#rotated_at", ROTATED_AT)
            .expression_attribute_values(":first", number(Generation::FIRST.number))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", time(now))
            .return_values(ReturnValue::AllNew);
        let answer = request.send().await.map_err(errors::dynamodb)?;
        Ok(generation_of(&answer.attributes.unwrap_or_default())?)
    }
}

fn key_of(tenant: &Tenant) -> Item {
    keys::tenant(tenant, "callback-secret")
}

fn generation_of(item: &Item) -> Result<Generation, ItemError> {
    Ok(Generation {
        number: need(GENERATION, item.number(GENERATION)?)?,
        rotated_at: item.time(ROTATED_AT)?,
    })
}
