//! Times counted in fixed buckets, so that counts of many machines add up.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::intake::Quantiles;

/// Upper bound of bucket 0, in seconds: nobody needs to tell shorter times apart.
const FIRST_BOUND_SECONDS: f64 = 0.05;

/// Buckets to the doubling of a bound.
const STEPS: i32 = 4;

/// The last bucket, whose bound is 29 hours: a job waits for 24 at most. What is longer is counted here.
const LAST: u8 = 84;

/// How many times fell into each bucket. The bounds grow by the fourth root of two, so that a quantile given as the bound of its
/// bucket is never too low, and too high by less than a fifth.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Histogram(BTreeMap<u8, u64>);

impl Histogram {
    /// Number of the bucket that `time` falls into.
    pub fn bucket_of(time: Duration) -> u8 {
        let seconds = time.as_secs_f64();
        (0..LAST).find(|bucket| bound(*bucket) >= seconds).unwrap_or(LAST)
    }

    /// Counts a time.
    pub fn count(&mut self, time: Duration) {
        self.put(Self::bucket_of(time), 1);
    }

    /// Adds `times` to a bucket; one behind the last is the last.
    pub fn put(&mut self, bucket: u8, times: u64) {
        if times > 0 {
            *self.0.entry(bucket.min(LAST)).or_default() += times;
        }
    }

    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Self) {
        for (bucket, times) in &other.0 {
            self.put(*bucket, *times);
        }
    }

    /// The buckets with something in them.
    pub fn buckets(&self) -> impl Iterator<Item = (u8, u64)> + '_ {
        self.0.iter().map(|(bucket, times)| (*bucket, *times))
    }

    /// Quantiles by nearest rank, in seconds; `None` where nothing was counted.
    pub fn quantiles(&self) -> Option<Quantiles> {
        Some(Quantiles {
            p50: self.quantile(50)?,
            p95: self.quantile(95)?,
            p99: self.quantile(99)?,
        })
    }

    fn quantile(&self, percent: u64) -> Option<f64> {
        let all: u64 = self.0.values().sum();
        let rank = (all * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let bucket = self.0.iter().find(|(_, times)| {
            seen += **times;
            seen >= rank
        });
        // Milliseconds are as fine as records are.
        bucket.map(|(bucket, _)| (bound(*bucket) * 1_000.0).round() / 1_000.0)
    }
}

/// Upper bound of a bucket, in seconds.
fn bound(bucket: u8) -> f64 {
    FIRST_BOUND_SECONDS * 2_f64.powf(f64::from(bucket) / f64::from(STEPS))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_has_no_quantiles() {
        assert_eq!(Histogram::default().quantiles(), None);
    }

    #[test]
    fn the_longest_wait_fits_and_longer_ones_are_counted() {
        let day = Histogram::bucket_of(Duration::from_secs(24 * 60 * 60));
        assert!(day < LAST, "{day}");
        assert_eq!(Histogram::bucket_of(Duration::MAX), LAST);
        assert_eq!(Histogram::bucket_of(Duration::ZERO), 0);
    }

    proptest! {
        #[test]
        fn a_quantile_is_at_most_a_fifth_too_high(mut times_ms in prop::collection::vec(50_u64..90_000_000, 1..200)) {
            let mut histogram = Histogram::default();
            for ms in &times_ms {
                histogram.count(Duration::from_millis(*ms));
            }
            times_ms.sort_unstable();
            let quantiles = histogram.quantiles().unwrap();
            for (percent, shown) in [(50, quantiles.p50), (95, quantiles.p95), (99, quantiles.p99)] {
                let rank = (times_ms.len() * percent).div_ceil(100);
                let exact = Duration::from_millis(times_ms[rank - 1]).as_secs_f64();
                prop_assert!(shown >= exact - 0.001 && shown <= exact * 1.2 + 0.001, "{shown} for {exact}");
            }
        }

        #[test]
        fn counts_of_two_machines_add_up(one in prop::collection::vec(0_u64..200_000_000, 0..50), other in prop::collection::vec(0_u64..200_000_000, 0..50)) {
            let counted = |times: &[u64]| {
                let mut histogram = Histogram::default();
                for ms in times {
                    histogram.count(Duration::from_millis(*ms));
                }
                histogram
            };
            let mut sum = counted(&one);
            sum.add(&counted(&other));
            prop_assert_eq!(sum, counted(&[one, other].concat()));
        }
    }
}
