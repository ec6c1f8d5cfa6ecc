//! What everything in a run shares: the clock, the tape, who is acting now, the watch over the promises, and the story.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use docmill_core::account::{Account, Ledger};
use docmill_core::company::Role;
use docmill_core::ids::JobId;
use docmill_core::message::Message;
use docmill_core::ports::{Clock, PortError, PortResult};
use docmill_core::step::Step;
use docmill_core::time::Time;
use docmill_memory::{MemoryLedger, VirtualClock};
use futures::FutureExt;

use crate::fate::{Fate, KINDS, Menu};
use crate::plants::Plant;
use crate::ports::Kind;
use crate::scenario::{Act, Script, USERS, What};
use crate::tape::{Site, Source};
use crate::watch::{Since, Violation, Watch};

/// When every run begins.
pub(crate) const START: Time = Time::from_ms(1_800_000_000_000);

/// An invocation, a user's request, or whatever else makes port calls.
#[derive(Clone, Debug)]
pub(crate) struct Card {
    /// What it is called in the story.
    pub(crate) name: String,
    /// Its name's hash with its number among those of the same name.
    who: u64,
    calls: u32,
    skew_ms: i64,
    /// It is to be dropped at the next occasion.
    pub(crate) killed: bool,
    pub(crate) frozen_until: Time,
    /// The message it works on.
    pub(crate) message: Option<Message>,
    /// The act it carries out.
    pub(crate) act: Option<u32>,
    /// The user, for requests.
    pub(crate) user: Option<u8>,
    /// When it began, or the request that it makes now.
    pub(crate) since: Since,
    /// A renewal of it met a fault.
    pub(crate) hurt: bool,
    /// It met a fault of any kind.
    pub(crate) met: bool,
}

/// A line of the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Since the start.
    pub at: Duration,
    /// Who did what.
    pub text: String,
}

/// A conditional write whose effect is still under way.
pub(crate) struct Ghost {
    pub(crate) at: Time,
    pub(crate) card: usize,
    pub(crate) job: JobId,
    pub(crate) step: Step,
    pub(crate) kind: Kind,
}

pub(crate) struct State {
    pub(crate) source: Source,
    pub(crate) fates: BTreeMap<Site, Fate>,
    pub(crate) acts: Vec<Act>,
    /// No fault begins from here on.
    pub(crate) calm_at: Time,
    /// Until when a fault that happened may still have its effect.
    pub(crate) healed_at: Time,
    pub(crate) cards: Vec<Card>,
    pub(crate) current: usize,
    pub(crate) seen: BTreeMap<u64, u32>,
    pub(crate) counts: [u64; KINDS],
    pub(crate) log: Option<Vec<Line>>,
    pub(crate) watch: Watch,
    pub(crate) violation: Option<Violation>,
    pub(crate) ghosts: Vec<Ghost>,
    /// Tries made so far, by job and piece of work.
    pub(crate) tries: BTreeMap<(JobId, String), usize>,
    /// What a planted bug remembers of who is what in which company; by card, where each has its own memory.
    pub(crate) remembered: BTreeMap<(usize, String, String), Role>,
    /// Where accounts are kept.
    pub(crate) ledger: Option<Arc<MemoryLedger>>,
    /// The act that made each job.
    pub(crate) made_by: BTreeMap<JobId, u32>,
}

impl Card {
    /// Whether it acts for this user.
    pub(crate) fn is(&self, user: &str) -> bool {
        self.user() == Some(user)
    }

    /// The user it acts for.
    pub(crate) fn user(&self) -> Option<&'static str> {
        self.user.map(|user| USERS[usize::from(user)])
    }
}

impl State {
    pub(crate) fn card(&mut self) -> &mut Card {
        let current = self.current;
        &mut self.cards[current]
    }

    pub(crate) fn job_name(&self, id: JobId) -> String {
        self.made_by
            .get(&id)
            .map_or_else(|| "a job".to_owned(), |act| format!("job {act}"))
    }

    /// The act that submitted the document of act `id`, and whether another word is in it.
    pub(crate) fn document(&self, id: u32) -> Option<(&Act, bool)> {
        let act = self.acts.iter().find(|act| act.id == id)?;
        match act.what {
            What::Submit { .. } => Some((act, false)),
            What::Again { of, other } => {
                let submit = self.acts.iter().find(|act| act.id == of)?;
                Some((submit, other))
            }
            _ => None,
        }
    }

    /// The script of a job.
    pub(crate) fn script(&self, job: JobId) -> Option<&Script> {
        let act = *self.made_by.get(&job)?;
        match &self.document(act)?.0.what {
            What::Submit { script, .. } => Some(script),
            _ => None,
        }
    }
}

/// Shared by everything in a run, on one thread; the locks are there because ports may be shared between threads.
pub(crate) struct Sim {
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) plant: Option<Plant>,
    telling: bool,
    state: Mutex<State>,
}

impl Sim {
    pub(crate) fn new(state: State, plant: Option<Plant>) -> Self {
        Self {
            clock: Arc::new(VirtualClock::new(START)),
            plant,
            telling: state.log.is_some(),
            state: Mutex::new(state),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The true time; invocations see their own.
    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    pub(crate) fn has(&self, plant: Plant) -> bool {
        self.plant == Some(plant)
    }

    /// A card for somebody called `name` in the story, and on the tape by `site`, of which there may be several.
    /// Whoever works has a clock of its own.
    pub(crate) fn card(&self, name: String, site: &str, clock: bool) -> usize {
        let now = self.now();
        let mut state = self.state();
        let hash = crate::dice::hash(site);
        let nth = state.seen.entry(hash).or_default();
        *nth += 1;
        let nth = *nth;
        let since = state.watch.members.since(now);
        let who = hash ^ u64::from(nth).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        state.cards.push(Card {
            name,
            who,
            calls: 0,
            skew_ms: 0,
            killed: false,
            frozen_until: now,
            message: None,
            act: None,
            user: None,
            since,
            hurt: false,
            met: false,
        });
        let card = state.cards.len() - 1;
        if clock && let Some(Fate::Skew(off)) = draw(&mut state, card, Menu::Clock, now) {
            state.cards[card].skew_ms = i64::from(off);
        }
        card
    }

    /// A user's account as it is.
    pub(crate) fn account(&self, user: &str) -> Account {
        let ledger = self.state().ledger.clone();
        let read = ledger.and_then(|ledger| ledger.account(user).now_or_never());
        read.and_then(Result::ok).unwrap_or_default()
    }

    /// Whoever acts now makes another request.
    pub(crate) fn next_request(&self) {
        let now = self.now();
        let mut state = self.state();
        state.card().since = state.watch.members.since(now);
    }

    /// What the tape has for a card's next site.
    pub(crate) fn fate(&self, card: usize, menu: Menu) -> Option<Fate> {
        let now = self.now();
        draw(&mut self.state(), card, menu, now)
    }

    /// Adds a line to the story, if one is being told.
    pub(crate) fn tell(&self, text: impl FnOnce(&State) -> String) {
        if !self.telling {
            return;
        }
        let at = self.now().since(START);
        let mut state = self.state();
        let text = text(&state);
        if let Some(log) = &mut state.log {
            log.push(Line { at, text });
        }
    }

    /// The same, said of whoever acts now.
    pub(crate) fn says(&self, text: impl FnOnce(&State) -> String) {
        self.tell(|state| format!("{} {}", state.cards[state.current].name, text(state)));
    }

    /// A promise is broken. The first one counts.
    pub(crate) fn broken(&self, promise: &'static str, text: String) {
        self.tell(|_| format!("{promise} IS BROKEN: {text}"));
        let mut state = self.state();
        if state.violation.is_none() {
            state.violation = Some(Violation { promise, text });
        }
    }

    /// The invocation that acts now is killed: it is dropped where it stands.
    pub(crate) async fn die<T>(&self) -> T {
        self.state().card().killed = true;
        pending().await
    }

    /// One port call by whoever acts now, with what the tape has for it. `what` tells the story of a call
    /// that something happens to.
    pub(crate) async fn call<T, F>(
        &self,
        menu: Menu,
        what: impl Fn() -> String + Send + Sync,
        effect: impl Fn() -> F + Send + Sync,
    ) -> PortResult<T>
    where
        T: Send,
        F: Future<Output = PortResult<T>> + Send,
    {
        let card = self.state().current;
        let fate = self.fate(card, menu);
        self.fated(fate, what, effect).await
    }

    /// A port call that meets `fate`.
    pub(crate) async fn fated<T, F>(
        &self,
        fate: Option<Fate>,
        what: impl Fn() -> String + Send + Sync,
        effect: impl Fn() -> F + Send + Sync,
    ) -> PortResult<T>
    where
        T: Send,
        F: Future<Output = PortResult<T>> + Send,
    {
        let Some(fate) = fate else {
            return effect().await;
        };
        if fate != Fate::Yield {
            self.says(|_| format!("{} {fate}", what()));
        }
        let lost = || PortError::Unavailable("the answer is lost".to_owned());
        match fate {
            Fate::Yield => {
                step_back().await;
                effect().await
            }
            Fate::Slow(time) | Fate::Overtaken(time) => {
                self.clock.sleep(time).await;
                effect().await
            }
            Fate::Freeze(time) => {
                let until = self.now().plus(time);
                self.state().card().frozen_until = until;
                self.clock.sleep(time).await;
                effect().await
            }
            Fate::Throttled(retry_after) => Err(PortError::Throttled {
                service: "simulated",
                retry_after,
            }),
            Fate::Conflict => Err(PortError::Throttled {
                service: "dynamodb",
                retry_after: None,
            }),
            Fate::LostAfter(time) => {
                effect().await?;
                self.clock.sleep(time).await;
                Err(lost())
            }
            Fate::Twice(time) => {
                effect().await?;
                self.clock.sleep(time).await;
                effect().await
            }
            Fate::KillBefore => self.die().await,
            Fate::KillAfter => {
                effect().await?;
                self.die().await
            }
            // Those with an effect of their own are the port's to carry out.
            _ => Err(lost()),
        }
    }
}

fn draw(state: &mut State, card: usize, menu: Menu, now: Time) -> Option<Fate> {
    let who = &mut state.cards[card];
    let site = Site {
        who: who.who,
        nth: who.calls,
    };
    who.calls += 1;
    if now >= state.calm_at {
        return None;
    }
    let State { source, fates, .. } = state;
    let fate = source.at(site, menu, fates)?;
    state.cards[card].met |= fate != Fate::Yield;
    state.counts[fate.kind()] += 1;
    state.healed_at = state.healed_at.max(now.plus(fate.lasts()));
    Some(fate)
}

/// Lets everybody else who is ready go first.
async fn step_back() {
    let mut first = true;
    std::future::poll_fn(move |context| {
        if std::mem::take(&mut first) {
            context.waker().wake_by_ref();
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
}

/// The clock as the one who acts now sees it.
pub(crate) struct SkewedClock(pub(crate) Arc<Sim>);

#[async_trait]
impl Clock for SkewedClock {
    fn now(&self) -> Time {
        let mut state = self.0.state();
        let skew = state.card().skew_ms;
        drop(state);
        Time::from_ms(self.0.now().ms() + skew)
    }

    async fn sleep(&self, duration: Duration) {
        self.0.clock.sleep(duration).await;
    }
}
