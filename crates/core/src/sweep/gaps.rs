//! The event list has every version once: what the stream of changes lost is filled in.

use super::Sweep;
use crate::job::Job;
use crate::moves;
use crate::ports::PortResult;
use crate::step::Applied;
use crate::view::{Event, EventType};

/// Events read at a time.
const PAGE: usize = 500;

impl Sweep {
    /// Writes a `gap` event for every version the list of an ended job lacks; how many.
    pub(super) async fn fill_gaps(&self, job: &Job) -> PortResult<usize> {
        let mut filled = 0;
        let mut last: Option<Event> = None;
        let mut seen = 0;
        loop {
            let page = self.events.after(job.id, seen, PAGE).await?;
            let ended = page.len() < PAGE;
            for event in page {
                filled += self.fill(job, last.as_ref(), seen + 1, event.version).await?;
                seen = event.version;
                last = Some(event);
            }
            if ended {
                break;
            }
        }
        filled += self.fill(job, last.as_ref(), seen + 1, job.version + 1).await?;
        let deleted = match self.engine.apply(job.id, &moves::audited(job)).await? {
            Applied::Yes(_) => false,
            Applied::Refused(job) => job.is_gone(self.engine.clock.now()),
            Applied::Unknown => true,
        };
        // Its events may have been deleted before the last of these was written.
        if deleted {
            self.events.forget(job.id).await?;
        }
        Ok(filled)
    }

    /// Fills the versions from `from` up to, not including, `to`, with what was known before them.
    async fn fill(&self, job: &Job, before: Option<&Event>, from: u64, to: u64) -> PortResult<usize> {
        let mut filled = 0;
        for version in from..to {
            let event = if version == job.version {
                // The end itself is known.
                Event {
                    kind: EventType::Status,
                    ..Event::of(None, job)
                }
            } else {
                let known = before.cloned().unwrap_or_else(|| Event {
                    at: job.created_at,
                    progress_percent: 0,
                    processed_chunks: 0,
                    total_chunks: None,
                    ..Event::of(None, job)
                });
                Event {
                    kind: EventType::Gap,
                    version,
                    message: None,
                    ..known
                }
            };
            self.events.append(&event, job.expires_at).await?;
            filled += 1;
        }
        Ok(filled)
    }
}
