//! Idempotency entries in the accounts table: `pk` = `user#<owner>`, `sk` = `idempotency#<hash of the key>`.

use docmill_core::ids::sha256_hex;
use docmill_core::ports::IdempotencyEntry;

use crate::item::{Attributes, Item, ItemError, need, number, text, time};
use crate::keys;

const KEY: &str = "key";
const CONTENT_HASH: &str = "content_hash";
const JOB_ID: &str = "job_id";
const EXPIRES_AT: &str = "expires_at";
const TTL: &str = "ttl";

/// Condition under which a new entry may take the place: TTL deletes late, so an old one may still stand there.
pub(crate) const FORGOTTEN: &str = "attribute_not_exists(pk) OR expires_at <= :now";

/// The key of an entry's item. Clients choose their keys, of any length and any characters, so a hash stands for it.
pub(crate) fn key_of(owner: &str, key: &str) -> Item {
    keys::user(owner, format!("idempotency#{}", sha256_hex(key.as_bytes())))
}

pub(crate) fn item_of(entry: &IdempotencyEntry) -> Item {
    let mut item = key_of(&entry.owner, &entry.key);
    let values = [
        (KEY, text(&entry.key)),
        (CONTENT_HASH, text(&entry.content_hash)),
        (JOB_ID, text(entry.job_id.to_string())),
        (EXPIRES_AT, time(entry.expires_at)),
        (TTL, number(entry.expires_at.seconds())),
    ];
    item.extend(values.map(|(name, value)| (name.to_owned(), value)));
    item
}

pub(crate) fn entry_of(owner: &str, item: &Item) -> Result<IdempotencyEntry, ItemError> {
    Ok(IdempotencyEntry {
        owner: owner.to_owned(),
        key: need(KEY, item.text(KEY)?)?.to_owned(),
        content_hash: need(CONTENT_HASH, item.text(CONTENT_HASH)?)?.to_owned(),
        job_id: need(JOB_ID, item.word(JOB_ID)?)?,
        expires_at: need(EXPIRES_AT, item.time(EXPIRES_AT)?)?,
    })
}
