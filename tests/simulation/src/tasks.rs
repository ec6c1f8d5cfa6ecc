//! Who is running: a list of futures on one thread, polled in the order in which they became ready.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Wake, Waker};

use docmill_core::time::Time;

use crate::sim::Sim;

type Queue = Arc<Mutex<VecDeque<usize>>>;

struct Bell {
    card: usize,
    rung: AtomicBool,
    ready: Queue,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, Ordering::Relaxed) {
            self.ready
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push_back(self.card);
        }
    }
}

struct Running {
    future: Pin<Box<dyn Future<Output = ()>>>,
    bell: Arc<Bell>,
    until: Time,
}

/// The running ones, by card.
pub(crate) struct Tasks {
    sim: Arc<Sim>,
    running: BTreeMap<usize, Running>,
    ready: Queue,
}

impl Tasks {
    pub(crate) fn new(sim: Arc<Sim>) -> Self {
        Self {
            sim,
            running: BTreeMap::new(),
            ready: Queue::default(),
        }
    }

    /// Starts somebody, who is stopped at `until`.
    pub(crate) fn start(&mut self, card: usize, until: Time, future: impl Future<Output = ()> + 'static) {
        let bell = Arc::new(Bell {
            card,
            rung: AtomicBool::new(false),
            ready: self.ready.clone(),
        });
        bell.wake_by_ref();
        let future = Box::pin(future);
        self.running.insert(card, Running { future, bell, until });
    }

    /// Polls one that is ready; whether there was one.
    pub(crate) fn step(&mut self) -> bool {
        let next = self
            .ready
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let Some(card) = next else {
            return false;
        };
        let Some(running) = self.running.get_mut(&card) else {
            return true;
        };
        running.bell.rung.store(false, Ordering::Relaxed);
        {
            let now = self.sim.now();
            let mut state = self.sim.state();
            // Its own sleep wakes it when it thaws.
            if state.cards[card].frozen_until > now {
                return true;
            }
            state.current = card;
        }
        let waker = Waker::from(running.bell.clone());
        let done = running
            .future
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_ready();
        let killed = self.sim.state().cards[card].killed;
        if done || killed {
            self.running.remove(&card);
        }
        true
    }

    /// Drops those whose time is over.
    pub(crate) fn stop_overdue(&mut self) {
        let now = self.sim.now();
        for (card, _) in self.running.extract_if(.., |_, running| running.until <= now) {
            self.sim
                .tell(|state| format!("{} is stopped at its time limit", state.cards[card].name));
        }
    }

    /// When the next one is stopped.
    pub(crate) fn next_stop(&self) -> Option<Time> {
        self.running.values().map(|running| running.until).min()
    }

    pub(crate) fn is_running(&self, card: usize) -> bool {
        self.running.contains_key(&card)
    }
}
