//! [`Deletions`] in the accounts table, all under one partition key: there are few at a time, and `sweep` reads them in order.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use docmill_core::deletion::{Deletions, Dissolution, Repeat};
use docmill_core::ports::PortResult;
use docmill_core::time::Time;

use crate::errors;
use crate::item::{Attributes, Item, ItemError, need, text, time};
use crate::keys;
use crate::query;
use crate::transact::put_if;

const JOB_ID: &str = "job_id";
const AT: &str = "at";
const BY: &str = "by";
const JOB: &str = "job#";
const COMPANY: &str = "company#";

/// What is being deleted.
#[derive(Clone, Debug)]
pub struct DynamoDeletions {
    client: Client,
    table: String,
}

impl DynamoDeletions {
    /// The records in the accounts table `table`.
    pub fn new(client: Client, table: &str) -> Self {
        Self {
            client,
            table: table.to_owned(),
        }
    }

    async fn delete(&self, key: Item) -> PortResult<()> {
        let request = self.client.delete_item().table_name(&self.table);
        let request = request.set_key(Some(key));
        request.send().await.map(|_| ()).map_err(errors::dynamodb)
    }
}

#[async_trait]
impl Deletions for DynamoDeletions {
    async fn put_repeat(&self, repeat: Repeat) -> PortResult<()> {
        let mut item = key_of(repeat);
        item.insert(JOB_ID.to_owned(), text(repeat.job.to_string()));
        item.insert(AT.to_owned(), time(repeat.at));
        let request = self.client.put_item().table_name(&self.table);
        let request = request.set_item(Some(item));
        request.send().await.map(|_| ()).map_err(errors::dynamodb)
    }

    async fn repeats(&self, now: Time, limit: usize) -> PortResult<Vec<Repeat>> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", text(keys::DELETIONS))
            .expression_attribute_values(":first", text(JOB))
            // Behind every id of that moment.
            .expression_attribute_values(":last", text(format!("{}~", due(now))))
            .consistent_read(true);
        let items = query::up_to(query, limit).await?;
        Ok(items.iter().map(repeat_in).collect::<Result<_, _>>()?)
    }

    async fn end_repeat(&self, repeat: Repeat) -> PortResult<()> {
        self.delete(key_of(repeat)).await
    }

    async fn put_dissolution(&self, dissolution: &Dissolution) -> PortResult<()> {
        let mut item = key_of_company(&dissolution.company);
        item.insert(BY.to_owned(), text(&dissolution.by));
        item.insert(AT.to_owned(), time(dissolution.at));
        let request = self.client.put_item().table_name(&self.table);
        let request = request
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)");
        put_if(request).await.map(|_| ())
    }

    async fn dissolutions(&self, limit: usize) -> PortResult<Vec<Dissolution>> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :company)")
            .expression_attribute_values(":pk", text(keys::DELETIONS))
            .expression_attribute_values(":company", text(COMPANY))
            .consistent_read(true);
        let items = query::up_to(query, limit).await?;
        Ok(items.iter().map(dissolution_in).collect::<Result<_, _>>()?)
    }

    async fn end_dissolution(&self, company: &str) -> PortResult<()> {
        self.delete(key_of_company(company)).await
    }
}

fn key_of_company(company: &str) -> Item {
    keys::deletion(format!("{COMPANY}{company}"))
}

fn dissolution_in(item: &Item) -> Result<Dissolution, ItemError> {
    let sk = need(keys::SK, item.text(keys::SK)?)?;
    Ok(Dissolution {
        company: need(keys::SK, sk.strip_prefix(COMPANY))?.to_owned(),
        by: need(BY, item.text(BY)?)?.to_owned(),
        at: need(AT, item.time(AT)?)?,
    })
}

fn key_of(repeat: Repeat) -> Item {
    keys::deletion(format!("{}{}", due(repeat.at), repeat.job))
}

/// Zero-padded, so that keys sort as their times do.
fn due(at: Time) -> String {
    format!("{JOB}{:016}#", at.ms().max(0))
}

fn repeat_in(item: &Item) -> Result<Repeat, ItemError> {
    Ok(Repeat {
        at: need(AT, item.time(AT)?)?,
        job: need(JOB_ID, item.word(JOB_ID)?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_their_times() {
        let times = [0, 9, 10, 1_800_000_000_000, 4_102_444_800_000];
        let keys = times.map(|ms| due(Time::from_ms(ms)));
        assert!(keys.is_sorted());
        assert!(format!("{}ffffffff", keys[3]) < format!("{}~", keys[3]));
        assert!(format!("{}~", keys[3]) < keys[4]);
    }
}
