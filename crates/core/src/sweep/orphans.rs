//! Uploads without a job. (What hangs on a job goes with it: [`crate::deletion`].)

use std::time::Duration;

use super::{Sweep, Swept};
use crate::ids::JobId;
use crate::plan::UPLOADS;
use crate::ports::PortResult;
use crate::time::Time;

/// Keys that the store lists at a time.
const PAGE: usize = 1_000;

/// Pages of uploads looked at in one sweep.
const PAGES: usize = 5;

/// An upload younger than this may still become a job: the record is written after the object.
const ORPHAN_AGE: Duration = Duration::from_secs(60 * 60);

/// Uploads older than this are deleted by the bucket itself.
const UPLOADS_KEPT: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// A sweep looks at the uploads of so long a time; in turns it comes by all that are kept.
const WINDOW: Duration = Duration::from_secs(60 * 60);

impl Sweep {
    /// Deletes uploads whose job was never written, from one of the hours in which they may lie.
    pub(super) async fn orphans(&self, swept: &mut Swept) {
        if let Err(error) = self.orphans_of(hour_for(self.engine.clock.now()), swept).await {
            tracing::error!(%error, "uploads not looked at");
            swept.errors += 1;
        }
    }

    /// Ids are made of the time, so the uploads of an hour lie side by side.
    async fn orphans_of(&self, from: Time, swept: &mut Swept) -> PortResult<()> {
        let engine = &self.engine;
        let end = format!("{UPLOADS}{}", JobId::first_of(from.plus(WINDOW)));
        let mut after = format!("{UPLOADS}{}", JobId::first_of(from));
        for _ in 0..PAGES {
            let page = engine.blobs.keys(UPLOADS, &after, PAGE).await?;
            let keys: Vec<&String> = page.iter().take_while(|key| **key < end).collect();
            let mut orphans = Vec::new();
            for same_job in keys.chunk_by(|one, other| job_of(one) == job_of(other)) {
                let Some(id) = same_job.first().and_then(|key| job_of(key)) else {
                    continue;
                };
                if engine.read(id).await?.is_none() {
                    orphans.extend(same_job.iter().map(|key| (*key).clone()));
                }
            }
            if !orphans.is_empty() {
                tracing::warn!(count = orphans.len(), "uploads without a job deleted");
                engine.blobs.delete(&orphans).await?;
                swept.orphans += orphans.len();
            }
            match page.last() {
                Some(last) if keys.len() == PAGE => after.clone_from(last),
                _ => break,
            }
        }
        Ok(())
    }
}

/// Each minute another hour.
fn hour_for(now: Time) -> Time {
    let hours = (UPLOADS_KEPT.as_secs() - ORPHAN_AGE.as_secs()) / WINDOW.as_secs();
    let turn = u64::try_from(now.seconds() / 60).unwrap_or(0) % hours;
    now.minus(ORPHAN_AGE + WINDOW * u32::try_from(turn + 1).unwrap_or(1))
}

fn job_of(key: &str) -> Option<JobId> {
    key.strip_prefix(UPLOADS)?.split('/').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_hour_of_the_kept_ones_has_its_turn() {
        let now = Time::from_ms(1_800_000_000_000);
        let ages: BTreeSet<u64> = (0..71)
            .map(|minute| {
                let now = now.plus(Duration::from_secs(60 * minute));
                now.since(hour_for(now)).as_secs() / 3600
            })
            .collect();
        assert_eq!(ages, (2..=72).collect());
    }
}
