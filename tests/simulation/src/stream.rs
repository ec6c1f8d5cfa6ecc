//! The stream of changes and its reader, as `functions/push` is called: batches in order, one at a time, again from the
//! first record that failed; now and then from further back.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use docmill_core::publish::Change;
use docmill_core::time::Time;

use crate::fate::{Fate, Menu};
use crate::parts::Parts;
use crate::plants::Plant;
use crate::sim::{START, Sim};

/// Longest a batch takes.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Records in a batch.
const BATCH: usize = 100;

/// Records that may come again although they were read.
const KEPT: usize = 20;

/// A batch that fails so often in a row, with no fault about, fails for ever.
const MOST_FAILURES: u32 = 10;

/// The stream.
#[derive(Default)]
pub(crate) struct Stream {
    ahead: VecDeque<Change>,
    /// Read lately, the newest last.
    behind: VecDeque<Change>,
    /// Not before this time.
    not_before: Option<Time>,
    /// Who reads now.
    pub(crate) reader: Option<usize>,
    batches: u32,
    failures: u32,
}

impl Stream {
    pub(crate) fn extend(&mut self, changes: Vec<Change>) {
        self.ahead.extend(changes);
    }

    pub(crate) fn due_at(&self) -> Option<Time> {
        (!self.ahead.is_empty()).then(|| self.not_before.unwrap_or(START))
    }

    pub(crate) fn is_due(&self, now: Time) -> bool {
        self.due_at().is_some_and(|at| at <= now)
    }

    fn wait(&mut self, until: Time) {
        self.not_before = Some(until);
    }

    /// The first `count` records are read.
    fn pass(&mut self, count: usize) {
        for _ in 0..count {
            self.behind.extend(self.ahead.pop_front());
        }
        while self.behind.len() > KEPT {
            self.behind.pop_front();
        }
    }

    fn rewind(&mut self, count: u8) {
        for _ in 0..count {
            if let Some(change) = self.behind.pop_back() {
                self.ahead.push_front(change);
            }
        }
    }
}

type Batch = std::pin::Pin<Box<dyn Future<Output = ()>>>;

/// Starts the next batch: who reads it, until when, and the reading. `None` when it comes later.
pub(crate) fn start(
    sim: &Arc<Sim>,
    parts: &Rc<Parts>,
    stream: &Rc<RefCell<Stream>>,
) -> Option<(usize, Time, Batch)> {
    let now = sim.now();
    let mut records = stream.borrow_mut();
    records.batches += 1;
    let card = sim.card(format!("push {}", records.batches), "push", false);
    let mut most = BATCH;
    match sim.fate(card, Menu::Stream) {
        Some(Fate::Delay(time)) => {
            records.wait(now.plus(time));
            return None;
        }
        Some(Fate::Batch(few)) => most = usize::from(few),
        Some(Fate::Rewind(count)) => {
            sim.tell(|_| format!("the stream goes back {count} records"));
            records.rewind(count);
        }
        Some(Fate::Double) => {
            let first = records.ahead.front().cloned();
            if let Some(first) = first {
                sim.tell(|_| "a record comes twice".to_owned());
                records.ahead.push_front(first);
            }
        }
        Some(Fate::Lose) => {
            if let Some(lost) = records.ahead.pop_front() {
                let (id, version) = (lost.new.id, lost.new.version);
                sim.tell(|state| format!("the stream loses version {version} of {}", state.job_name(id)));
                sim.state().watch.lost_changes.push((id, version));
            }
        }
        _ => {}
    }
    let changes: Vec<Change> = records.ahead.iter().take(most).cloned().collect();
    if changes.is_empty() {
        return None;
    }
    records.reader = Some(card);
    let batch = read(sim.clone(), parts.clone(), stream.clone(), changes);
    Some((card, now.plus(TIME_LIMIT), Box::pin(batch)))
}

async fn read(sim: Arc<Sim>, parts: Rc<Parts>, stream: Rc<RefCell<Stream>>, changes: Vec<Change>) {
    if sim.has(Plant::ChangesForgotten) {
        stream.borrow_mut().pass(changes.len());
    }
    let published = parts.publisher.publish(&changes).await;
    let gone = std::mem::take(&mut sim.state().watch.clients.gone);
    let passed = if gone {
        0
    } else {
        published.failed_from.unwrap_or(changes.len())
    };
    sim.says(|_| format!("publishes {passed} of {} changes", changes.len()));
    let mut stream = stream.borrow_mut();
    if !sim.has(Plant::ChangesForgotten) {
        stream.pass(passed);
    }
    if passed == changes.len() {
        stream.failures = 0;
        return;
    }
    // As Lambda does: the rest comes again, after a while.
    stream.failures += 1;
    stream.wait(sim.now().plus(Duration::from_secs(1)));
    let healed = {
        let state = sim.state();
        state.healed_at.max(state.calm_at)
    };
    if stream.failures > MOST_FAILURES && sim.now() > healed {
        sim.broken(
            "P4",
            "a batch of changes fails for ever, and no event is written".to_owned(),
        );
    }
}
