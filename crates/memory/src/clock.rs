//! [`Clock`]: the system's, and a virtual one.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use docmill_core::ports::Clock;
use docmill_core::time::Time;

use crate::lock;

/// The machine's clock. Its sleep needs a Tokio runtime with time enabled.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Time {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time::from_ms(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A clock that stands still until it is moved. Sleepers wake in the order of their times.
#[derive(Debug)]
pub struct VirtualClock {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    now: Time,
    next_id: u64,
    /// By wake-up time, then in the order in which they fell asleep.
    sleepers: BTreeMap<(Time, u64), Waker>,
}

impl VirtualClock {
    /// A clock that shows `now`.
    pub fn new(now: Time) -> Self {
        Self {
            state: Mutex::new(State {
                now,
                next_id: 0,
                sleepers: BTreeMap::new(),
            }),
        }
    }

    /// The time at which the next sleeper wakes.
    pub fn next_wake(&self) -> Option<Time> {
        lock(&self.state).sleepers.keys().next().map(|(time, _)| *time)
    }

    /// Moves the clock on to `to` and wakes whoever slept until then. Never moves it back.
    pub fn advance_to(&self, to: Time) {
        let woken = {
            let mut state = lock(&self.state);
            state.now = state.now.max(to);
            let now = state.now;
            let later = state.sleepers.split_off(&(now, u64::MAX));
            std::mem::replace(&mut state.sleepers, later)
        };
        for waker in woken.into_values() {
            waker.wake();
        }
    }

    /// Moves the clock on by `by`.
    pub fn advance(&self, by: Duration) {
        let to = lock(&self.state).now.plus(by);
        self.advance_to(to);
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Time {
        lock(&self.state).now
    }

    async fn sleep(&self, duration: Duration) {
        let (until, id) = {
            let mut state = lock(&self.state);
            state.next_id += 1;
            (state.now.plus(duration), state.next_id)
        };
        Sleep {
            clock: self,
            until,
            id,
        }
        .await;
    }
}

struct Sleep<'a> {
    clock: &'a VirtualClock,
    until: Time,
    id: u64,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = lock(&self.clock.state);
        if state.now >= self.until {
            return Poll::Ready(());
        }
        state
            .sleepers
            .insert((self.until, self.id), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    // Dropped by a `select`: the time of a sleeper that is no more must not hold the driver up.
    fn drop(&mut self) {
        lock(&self.clock.state).sleepers.remove(&(self.until, self.id));
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use futures::future::join;

    use super::*;

    #[test]
    fn sleepers_wake_when_their_time_comes() {
        let clock = VirtualClock::new(Time::from_ms(0));
        let mut both = Box::pin(join(
            clock.sleep(Duration::from_millis(10)),
            clock.sleep(Duration::from_millis(20)),
        ));
        assert!(both.as_mut().now_or_never().is_none());
        assert_eq!(clock.next_wake(), Some(Time::from_ms(10)));
        clock.advance(Duration::from_millis(10));
        assert!(both.as_mut().now_or_never().is_none());
        assert_eq!(clock.next_wake(), Some(Time::from_ms(20)));
        clock.advance_to(Time::from_ms(25));
        assert!(both.as_mut().now_or_never().is_some());
        assert_eq!(clock.now(), Time::from_ms(25));
    }

    #[test]
    fn a_dropped_sleeper_is_forgotten() {
        let clock = VirtualClock::new(Time::from_ms(0));
        assert!(clock.sleep(Duration::from_secs(1)).now_or_never().is_none());
        assert_eq!(clock.next_wake(), None);
    }
}
