//! One message.

use std::time::Duration;

use super::Engine;
use super::usage::Account;
use crate::message::Message;
use crate::ports::PortResult;
use crate::timing::back_off;

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its consequences are durable: delete it.
    Acknowledge(Handled),
    /// It has to come again after this long.
    Redeliver {
        /// The visibility to set.
        after: Duration,
    },
}

/// Why a message may go; for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    /// Work was done or handed on.
    Worked,
    /// There was nothing (more) to do.
    Stale,
    /// There is no such job.
    UnknownJob,
}

impl Verdict {
    pub(super) const WORKED: Self = Self::Acknowledge(Handled::Worked);
    pub(super) const STALE: Self = Self::Acknowledge(Handled::Stale);
    pub(super) const UNKNOWN_JOB: Self = Self::Acknowledge(Handled::UnknownJob);
}

impl Engine {
    /// Works on one message. Tries are counted at the claim, never here.
    pub async fn handle(&self, message: &Message) -> Verdict {
        let account = Account::open(self);
        match self.dispatch(message, &account).await {
            Ok(verdict) => verdict,
            Err(error) => {
                tracing::warn!(job = %message.job(), %error, "message returned to the queue");
                Verdict::Redeliver {
                    after: back_off(1, self.jitter()),
                }
            }
        }
    }

    async fn dispatch(&self, message: &Message, account: &Account<'_>) -> PortResult<Verdict> {
        match *message {
            Message::Plan { job, attempt } => self.handle_plan(job, attempt, account).await,
            Message::Chunk {
                job,
                attempt,
                n,
                input,
            } => self.handle_chunk(job, attempt, n, input, account).await,
            Message::Merge { job, attempt } => self.handle_merge(job, attempt, account).await,
        }
    }
}
