//! What operators do to the whole installation, and see of it.

use serde::Serialize;

use super::read::{decode_cursor, encode_cursor};
use super::{Intake, Reader};
use crate::access::{Action, Caller};
use crate::audit::Deed;
use crate::codes;
use crate::engine::Requeued;
use crate::ids::JobId;
use crate::job::{Job, Priority, Slot, Status};
use crate::operations::{
    BoardList, BoardQuery, JobRow, Letter, LetterAbout, LetterKind, LetterState, Operations, is_letter_id,
};
use crate::ports::Fetched;
use crate::problem::{FieldError, Problem};
use crate::running::Tenant;
use crate::time::Time;

/// Jobs in one answer.
const MAX_JOBS: usize = 100;

/// Letters in one answer.
const MAX_LETTERS: usize = 50;

/// Largest message that a queue takes.
const MAX_BODY_BYTES: u64 = 1024 * 1024;

/// Code of a letter that could not be read.
const UNDECODABLE: &str = "UNDECODABLE";

/// Which jobs an operator wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationsQuery {
    /// A status that is open, `open` for all of those, or `failed`; `open` where nothing is said.
    pub status: Option<String>,
    /// Only this pipeline.
    pub pipeline: Option<String>,
    /// At most this many.
    pub limit: Option<usize>,
    /// As the last page gave it.
    pub cursor: Option<String>,
}

/// A page of jobs of the whole installation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JobRows {
    /// Newest first.
    pub jobs: Vec<JobRow>,
    /// For the next page.
    pub next_cursor: Option<String>,
}

/// A page of dead letters.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LetterPage {
    /// Newest first.
    pub letters: Vec<LetterView>,
    /// For the next page.
    pub next_cursor: Option<String>,
}

/// A dead letter as operators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "see `operations::Letter`")]
pub struct LetterView {
    pub id: String,
    pub queue: Priority,
    pub kind: LetterKind,
    pub state: LetterState,
    pub job_id: Option<JobId>,
    pub attempt: Option<u32>,
    pub slot: Option<&'static str>,
    pub chunk: Option<u32>,
    pub receives: u32,
    pub code: &'static str,
    pub why: &'static str,
    pub bytes: u64,
    pub sent_at: Time,
    pub given_up_at: Time,
    pub settled_at: Option<Time>,
    pub settled_by: Option<String>,
    pub expires_at: Time,
}

impl From<Letter> for LetterView {
    fn from(letter: Letter) -> Self {
        let slot = letter.about.map(|about| about.slot);
        let (code, why) = match (letter.kind, letter.state) {
            (LetterKind::Undecodable, _) => (
                UNDECODABLE,
                "The worker of this release cannot read the message. It was kept aside as it came.",
            ),
            (LetterKind::GivenUp, LetterState::Stale) => (
                codes::UNDELIVERABLE,
                "The message was received too often, but what it was about was settled or in somebody's hands by then.",
            ),
            (LetterKind::GivenUp, _) => (
                codes::UNDELIVERABLE,
                "The message was received too often without an end of its work. What it was about was failed.",
            ),
        };
        let expires_at = letter.expires_at();
        let (settled_at, settled_by) = letter.settled.unzip();
        Self {
            id: letter.id,
            queue: letter.priority,
            kind: letter.kind,
            state: letter.state,
            job_id: letter.about.map(|about| about.job),
            attempt: letter.about.map(|about| about.attempt),
            slot: slot.map(|slot| match slot {
                Slot::Plan => "plan",
                Slot::Chunk(_) => "chunk",
                Slot::Merge => "merge",
            }),
            chunk: match slot {
                Some(Slot::Chunk(n)) => Some(n),
                _ => None,
            },
            receives: letter.receives,
            code,
            why,
            bytes: letter.bytes,
            sent_at: letter.sent_at,
            given_up_at: letter.given_up_at,
            settled_at,
            settled_by,
            expires_at,
        }
    }
}

/// What became of a job that was sent again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequeuedView {
    /// The job.
    pub job_id: JobId,
    /// What was done.
    pub did: Requeued,
    /// The same as a sentence.
    pub detail: &'static str,
}

impl Intake {
    /// Makes the step that an open job waits for, or sends its message again, now.
    pub async fn requeue(&self, caller: &Caller, id: JobId) -> Result<RequeuedView, Problem> {
        let granted = self.doors.job(caller, id, Action::RequeueJob).await?;
        let job = granted.job();
        if job.status.is_terminal() {
            let detail = format!("The job is over: it is {}.", job.status);
            return Err(Problem::conflict("JOB_FINISHED", detail));
        }
        let did = self.engine.requeue(job).await?;
        self.note_job(caller, granted.standings(), Deed::JobRequeued, job)
            .await;
        Ok(RequeuedView {
            job_id: id,
            did,
            detail: did.detail(),
        })
    }

    /// Does what a dead letter was for: puts back on its queue what could not be read, or runs again what failed by it.
    pub async fn redrive(&self, caller: &Caller, id: &str) -> Result<LetterView, Problem> {
        let letter = self.letter(caller, id).await?;
        match letter.state {
            LetterState::Open => {}
            LetterState::Redriven => return Ok(letter.into()),
            LetterState::Discarded | LetterState::Stale => return Err(settled(&letter)),
        }
        let job = match &letter.about {
            Some(about) => Some(self.run_again(caller, about).await?),
            None => {
                self.put_back(&letter).await?;
                None
            }
        };
        self.settle(caller, letter, LetterState::Redriven, job.as_ref())
            .await
    }

    /// Marks a dead letter as dealt with.
    pub async fn discard(&self, caller: &Caller, id: &str) -> Result<LetterView, Problem> {
        let letter = self.letter(caller, id).await?;
        match letter.state {
            LetterState::Open => {}
            LetterState::Discarded => return Ok(letter.into()),
            LetterState::Redriven | LetterState::Stale => return Err(settled(&letter)),
        }
        let job = match &letter.about {
            // For its trail only, which a job that is gone has no more.
            Some(about) => self.doors.job(caller, about.job, Action::SeeJob).await.ok(),
            None => None,
        };
        let job = job.map(|granted| granted.job().clone());
        self.settle(caller, letter, LetterState::Discarded, job.as_ref())
            .await
    }

    async fn letter(&self, caller: &Caller, id: &str) -> Result<Letter, Problem> {
        self.doors.installation(caller, Action::SettleLetters)?;
        if !is_letter_id(id) {
            return Err(Problem::letter_not_found());
        }
        let now = self.engine.clock.now();
        let letter = self.letters.get(id).await?;
        let letter = letter.filter(|letter| letter.expires_at() > now);
        letter.ok_or_else(Problem::letter_not_found)
    }

    /// The next attempt of the job, unless one was begun since the letter was given up on.
    async fn run_again(&self, caller: &Caller, about: &LetterAbout) -> Result<Job, Problem> {
        let gone = || {
            let detail =
                "The job that the letter was about is no longer kept. The letter can only be discarded.";
            Problem::conflict("JOB_GONE", detail)
        };
        let granted = self.doors.job(caller, about.job, Action::RetryJob).await;
        let granted = granted.map_err(|problem| if problem.status == 404 { gone() } else { problem })?;
        let job = granted.job();
        if job.attempt > about.attempt {
            return Ok(job.clone());
        }
        Ok(self.retry(caller, about.job).await?.job)
    }

    async fn put_back(&self, letter: &Letter) -> Result<(), Problem> {
        let gone = || {
            let detail = "What the letter said is no longer kept. It can only be discarded.";
            Problem::conflict("LETTER_GONE", detail)
        };
        let key = letter.parked.as_deref().ok_or_else(gone)?;
        let body = match self.engine.blobs.get(key, None, MAX_BODY_BYTES).await? {
            Fetched::Found(body) => body,
            Fetched::Missing | Fetched::Changed | Fetched::TooLarge => return Err(gone()),
        };
        let body = std::str::from_utf8(&body).map_err(|_| gone())?;
        self.engine.queue.put_back(letter.priority, body).await?;
        Ok(())
    }

    /// Written after the act, so that one that died on the way is made again: messages may come twice, and an attempt is begun once.
    async fn settle(
        &self,
        caller: &Caller,
        letter: Letter,
        state: LetterState,
        job: Option<&Job>,
    ) -> Result<LetterView, Problem> {
        let now = self.engine.clock.now();
        let after = self.letters.settle(&letter.id, state, now, &caller.owner).await?;
        let after = after.ok_or_else(Problem::letter_not_found)?;
        if after.settled.as_ref() == Some(&(now, caller.owner.clone())) {
            let deed = match state {
                LetterState::Redriven => Deed::LetterRedriven,
                _ => Deed::LetterDiscarded,
            };
            let trail = job.map_or_else(|| Tenant::User(caller.owner.clone()), Self::trail_of);
            self.note_letter(caller, deed, &letter.id, trail).await;
        }
        if after.state == state {
            Ok(after.into())
        } else {
            Err(settled(&after))
        }
    }
}

fn settled(letter: &Letter) -> Problem {
    let detail = format!("The letter was dealt with: it is {}.", letter.state.as_str());
    Problem::conflict("LETTER_SETTLED", detail)
}

impl Reader {
    /// How the installation is.
    pub async fn operations(&self, caller: &Caller) -> Result<Operations, Problem> {
        let pass = self.doors.installation(caller, Action::SeeInstallation)?;
        let now = self.clock.now();
        let (reading, accounting) = futures::join!(self.overview.read(&pass, now), self.accounting());
        Ok(Operations::of(&reading?, accounting?, now))
    }

    /// Jobs of the whole installation that are open or failed.
    pub async fn operations_jobs(
        &self,
        caller: &Caller,
        query: &OperationsQuery,
    ) -> Result<JobRows, Problem> {
        let pass = self.doors.installation(caller, Action::SeeInstallation)?;
        let after = query.cursor.as_deref().map(decode_cursor).transpose()?;
        let limit = query.limit.unwrap_or(50).clamp(1, MAX_JOBS);
        let wanted = BoardQuery {
            pipeline: query.pipeline.clone(),
            ..wanted(query.status.as_deref())?
        };
        let now = self.clock.now();
        let page = self.overview.page(&pass, &wanted, after, limit, now).await?;
        Ok(JobRows {
            jobs: page.entries.into_iter().map(JobRow::of).collect(),
            next_cursor: page.next.as_ref().map(encode_cursor).transpose()?,
        })
    }

    /// Dead letters: those that nobody has dealt with, or the others.
    pub async fn letters(
        &self,
        caller: &Caller,
        state: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<LetterPage, Problem> {
        let pass = self.doors.installation(caller, Action::SeeInstallation)?;
        let open = match state {
            None | Some("open") => true,
            Some("settled") => false,
            Some(_) => return Err(invalid("state", "`state` is `open` or `settled`.")),
        };
        if cursor.is_some_and(|cursor| !is_letter_id(cursor)) {
            let detail = "The cursor is not one that a page of dead letters gave.";
            let error = FieldError::new("cursor", "INVALID_CURSOR", detail);
            return Err(Problem::invalid(vec![error]));
        }
        let now = self.clock.now();
        let mut letters = self
            .overview
            .letters(&pass, open, cursor, MAX_LETTERS + 1, now)
            .await?;
        let more = letters.len() > MAX_LETTERS;
        letters.truncate(MAX_LETTERS);
        let last = letters.last().filter(|_| more);
        Ok(LetterPage {
            next_cursor: last.map(|letter| letter.id.clone()),
            letters: letters.into_iter().map(LetterView::from).collect(),
        })
    }
}

fn wanted(status: Option<&str>) -> Result<BoardQuery, Problem> {
    let open = BoardQuery::default();
    match status {
        None | Some("open") => return Ok(open),
        Some("failed") => {
            return Ok(BoardQuery {
                list: BoardList::Failed,
                ..open
            });
        }
        Some(_) => {}
    }
    let status: Option<Status> = status.and_then(|word| word.parse().ok());
    let status = status.filter(|status| BoardList::of(*status) == Some(BoardList::Open));
    let detail = "`status` is `open`, `awaiting_upload`, `queued`, `processing` or `failed`.";
    let status = status.ok_or_else(|| invalid("status", detail))?;
    Ok(BoardQuery {
        status: Some(status),
        ..open
    })
}

fn invalid(field: &str, detail: &str) -> Problem {
    Problem::invalid(vec![FieldError::new(field, "UNKNOWN_VALUE", detail)])
}
