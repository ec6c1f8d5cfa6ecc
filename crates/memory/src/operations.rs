//! [`JobBoard`], [`Figures`], [`Letters`] and [`QueueDepths`].

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use docmill_core::ids::JobId;
use docmill_core::job::Job;
use docmill_core::operations::{
    BoardEntry, BoardList, BoardPage, BoardQuery, Figures, JobBoard, Letter, LetterState, Letters,
    OpenLetters, QueueDepth, QueueDepths, QueueName, Span, Tally,
};
use docmill_core::ports::{ListCursor, PortResult};
use docmill_core::time::Time;

use crate::callbacks::MemoryCallbacks;
use crate::job_store::MemoryJobs;
use crate::lock;
use crate::queue::MemoryQueue;

/// Tallies by their span and where it begins.
#[derive(Debug, Default)]
pub(crate) struct Tallies(BTreeMap<(Span, Time), Tally>);

impl Tallies {
    pub(crate) fn add(&mut self, at: Time, tally: &Tally) {
        for span in Span::ALL {
            self.0.entry((span, span.start_of(at))).or_default().add(tally);
        }
    }
}

#[async_trait]
impl Figures for MemoryJobs {
    async fn between(&self, span: Span, from: Time, until: Time) -> PortResult<BTreeMap<Time, Tally>> {
        if from > until {
            return Ok(BTreeMap::new());
        }
        let tallies = self.tallies();
        let found = tallies.0.range((span, from)..=(span, until));
        Ok(found.map(|((_, start), tally)| (*start, tally.clone())).collect())
    }
}

#[async_trait]
impl JobBoard for MemoryJobs {
    async fn page(
        &self,
        query: &BoardQuery,
        after: Option<ListCursor>,
        limit: usize,
    ) -> PortResult<BoardPage> {
        let mut entries: Vec<BoardEntry> = self
            .all()
            .iter()
            .filter(|job| BoardList::of(job.status) == Some(query.list))
            .filter(|job| query.status.is_none_or(|status| job.status == status))
            .filter(|job| {
                query
                    .pipeline
                    .as_ref()
                    .is_none_or(|pipeline| job.pipeline == *pipeline)
            })
            .map(BoardEntry::of)
            .filter(|entry| after.is_none_or(|after| place(entry.cursor()) < place(after)))
            .collect();
        entries.sort_by_key(|entry| Reverse(place(entry.cursor())));
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| more).map(BoardEntry::cursor);
        Ok(BoardPage { entries, next })
    }

    async fn records(&self, ids: &[JobId]) -> PortResult<Vec<Job>> {
        let mut jobs = self.all();
        jobs.retain(|job| ids.contains(&job.id));
        Ok(jobs)
    }
}

fn place(cursor: ListCursor) -> (i64, JobId) {
    (cursor.created_at_ms, cursor.job_id)
}

/// Records of dead letters by id.
#[derive(Debug, Default)]
pub struct MemoryLetters {
    letters: Mutex<BTreeMap<String, Letter>>,
}

#[async_trait]
impl Letters for MemoryLetters {
    async fn keep(&self, letter: &Letter) -> PortResult<()> {
        let mut letters = lock(&self.letters);
        letters.entry(letter.id.clone()).or_insert_with(|| letter.clone());
        Ok(())
    }

    async fn get(&self, id: &str) -> PortResult<Option<Letter>> {
        Ok(lock(&self.letters).get(id).cloned())
    }

    async fn page(&self, open: bool, before: Option<&str>, limit: usize) -> PortResult<Vec<Letter>> {
        let letters = lock(&self.letters);
        let wanted = letters
            .values()
            .rev()
            .filter(|letter| (letter.state == LetterState::Open) == open);
        let older = wanted.filter(|letter| before.is_none_or(|before| letter.id.as_str() < before));
        Ok(older.take(limit).cloned().collect())
    }

    async fn settle(&self, id: &str, state: LetterState, at: Time, by: &str) -> PortResult<Option<Letter>> {
        let mut letters = lock(&self.letters);
        let Some(letter) = letters.get_mut(id) else {
            return Ok(None);
        };
        if letter.state == LetterState::Open {
            letter.state = state;
            letter.settled = Some((at, by.to_owned()));
        }
        Ok(Some(letter.clone()))
    }

    async fn open(&self) -> PortResult<OpenLetters> {
        let letters = lock(&self.letters);
        let open = letters
            .values()
            .filter(|letter| letter.state == LetterState::Open)
            .count();
        Ok(OpenLetters {
            open: open as u64,
            complete: true,
        })
    }
}

/// Counts what is in the queues.
pub struct MemoryDepths {
    queue: Arc<MemoryQueue>,
    callbacks: Arc<MemoryCallbacks>,
}

impl MemoryDepths {
    /// Of these queues.
    pub fn new(queue: Arc<MemoryQueue>, callbacks: Arc<MemoryCallbacks>) -> Self {
        Self { queue, callbacks }
    }
}

#[async_trait]
impl QueueDepths for MemoryDepths {
    async fn depths(&self) -> PortResult<Vec<QueueDepth>> {
        let depth = |queue: QueueName| match queue.priority() {
            Some(priority) => self.queue.depth(queue, priority),
            None => QueueDepth {
                queue,
                waiting: self.callbacks.waiting() as u64,
                in_flight: 0,
                delayed: 0,
                dead_letters: 0,
            },
        };
        Ok(QueueName::ALL.map(depth).into())
    }
}
