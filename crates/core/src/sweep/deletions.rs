//! Deletions that are not at their end.

use futures::{StreamExt, stream};

use super::{Sweep, Swept};

/// Deletions made once more in one sweep; the rest comes a minute later.
const REPEATS: usize = 500;

/// Jobs deleted at the same time.
const PARALLEL_JOBS: usize = 8;

impl Sweep {
    /// Deletes once more what late writers may have left of deleted jobs.
    pub(super) async fn repeat_deletions(&self, swept: &mut Swept) {
        let now = self.engine.clock.now();
        let repeats = match self.eraser.deletions.repeats(now, REPEATS).await {
            Ok(repeats) => repeats,
            Err(error) => {
                tracing::error!(%error, "deletions not read");
                swept.errors += 1;
                return;
            }
        };
        let results = stream::iter(repeats)
            .map(|repeat| async move { (repeat.job, self.eraser.repeat(repeat).await) })
            .buffer_unordered(PARALLEL_JOBS)
            .collect::<Vec<_>>()
            .await;
        for (job, result) in results {
            match result {
                Ok(()) => swept.deletions += 1,
                Err(error) => {
                    tracing::error!(%job, %error, "deletion not made once more");
                    swept.errors += 1;
                }
            }
        }
    }
}
