//! Why WebSocket, Server-Sent Events and polling arrive at the same: what is not newer is dropped.

use super::model::{Event, is_over};

/// The newest state of a job that was seen, by whatever door.
#[derive(Clone, Debug, Default)]
pub struct Newest {
    version: u64,
    over: bool,
}

impl Newest {
    /// Takes a sight of the job: whether it is news. Late, doubled and overtaken sights are not.
    pub fn take(&mut self, seen: &Event) -> bool {
        if seen.version <= self.version {
            return false;
        }
        self.version = seen.version;
        self.over = is_over(&seen.status);
        true
    }

    /// The newest version seen; 0 before the first.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Whether the newest state seen is an end.
    pub fn is_over(&self) -> bool {
        self.over
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(version: u64, status: &str) -> Event {
        Event {
            version,
            status: status.into(),
            ..Event::default()
        }
    }

    #[test]
    fn an_end_is_undone_by_a_newer_attempt_only() {
        let mut newest = Newest::default();
        assert!(newest.take(&event(4, "failed")));
        assert!(!newest.take(&event(3, "processing")));
        assert!(!newest.take(&event(4, "processing")));
        assert!(newest.is_over());
        assert!(newest.take(&event(5, "queued")));
        assert!(!newest.is_over());
    }

    proptest! {
        /// Whatever is lost, doubled or overtaken on the way, as long as the newest arrives.
        #[test]
        fn any_order_ends_at_the_newest(mut versions in proptest::collection::vec(1_u64..40, 1..60)) {
            let mut newest = Newest::default();
            let mut shown = Vec::new();
            for version in &versions {
                if newest.take(&event(*version, "processing")) {
                    shown.push(*version);
                }
            }
            prop_assert!(shown.windows(2).all(|pair| pair[0] < pair[1]));
            versions.sort_unstable();
            prop_assert_eq!(Some(newest.version()), versions.last().copied());
        }
    }
}
