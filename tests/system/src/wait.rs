//! Bounded waits: a test never sleeps for a while and hopes.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Seconds for [`LIMIT`]. Runs that expect failures do not want to wait long for each.
const LIMIT_S: &str = "DOCMILL_TEST_WAIT_S";

/// Longest that anything a test waits for may take on a busy machine.
pub static LIMIT: LazyLock<Duration> = LazyLock::new(|| {
    let given = std::env::var(LIMIT_S)
        .ok()
        .map(|seconds| seconds.parse().unwrap());
    Duration::from_secs(given.unwrap_or(90))
});

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(40);

/// Looks until there is something, for at most [`LIMIT`].
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    until_every(PAUSE, what, look).await
}

/// As [`until`], with looks that cost too much to be made all the time.
pub async fn until_every<T>(pause: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let (began, limit) = (Instant::now(), *LIMIT);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < limit, "waited {limit:?} for {what}");
        tokio::time::sleep(pause).await;
    }
}

/// Waits for a future, for at most [`LIMIT`].
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let limit = *LIMIT;
    tokio::time::timeout(limit, future)
        .await
        .unwrap_or_else(|_| panic!("waited {limit:?} for {what}"))
}
