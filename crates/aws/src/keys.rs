//! Keys of the accounts table.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `user#<sub>` | `running` | the user's running jobs |
//! | `user#<sub>` | `idempotency#<hash>` | what an idempotency key was used for |
//! | `user#<sub>` | `member#<company>` | a company that the user is in |
//! | `user#<sub>` | `balance` | the user's credits |
//! | `user#<sub>` | `window#<name>` | what the user did in a window of time |
//! | `user#<sub>` | `ledger#<job>#<attempt>#<movement>` | a movement of credits; a grant stands under the first id of its moment |
//! | `users#<share>` | `<sub>` | that the user was ever granted credits |
//! | `accounting` | `<share>` | the latest check of the accounts of a share |
//! | `user#<sub>`, `company#<id>` | `callback-secret` | the generation of their secret |
//! | `user#<sub>` | `audit#<uuidv7>` | what was done to their own jobs; 400 days |
//! | `company#<id>` | `company` | a company |
//! | `company#<id>` | `running` | its running jobs |
//! | `company#<id>` | `member#<sub>` | somebody in it |
//! | `company#<id>` | `invite#<email>` | somebody invited |
//! | `company#<id>` | `audit#<uuidv7>` | what was done in it; 400 days |
//! | `email#<address>` | `invite#<company>` | the same, for the invited |
//! | `deletions` | `job#<time>#<id>` | a deleted job, whose deletion is made once more at that time |
//! | `deletions` | `company#<id>` | a company that is being deleted |
//! | `user#<sub>`, `company#<id>` | `model#<month>` | tokens of language models in a month |
//! | `models` | `rest#<provider>` | until when a provider of language models is not to be asked |
//! | `exports` | `<company>` | the latest export of a company; 7 days |
//! | `figures#<shard>` | `hour#<time>` | what ended in an hour; 8 days |
//! | `figures#<shard>` | `day#<time>` | what ended in a day; 400 days |
//! | `letters` | `<time>-<hash>` | a dead letter and what became of it; 30 days |

use docmill_core::running::Tenant;

use crate::item::{Item, text};

pub(crate) const PK: &str = "pk";
pub(crate) const SK: &str = "sk";

/// A key of a tenant.
pub(crate) fn tenant(tenant: &Tenant, sk: impl Into<String>) -> Item {
    key(tenant.key(), sk)
}

/// A key of a user.
pub(crate) fn user(sub: &str, sk: impl Into<String>) -> Item {
    tenant(&Tenant::User(sub.to_owned()), sk)
}

/// A key of a company.
pub(crate) fn company(id: &str, sk: impl Into<String>) -> Item {
    tenant(&Tenant::Company(id.to_owned()), sk)
}

/// A key of a mail address.
pub(crate) fn email(address: &str, sk: impl Into<String>) -> Item {
    key(format!("email#{address}"), sk)
}

/// That a user was ever granted credits; with no user, where those of the share begin.
pub(crate) fn users(share: u8, sub: &str) -> Item {
    key(format!("users#{share:02}"), sub)
}

/// The latest check of a share of the accounts.
pub(crate) fn accounting(share: u8) -> Item {
    key("accounting".to_owned(), format!("{share:02}"))
}

/// The partition key of what is being deleted.
pub(crate) const DELETIONS: &str = "deletions";

/// A key of a deletion.
pub(crate) fn deletion(sk: impl Into<String>) -> Item {
    key(DELETIONS.to_owned(), sk)
}

/// The partition key of exports.
pub(crate) const EXPORTS: &str = "exports";

/// A key of an export.
pub(crate) fn export(company: &str) -> Item {
    key(EXPORTS.to_owned(), company)
}

/// The partition key of a shard of the tallies.
pub(crate) fn figures(shard: u8) -> String {
    format!("figures#{shard}")
}

/// A key of a tally.
pub(crate) fn tally(shard: u8, sk: impl Into<String>) -> Item {
    key(figures(shard), sk)
}

/// The partition key of records of dead letters.
pub(crate) const LETTERS: &str = "letters";

/// A key of a dead letter's record.
pub(crate) fn letter(id: &str) -> Item {
    key(LETTERS.to_owned(), id)
}

/// Until when a provider of language models is not to be asked.
pub(crate) fn rest(provider: &str) -> Item {
    key("models".to_owned(), format!("rest#{provider}"))
}

fn key(pk: String, sk: impl Into<String>) -> Item {
    Item::from([(PK.to_owned(), text(pk)), (SK.to_owned(), text(sk))])
}
