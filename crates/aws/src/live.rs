//! [`LiveFeed`] in the live table: rows keyed by topic and connection, found by connection through an index.
//!
//! | topic | connection_id | what |
//! |---|---|---|
//! | `ticket#<hash>` | the hash again, which spreads the index | a ticket |
//! | `connection#<id>` | the connection | who opened it |
//! | `job#<id>`, `owner#<sub>` | the connection | a subscription, with its user |
//!
//! TTL deletes late, so every read looks at `expires_at` itself.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use docmill_core::ports::{ConnectionOwner, LiveFeed, PortResult, Subscriber, Topic};
use docmill_core::time::Time;
use futures::{StreamExt, TryStreamExt, stream};

use crate::errors;
use crate::item::{Attributes, Item, need, number, text, time};
use crate::query;

const TOPIC: &str = "topic";
const CONNECTION: &str = "connection_id";
const OWNER: &str = "owner";
const EXPIRES_AT: &str = "expires_at";
const TTL: &str = "ttl";

/// Rows of a connection that are deleted at the same time.
const PARALLEL: usize = 8;

/// Tickets, connections and subscriptions.
#[derive(Clone, Debug)]
pub struct DynamoLive {
    client: Client,
    table: String,
}

impl DynamoLive {
    /// The rows of the live table `table`.
    pub fn new(client: Client, table: &str) -> Self {
        Self {
            client,
            table: table.to_owned(),
        }
    }

    async fn put(&self, topic: String, connection: &str, owner: &str, expires_at: Time) -> PortResult<()> {
        let mut row = key(topic, connection);
        row.insert(EXPIRES_AT.to_owned(), time(expires_at));
        row.insert(TTL.to_owned(), number(expires_at.seconds()));
        row.insert(OWNER.to_owned(), text(owner));
        let request = self.client.put_item().table_name(&self.table).set_item(Some(row));
        request.send().await.map(|_| ()).map_err(errors::dynamodb)
    }

    /// Keys of every row of a connection, as far as the index knows them.
    async fn rows_of(&self, connection: &str) -> PortResult<Vec<Item>> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by_connection")
            .key_condition_expression("connection_id = :connection")
            .expression_attribute_values(":connection", text(connection));
        let key_of_row = |item: &Item| Ok(key(need(TOPIC, item.text(TOPIC)?)?.to_owned(), connection));
        query::all(query).await?.iter().map(key_of_row).collect()
    }

    async fn delete(&self, row: Item) -> PortResult<()> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(row));
        request.send().await.map(|_| ()).map_err(errors::dynamodb)
    }
}

#[async_trait]
impl LiveFeed for DynamoLive {
    async fn keep_ticket(&self, hash: &str, owner: &ConnectionOwner, expires_at: Time) -> PortResult<()> {
        self.put(format!("ticket#{hash}"), hash, &owner.owner, expires_at)
            .await
    }

    /// A delete returns the row to one caller only.
    async fn take_ticket(&self, hash: &str, now: Time) -> PortResult<Option<ConnectionOwner>> {
        let request = self.client.delete_item().table_name(&self.table);
        let request = request.set_key(Some(key(format!("ticket#{hash}"), hash)));
        // The condition makes one of several who take it at the same moment the only one; what was there before is no
        // promise of that.
        let request = request.condition_expression("attribute_exists(topic)");
        match request.return_values(ReturnValue::AllOld).send().await {
            Ok(answer) => owner_in(answer.attributes(), now),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(None),
                _ => Err(errors::dynamodb(error)),
            },
        }
    }

    async fn connect(&self, connection: &str, owner: &ConnectionOwner, expires_at: Time) -> PortResult<()> {
        self.put(
            format!("connection#{connection}"),
            connection,
            &owner.owner,
            expires_at,
        )
        .await
    }

    async fn owner_of(&self, connection: &str, now: Time) -> PortResult<Option<ConnectionOwner>> {
        let request = self
            .client
            .get_item()
            .table_name(&self.table)
            .consistent_read(true);
        let request = request.set_key(Some(key(format!("connection#{connection}"), connection)));
        let answer = request.send().await.map_err(errors::dynamodb)?;
        owner_in(answer.item(), now)
    }

    /// A subscription too young for the index stays until its time is over; a frame posted to it finds the
    /// connection gone, and brings the caller here again.
    async fn disconnect(&self, connection: &str) -> PortResult<()> {
        let mut rows = self.rows_of(connection).await?;
        let own = key(format!("connection#{connection}"), connection);
        if !rows.contains(&own) {
            rows.push(own);
        }
        let deletions: Vec<_> = rows.into_iter().map(|row| self.delete(row)).collect();
        stream::iter(deletions)
            .buffer_unordered(PARALLEL)
            .try_collect()
            .await
    }

    async fn subscribe(&self, topic: &Topic, subscriber: &Subscriber, expires_at: Time) -> PortResult<()> {
        self.put(
            name_of(topic),
            &subscriber.connection,
            &subscriber.user,
            expires_at,
        )
        .await
    }

    async fn unsubscribe(&self, topic: &Topic, connection: &str) -> PortResult<()> {
        self.delete(key(name_of(topic), connection)).await
    }

    async fn subscribers(&self, topic: &Topic, now: Time) -> PortResult<Vec<Subscriber>> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("topic = :topic")
            .filter_expression("expires_at > :now")
            .expression_attribute_values(":topic", text(name_of(topic)))
            .expression_attribute_values(":now", time(now))
            .consistent_read(true);
        let mut subscribers = Vec::new();
        for item in query::all(query).await? {
            // A row from before rows had users lives for two hours at most: its client has the event list.
            let Some(user) = item.text(OWNER)? else { continue };
            subscribers.push(Subscriber {
                connection: need(CONNECTION, item.text(CONNECTION)?)?.to_owned(),
                user: user.to_owned(),
            });
        }
        Ok(subscribers)
    }
}

fn key(topic: String, connection: &str) -> Item {
    [(TOPIC, AttributeValue::S(topic)), (CONNECTION, text(connection))]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

fn name_of(topic: &Topic) -> String {
    match topic {
        Topic::Job(id) => format!("job#{id}"),
        Topic::Owner(owner) => format!("owner#{owner}"),
    }
}

fn owner_in(row: Option<&Item>, now: Time) -> PortResult<Option<ConnectionOwner>> {
    let Some(row) = row.filter(|row| !row.is_empty()) else {
        return Ok(None);
    };
    if need(EXPIRES_AT, row.time(EXPIRES_AT)?)? <= now {
        return Ok(None);
    }
    Ok(Some(ConnectionOwner {
        owner: need(OWNER, row.text(OWNER)?)?.to_owned(),
    }))
}
