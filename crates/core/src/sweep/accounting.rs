//! Whether every balance is what its ledger says.

use super::{Sweep, Swept};
use crate::account::{Balance, CHECK_SHARES, Check, Movement};
use crate::ports::PortResult;
use crate::time::Time;

/// Accounts that one check looks at.
const MAX_USERS: usize = 500;

/// Lines of a ledger read at a time.
const PAGE: usize = 200;

/// Users named in the outcome.
const MAX_NAMED: usize = 20;

/// What the lines of a ledger come to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sums {
    granted: i64,
    reserved: i64,
    settled: i64,
    refunded: i64,
}

impl Sums {
    /// P6: what was reserved was charged, came back, or is open; and what is available is what is left.
    fn agree(&self, balance: &Balance) -> bool {
        self.granted == balance.granted
            && self.settled == balance.settled
            && self.reserved == self.settled + self.refunded + balance.open
            && balance.available == balance.granted - balance.settled - balance.open
    }
}

impl Sweep {
    /// Adds up the ledgers of the share of the users whose minute it is.
    pub(super) async fn check_accounts(&self, swept: &mut Swept) {
        let now = self.engine.clock.now();
        if let Err(error) = self.check_share(share_at(now), now, swept).await {
            tracing::error!(%error, "accounts not checked");
            swept.errors += 1;
        }
    }

    async fn check_share(&self, share: u8, now: Time, swept: &mut Swept) -> PortResult<()> {
        let users = self.ledger.users(share, MAX_USERS).await?;
        let mut check = Check {
            at: now,
            truncated: users.len() == MAX_USERS,
            ..Check::default()
        };
        for user in users {
            let Some((balance, sums)) = self.sums(&user).await? else {
                // It moved all the while: the next hour looks again.
                continue;
            };
            check.users += 1;
            check.granted += sums.granted;
            check.settled += sums.settled;
            check.refunded += sums.refunded;
            check.open += balance.open;
            if !sums.agree(&balance) {
                tracing::error!(user, ?balance, ?sums, "a balance is not what its ledger says");
                swept.wrong_balances += 1;
                if check.wrong.len() < MAX_NAMED {
                    check.wrong.push(user);
                }
            }
        }
        self.ledger.keep_check(share, &check).await
    }

    /// The balance and what its ledger comes to, as of one moment: the balance is the same before and after the ledger
    /// was read. `None` where it would not stand still.
    async fn sums(&self, user: &str) -> PortResult<Option<(Balance, Sums)>> {
        for _ in 0..3 {
            let before = self.ledger.account(user).await?.balance;
            let mut sums = Sums::default();
            let mut after: Option<String> = None;
            loop {
                let page = self.ledger.lines(user, after.as_deref(), PAGE).await?;
                for line in page.lines {
                    let amount = i64::from(line.amount);
                    match line.movement {
                        Movement::Grant => sums.granted += amount,
                        Movement::Reserve => sums.reserved += amount,
                        Movement::Settle => {
                            sums.settled += amount;
                            sums.refunded += i64::from(line.refunded);
                        }
                    }
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            if self.ledger.account(user).await?.balance == before {
                return Ok(Some((before, sums)));
            }
        }
        Ok(None)
    }
}

/// Each minute another share.
fn share_at(now: Time) -> u8 {
    let minute = now.seconds() / 60;
    u8::try_from(minute.rem_euclid(i64::from(CHECK_SHARES))).unwrap_or(0)
}
