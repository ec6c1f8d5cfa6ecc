//! Bounded waits: a test never sleeps for a while and hopes.

use std::time::{Duration, Instant};

/// Longest that anything a test waits for may take on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(90);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(40);

/// Looks until there is something, for at most [`LIMIT`].
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    until_every(PAUSE, what, look).await
}

/// As [`until`], with looks that cost too much to be made all the time.
pub async fn until_every<T>(pause: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < LIMIT, "waited {LIMIT:?} for {what}");
        tokio::time::sleep(pause).await;
    }
}

/// Waits for a future, for at most [`LIMIT`].
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future)
        .await
        .unwrap_or_else(|_| panic!("waited {LIMIT:?} for {what}"))
}
