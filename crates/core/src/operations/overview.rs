//! Reads the whole installation for who runs it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{
    BoardList, BoardPage, BoardQuery, Figures, JobBoard, Letter, Letters, OpenLetters, QueueDepth,
    QueueDepths, Span, Tally,
};
use crate::access::Operating;
use crate::job::{Job, Phase, Status};
use crate::ports::{ListCursor, PortResult};
use crate::time::Time;

/// Open jobs that are counted.
const MAX_OPEN: usize = 10_000;

/// Processing jobs whose records are read, for what is claimed in them.
const MAX_RECORDS: usize = 500;

/// Hours in the curves.
pub(super) const HOURS: u32 = 48;

/// Days that failures are added up for.
pub(super) const DAYS: u32 = 30;

/// The ports behind the figures of the whole installation. Each read shows the pass that the doors gave.
#[derive(Clone)]
pub struct Overview {
    board: Arc<dyn JobBoard>,
    figures: Arc<dyn Figures>,
    letters: Arc<dyn Letters>,
    queues: Arc<dyn QueueDepths>,
}

/// What was read of the installation at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    /// Open jobs, newest first.
    pub(crate) open: BoardPage,
    /// Records of those that are processing, as far as they were read.
    pub(crate) records: Vec<Job>,
    /// Whether there are more processing jobs than records.
    pub(crate) more_processing: bool,
    /// The queues.
    pub(crate) depths: Vec<QueueDepth>,
    /// By hour.
    pub(crate) hours: BTreeMap<Time, Tally>,
    /// By day.
    pub(crate) days: BTreeMap<Time, Tally>,
    /// Dead letters that nobody has dealt with.
    pub(crate) letters: OpenLetters,
}

impl Overview {
    /// Over these ports.
    pub fn new(
        board: Arc<dyn JobBoard>,
        figures: Arc<dyn Figures>,
        letters: Arc<dyn Letters>,
        queues: Arc<dyn QueueDepths>,
    ) -> Self {
        Self {
            board,
            figures,
            letters,
            queues,
        }
    }

    /// Everything that the picture is made of, read side by side.
    pub(crate) async fn read(&self, _: &Operating, now: Time) -> PortResult<Reading> {
        let this_hour = Span::Hour.start_of(now);
        let first_hour = this_hour.minus(Span::Hour.length() * (HOURS - 1));
        let today = Span::Day.start_of(now);
        let first_day = today
            .minus(Span::Day.length() * (DAYS - 1))
            .min(now.month_start());
        let (jobs, depths, hours, days, letters) = futures::join!(
            self.jobs(),
            self.queues.depths(),
            self.figures.between(Span::Hour, first_hour, this_hour),
            self.figures.between(Span::Day, first_day, today),
            self.letters.open(),
        );
        let (open, records, more_processing) = jobs?;
        Ok(Reading {
            open,
            records,
            more_processing,
            depths: depths?,
            hours: hours?,
            days: days?,
            letters: letters?,
        })
    }

    async fn jobs(&self) -> PortResult<(BoardPage, Vec<Job>, bool)> {
        let query = BoardQuery {
            list: BoardList::Open,
            ..BoardQuery::default()
        };
        let open = self.board.page(&query, None, MAX_OPEN).await?;
        // The oldest first: what hangs is among them.
        let processing = open
            .entries
            .iter()
            .rev()
            .filter(|entry| entry.status == Status::Processing);
        let mut ids: Vec<_> = processing.map(|entry| entry.job_id).collect();
        let more = ids.len() > MAX_RECORDS;
        ids.truncate(MAX_RECORDS);
        let mut records = self.board.records(&ids).await?;
        // The index may lag behind the records.
        records.retain(|job| job.status == Status::Processing);
        Ok((open, records, more))
    }

    /// A page of the board; jobs that were deleted are left out.
    pub(crate) async fn page(
        &self,
        _: &Operating,
        query: &BoardQuery,
        after: Option<ListCursor>,
        limit: usize,
        now: Time,
    ) -> PortResult<BoardPage> {
        let mut page = self.board.page(query, after, limit).await?;
        page.entries
            .retain(|entry| !entry.status.is_terminal() || entry.expires_at > now);
        Ok(page)
    }

    /// Dead letters before the one with the id `before`; those whose time is over are left out.
    pub(crate) async fn letters(
        &self,
        _: &Operating,
        open: bool,
        before: Option<&str>,
        limit: usize,
        now: Time,
    ) -> PortResult<Vec<Letter>> {
        let mut letters = self.letters.page(open, before, limit).await?;
        letters.retain(|letter| letter.expires_at() > now);
        Ok(letters)
    }
}

/// How long `job`, which is processing, has waited for a worker at `now`: nobody holds any of it, and something is to be done.
/// `None` where somebody is at it, or it rests until it may be tried again.
pub(super) fn unheld_for(job: &Job, now: Time) -> Option<Duration> {
    let live = job.leases.values().any(|lease| lease.is_live(now));
    let waits = job.phase != Phase::Waiting && job.cancel_requested_at.is_none() && !live;
    waits.then(|| now.since(job.updated_at))
}
