//! [`Ledger`] in the accounts table.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Put, TransactWriteItem, Update};
use docmill_core::account::{
    Account, Balance, CHECK_SHARES, Check, Dues, Ledger, Line, LinePage, Movement, Take, Window, WindowState,
    share_of,
};
use docmill_core::ids::JobId;
use docmill_core::job::Job;
use docmill_core::ports::{PortError, PortResult};
use docmill_core::time::Time;

use crate::errors;
use crate::item::{Attributes, Item, ItemError, need, number, text, time};
use crate::keys;
use crate::query;
use crate::transact::{self, transact};

const BALANCE: &str = "balance";
const WINDOW: &str = "window#";
const LINE: &str = "ledger#";

const AVAILABLE: &str = "available";
const GRANTED: &str = "granted";
const SETTLED: &str = "settled";
const OPEN: &str = "open";
const MONTH: &str = "month";
const USED: &str = "used";
const RESETS_AT: &str = "resets_at";
const TTL: &str = "ttl";
const AT: &str = "at";
const AMOUNT: &str = "amount";
const REFUNDED: &str = "refunded";
const MOVEMENT: &str = "movement";
const JOB_ID: &str = "job_id";
const ATTEMPT: &str = "attempt";
const CHECK: &str = "check";

/// Credits and windows of users.
#[derive(Clone, Debug)]
pub struct DynamoLedger {
    client: Client,
    table: String,
}

impl DynamoLedger {
    /// Those in the accounts table `table`.
    pub fn new(client: Client, table: &str) -> Self {
        Self {
            client,
            table: table.to_owned(),
        }
    }

    /// Items of a partition, from its first.
    async fn partition(&self, key: &Item, limit: usize) -> PortResult<Vec<Item>> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", need(keys::PK, key.get(keys::PK).cloned())?);
        query::up_to(query, limit).await
    }
}

/// Takes `dues` of `user` for an attempt of a job.
pub(crate) fn pay(
    table: &str,
    user: &str,
    job: JobId,
    attempt: u32,
    dues: &Dues,
) -> PortResult<Vec<TransactWriteItem>> {
    let mut items = dues
        .takes
        .iter()
        .map(|place| take(table, user, place))
        .collect::<PortResult<Vec<_>>>()?;
    if let Some(reserve) = dues.reserve {
        let amount = i64::from(reserve.amount);
        let update = Update::builder()
            .table_name(table)
            .set_key(Some(keys::user(user, BALANCE)))
            .update_expression("ADD #available :less, #open :amount")
            .condition_expression("#available >= :least")
            .expression_attribute_names("#available", AVAILABLE)
            .expression_attribute_names("#open", OPEN)
            .expression_attribute_values(":less", number(-amount))
            .expression_attribute_values(":amount", number(amount))
            .expression_attribute_values(":least", number(amount + reserve.floor));
        items.push(transact::update(update)?);
        let line = Line::reserved(job, attempt, &reserve);
        items.push(put(table, line_item(user, job, &line), None)?);
    }
    Ok(items)
}

/// Settles an attempt of `job` that is charged so much as it ends at `now`; nothing where nothing was reserved.
pub(crate) fn settle(table: &str, job: &Job, charged: u32, now: Time) -> PortResult<Vec<TransactWriteItem>> {
    let Some(credits) = job.credits.filter(|credits| credits.reserved > 0) else {
        return Ok(Vec::new());
    };
    let (reserved, charged_now) = (i64::from(credits.reserved), i64::from(charged));
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(keys::user(&job.owner, BALANCE)))
        .update_expression("ADD #available :back, #open :less, #settled :charged")
        .expression_attribute_names("#available", AVAILABLE)
        .expression_attribute_names("#open", OPEN)
        .expression_attribute_names("#settled", SETTLED)
        .expression_attribute_values(":back", number(reserved - charged_now))
        .expression_attribute_values(":less", number(-reserved))
        .expression_attribute_values(":charged", number(charged_now));
    let line = Line::settled(job.id, job.attempt, credits.reserved, charged, now);
    let once = Some("attribute_not_exists(pk)");
    Ok(vec![
        transact::update(update)?,
        put(table, line_item(&job.owner, job.id, &line), once)?,
    ])
}

/// One more in the window that was seen, or the first in a new one.
fn take(table: &str, user: &str, take: &Take) -> PortResult<TransactWriteItem> {
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(window_key(user, take.window)))
        .expression_attribute_names("#used", USED)
        .expression_attribute_names("#resets_at", RESETS_AT)
        .expression_attribute_values(":one", number(1));
    transact::update(match take.seen {
        Some(seen) => update
            .update_expression("ADD #used :one")
            .condition_expression("#resets_at = :seen AND #used < :limit")
            .expression_attribute_values(":seen", time(seen))
            .expression_attribute_values(":limit", number(take.limit)),
        None => update
            .update_expression("SET #used = :one, #resets_at = :until, #ttl = :ttl")
            .condition_expression("attribute_not_exists(#resets_at) OR #resets_at <= :now")
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":now", time(take.now))
            .expression_attribute_values(":until", time(take.until))
            .expression_attribute_values(":ttl", number(take.until.seconds())),
    })
}

#[async_trait]
impl Ledger for DynamoLedger {
    async fn account(&self, user: &str) -> PortResult<Account> {
        let mut wanted = KeysAndAttributes::builder()
            .consistent_read(true)
            .keys(keys::user(user, BALANCE));
        for window in Window::ALL {
            wanted = wanted.keys(window_key(user, window));
        }
        let wanted = wanted.build().map_err(errors::incomplete)?;
        let request = self.client.batch_get_item().request_items(&self.table, wanted);
        let answer = request.send().await.map_err(errors::dynamodb)?;
        if answer.unprocessed_keys().is_some_and(|left| !left.is_empty()) {
            return Err(PortError::Throttled {
                service: "dynamodb",
                retry_after: None,
            });
        }
        let items = answer.responses().and_then(|tables| tables.get(&self.table));
        let mut account = Account::default();
        for item in items.into_iter().flatten() {
            let sk = need(keys::SK, item.text(keys::SK)?)?;
            if sk == BALANCE {
                account.balance = balance_in(item)?;
            }
            for (window, state) in Window::ALL.into_iter().zip(&mut account.windows) {
                if sk.strip_prefix(WINDOW) == Some(window.as_str()) {
                    *state = Some(WindowState {
                        used: need(USED, item.number(USED)?)?,
                        resets_at: need(RESETS_AT, item.time(RESETS_AT)?)?,
                    });
                }
            }
        }
        Ok(account)
    }

    async fn grant(&self, user: &str, month: &str, amount: u32, now: Time) -> PortResult<()> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::user(user, BALANCE)))
            .update_expression("SET #month = :month ADD #available :amount, #granted :amount")
            .condition_expression("attribute_not_exists(#month) OR #month < :month")
            .expression_attribute_names("#month", MONTH)
            .expression_attribute_names("#available", AVAILABLE)
            .expression_attribute_names("#granted", GRANTED)
            .expression_attribute_values(":month", text(month))
            .expression_attribute_values(":amount", number(amount));
        let line = Line::granted(month, amount, now);
        let items = vec![
            transact::update(update)?,
            put(&self.table, line_item(user, JobId::first_of(now), &line), None)?,
            put(&self.table, keys::users(share_of(user), user), None)?,
        ];
        // Refused is granted already.
        transact(&self.client, items).await.map(|_| ())
    }

    async fn lines(&self, user: &str, after: Option<&str>, limit: usize) -> PortResult<LinePage> {
        let first = keys::user(user, LINE);
        let start = after.map(|after| keys::user(user, format!("{LINE}{after}")));
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", need(keys::PK, first.get(keys::PK).cloned())?)
            .expression_attribute_values(":prefix", text(LINE))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(i32::try_from(limit.max(1)).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start);
        let answer = query.send().await.map_err(errors::dynamodb)?;
        let lines = answer.items().iter().map(line_in).collect::<Result<_, _>>()?;
        let next = answer
            .last_evaluated_key()
            .map(|key| {
                let sk = need(keys::SK, key.text(keys::SK)?)?;
                Ok::<_, ItemError>(need(keys::SK, sk.strip_prefix(LINE))?.to_owned())
            })
            .transpose()?;
        Ok(LinePage { lines, next })
    }

    async fn users(&self, share: u8, limit: usize) -> PortResult<Vec<String>> {
        let items = self.partition(&keys::users(share, ""), limit).await?;
        let name = |item: &Item| Ok::<_, ItemError>(need(keys::SK, item.text(keys::SK)?)?.to_owned());
        Ok(items.iter().map(name).collect::<Result<_, _>>()?)
    }

    async fn keep_check(&self, share: u8, check: &Check) -> PortResult<()> {
        let mut item = keys::accounting(share);
        let encoded = serde_json::to_string(check).map_err(|error| PortError::Broken(error.to_string()))?;
        item.insert(CHECK.to_owned(), text(encoded));
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item));
        request.send().await.map(|_| ()).map_err(errors::dynamodb)
    }

    async fn checks(&self) -> PortResult<Vec<Check>> {
        let items = self
            .partition(&keys::accounting(0), usize::from(CHECK_SHARES))
            .await?;
        let read = |item: &Item| {
            let encoded = need(CHECK, item.text(CHECK)?)?;
            serde_json::from_str(encoded)
                .map_err(|error| PortError::Broken(format!("accounting check: {error}")))
        };
        items.iter().map(read).collect()
    }
}

fn window_key(user: &str, window: Window) -> Item {
    keys::user(user, format!("{WINDOW}{}", window.as_str()))
}

fn balance_in(item: &Item) -> Result<Balance, ItemError> {
    Ok(Balance {
        available: item.number(AVAILABLE)?.unwrap_or(0),
        granted: item.number(GRANTED)?.unwrap_or(0),
        settled: item.number(SETTLED)?.unwrap_or(0),
        open: item.number(OPEN)?.unwrap_or(0),
        month: item.text(MONTH)?.map(ToOwned::to_owned),
    })
}

fn line_item(user: &str, job: JobId, line: &Line) -> Item {
    let attempt = line.attempt.unwrap_or(0);
    let movement = word_of(line.movement);
    let mut item = keys::user(user, format!("{LINE}{job}#{attempt:05}#{}", line.movement as u8));
    let always: [(&str, AttributeValue); 4] = [
        (MOVEMENT, text(movement)),
        (AT, time(line.at)),
        (AMOUNT, number(line.amount)),
        (REFUNDED, number(line.refunded)),
    ];
    let sometimes = [
        (JOB_ID, line.job_id.map(|id| text(id.to_string()))),
        (ATTEMPT, line.attempt.map(number)),
        (MONTH, line.month.as_ref().map(text)),
    ];
    let sometimes = sometimes
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    item.extend(
        always
            .into_iter()
            .chain(sometimes)
            .map(|(name, value)| (name.to_owned(), value)),
    );
    item
}

fn line_in(item: &Item) -> Result<Line, ItemError> {
    Ok(Line {
        movement: match need(MOVEMENT, item.text(MOVEMENT)?)? {
            "grant" => Movement::Grant,
            "reserve" => Movement::Reserve,
            _ => Movement::Settle,
        },
        at: need(AT, item.time(AT)?)?,
        amount: need(AMOUNT, item.number(AMOUNT)?)?,
        refunded: need(REFUNDED, item.number(REFUNDED)?)?,
        job_id: item.word(JOB_ID)?,
        attempt: item.number(ATTEMPT)?,
        month: item.text(MONTH)?.map(ToOwned::to_owned),
    })
}

const fn word_of(movement: Movement) -> &'static str {
    match movement {
        Movement::Grant => "grant",
        Movement::Reserve => "reserve",
        Movement::Settle => "settle",
    }
}

fn put(table: &str, item: Item, condition: Option<&str>) -> PortResult<TransactWriteItem> {
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .set_condition_expression(condition.map(ToOwned::to_owned));
    transact::put(put)
}
