//! Keys of the accounts table.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `user#<sub>` | `running` | the user's running jobs |
//! | `user#<sub>` | `idempotency#<hash>` | what an idempotency key was used for |
//! | `user#<sub>` | `member#<company>` | a company that the user is in |
//! | `company#<id>` | `company` | a company |
//! | `company#<id>` | `running` | its running jobs |
//! | `company#<id>` | `member#<sub>` | somebody in it |
//! | `company#<id>` | `invite#<email>` | somebody invited |
//! | `email#<address>` | `invite#<company>` | the same, for the invited |

use crate::item::{Item, text};

pub(crate) const PK: &str = "pk";
pub(crate) const SK: &str = "sk";

/// A key of a user.
pub(crate) fn user(sub: &str, sk: impl Into<String>) -> Item {
    key(format!("user#{sub}"), sk)
}

/// A key of a company.
pub(crate) fn company(id: &str, sk: impl Into<String>) -> Item {
    key(format!("company#{id}"), sk)
}

/// A key of a mail address.
pub(crate) fn email(address: &str, sk: impl Into<String>) -> Item {
    key(format!("email#{address}"), sk)
}

fn key(pk: String, sk: impl Into<String>) -> Item {
    Item::from([(PK.to_owned(), text(pk)), (SK.to_owned(), text(sk))])
}
