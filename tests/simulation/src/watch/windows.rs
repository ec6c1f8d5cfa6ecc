//! Windows of time: no more passes in one than its limit, nobody refused while places are left, no place lost.
//!
//! When a window began is known only as far as the request is known that began it, so these books keep every history
//! that could have been; a promise is broken when none is left that keeps it.

use std::collections::{BTreeMap, BTreeSet};

use docmill_core::account::{Account, Window, WindowRule};
use docmill_core::problem::Problem;
use docmill_core::time::Time;

use super::{Broken, SKEW, Since};
use crate::rules::Rules;

/// One that could be: it ends between these times, and so many have passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Could {
    from: Time,
    to: Time,
    passed: u32,
}

#[derive(Debug, Default)]
struct Book {
    /// All that the latest window could be; empty before the first.
    could: BTreeSet<Could>,
    /// The latest end of one that could be full.
    full_until: Option<Time>,
}

/// The books, by user and window.
#[derive(Debug, Default)]
pub(crate) struct Windows(BTreeMap<(String, Window), Book>);

impl Windows {
    /// A request of somebody, begun at `since`, made an attempt of a job of `user`.
    pub(super) fn passed(
        &mut self,
        rules: &Rules,
        (user, pipeline, created): (&str, &str, bool),
        since: Since,
        now: Time,
    ) -> Broken {
        Rules::windows_of(pipeline, created).find_map(|window| {
            let rule = rules.allowance.rule(window);
            let book = self.0.entry((user.to_owned(), window)).or_default();
            let all = book.after(rule, since.at.minus(SKEW), now.plus(SKEW));
            let could: BTreeSet<Could> = all
                .into_iter()
                .filter(|could| could.passed <= rule.limit)
                .collect();
            let full = could.iter().filter(|could| could.passed == rule.limit);
            book.full_until = full.map(|could| could.to).max().max(book.full_until);
            let broken = could.is_empty();
            book.could = could;
            broken.then(|| {
                let (name, limit) = (window.as_str(), rule.limit);
                (
                    "limits",
                    format!("more than {limit} {name} of {user} in one window"),
                )
            })
        })
    }

    /// A request of a user, begun at `since`, was refused.
    pub(super) fn refused(&self, user: &str, problem: &Problem, since: Since) -> Broken {
        let window = match problem.code.as_str() {
            "TOO_MANY_UPLOADS" => Window::Uploads,
            "TOO_MANY_STARTS" => Window::Starts,
            _ => return None,
        };
        let book = self.0.get(&(user.to_owned(), window));
        let full_until = book.and_then(|book| book.full_until);
        let legal = full_until.is_some_and(|until| since.at.minus(SKEW) < until);
        (!legal).then(|| {
            let text = format!("{user} is refused for {} while places are left", window.as_str());
            ("limits", text)
        })
    }

    /// Everything is at rest: the account has as many passes as there were.
    pub(crate) fn settled(&self, user: &str, account: &Account) -> Broken {
        Window::ALL
            .into_iter()
            .zip(account.windows)
            .find_map(|(window, state)| {
                let used = state.map_or(0, |state| state.used);
                let book = self.0.get(&(user.to_owned(), window));
                let holds = match book {
                    None => used == 0,
                    Some(book) => book.could.iter().any(|could| could.passed == used),
                };
                (!holds).then(|| {
                    let name = window.as_str();
                    (
                        "limits",
                        format!("{used} {name} of {user} are counted, but there were others"),
                    )
                })
            })
    }
}

impl Book {
    /// All that the latest window could be after one more pass, decided between `begun` and `done`.
    fn after(&self, rule: WindowRule, begun: Time, done: Time) -> Vec<Could> {
        let new = Could {
            from: begun.plus(rule.length),
            to: done.plus(rule.length),
            passed: 1,
        };
        let over = self.could.is_empty() || self.could.iter().any(|could| could.from <= done);
        let live = self.could.iter().filter(|could| begun < could.to);
        let joined = live.map(|could| Could {
            passed: could.passed + 1,
            ..*could
        });
        joined.chain(over.then_some(new)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn rules() -> Rules {
        let mut rules = Rules::default();
        rules.allowance.uploads = WindowRule {
            limit: 2,
            length: Duration::from_secs(60),
        };
        rules
    }

    fn since(second: i64) -> Since {
        Since {
            moment: 0,
            at: Time::from_ms(second * 1000),
        }
    }

    /// One more pass of a request between these seconds; whether it may be.
    fn passes(windows: &mut Windows, from: i64, to: i64) -> bool {
        let to = Time::from_ms(to * 1000);
        let pass = ("alice", "lines", true);
        windows.passed(&rules(), pass, since(from), to).is_none()
    }

    fn may_be_refused(windows: &Windows, at: i64) -> bool {
        let full = Problem::new(429, "TOO_MANY_UPLOADS", "");
        windows.refused("alice", &full, since(at)).is_none()
    }

    #[test]
    fn a_third_pass_in_a_window_is_one_too_many() {
        let mut windows = Windows::default();
        assert!(passes(&mut windows, 100, 100) && passes(&mut windows, 110, 110));
        assert!(may_be_refused(&windows, 120));
        assert!(!may_be_refused(&windows, 170), "the window has ended by then");
        assert!(!passes(&mut windows, 150, 150));
    }

    #[test]
    fn a_pass_that_may_belong_to_either_window_counts_in_either() {
        let mut windows = Windows::default();
        assert!(passes(&mut windows, 100, 100));
        assert!(!may_be_refused(&windows, 110));
        // Begun in the first window, written after its end.
        assert!(passes(&mut windows, 150, 170));
        assert!(may_be_refused(&windows, 155));
        assert!(passes(&mut windows, 180, 180) && passes(&mut windows, 181, 181));
        assert!(!passes(&mut windows, 182, 182));
    }
}
