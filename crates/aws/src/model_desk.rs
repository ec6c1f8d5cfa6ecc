//! [`ModelDesk`] in the accounts table: `model#<month>` of a tenant, and `rest#<provider>`.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use docmill_core::model::ModelDesk;
use docmill_core::ports::PortResult;
use docmill_core::running::Tenant;
use docmill_core::time::Time;

use crate::errors;
use crate::item::{Attributes, Item, number, time};
use crate::keys;

const TOKENS: &str = "tokens";
const UNTIL: &str = "until";

/// What is known of models.
#[derive(Clone, Debug)]
pub struct DynamoModelDesk {
    client: Client,
    table: String,
}

impl DynamoModelDesk {
    /// The desk in the accounts table `table`.
    pub fn new(client: Client, table: &str) -> Self {
        Self {
            client,
            table: table.to_owned(),
        }
    }

    async fn item(&self, key: Item) -> PortResult<Option<Item>> {
        let request = self.client.get_item().table_name(&self.table);
        let request = request.set_key(Some(key)).consistent_read(true);
        Ok(request.send().await.map_err(errors::dynamodb)?.item)
    }
}

fn month_key(tenant: &Tenant, month: &str) -> Item {
    keys::tenant(tenant, format!("model#{month}"))
}

#[async_trait]
impl ModelDesk for DynamoModelDesk {
    async fn resting(&self, provider: &str, now: Time) -> PortResult<Option<Time>> {
        let item = self.item(keys::rest(provider)).await?.unwrap_or_default();
        Ok(item.time(UNTIL)?.filter(|until| *until > now))
    }

    async fn rest(&self, provider: &str, until: Time) -> PortResult<()> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::rest(provider)))
            .update_expression("SET #until = :until")
            .condition_expression("attribute_not_exists(#until) OR #until < :until")
            .expression_attribute_names("#until", UNTIL)
            .expression_attribute_values(":until", time(until));
        match request.send().await {
            Ok(_) => Ok(()),
            // A later end is known.
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(errors::dynamodb(error)),
            },
        }
    }

    async fn reserve(&self, tenant: &Tenant, month: &str, tokens: u64, limit: u64) -> PortResult<bool> {
        let Some(room) = limit.checked_sub(tokens) else {
            return Ok(false);
        };
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(month_key(tenant, month)))
            .update_expression("ADD #tokens :tokens")
            .condition_expression("attribute_not_exists(#tokens) OR #tokens <= :room")
            .expression_attribute_names("#tokens", TOKENS)
            .expression_attribute_values(":tokens", number(tokens))
            .expression_attribute_values(":room", number(room));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(errors::dynamodb(error)),
            },
        }
    }

    async fn settle(&self, tenant: &Tenant, month: &str, reserved: u64, spent: u64) -> PortResult<()> {
        let change = i128::from(spent) - i128::from(reserved);
        if change == 0 {
            return Ok(());
        }
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(month_key(tenant, month)))
            .update_expression("ADD #tokens :change")
            .expression_attribute_names("#tokens", TOKENS)
            .expression_attribute_values(":change", number(change));
        request.send().await.map(|_| ()).map_err(errors::dynamodb)
    }

    async fn spent(&self, tenant: &Tenant, month: &str) -> PortResult<u64> {
        let item = self.item(month_key(tenant, month)).await?.unwrap_or_default();
        Ok(item.number(TOKENS)?.unwrap_or_default())
    }
}
