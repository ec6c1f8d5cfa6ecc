//! The record that every new one begins as.

use super::{Job, Phase, Priority, Stage, Status};
use crate::ids::JobId;
use crate::time::Time;
use crate::usage::Usage;

impl Job {
    /// A queued job of which nothing is known yet but when it was made: nobody's, of no pipeline, kept no longer than now.
    pub fn blank(id: JobId, now: Time, stage: Stage) -> Self {
        Self {
            id,
            pipeline: String::new(),
            kind: None,
            label: None,
            batch_id: None,
            company_id: None,
            owner: String::new(),
            callback_url: None,
            priority: Priority::Normal,
            status: Status::Queued,
            phase: Phase::Planning,
            outcome: None,
            attempt: 1,
            version: 1,
            total: None,
            done: Default::default(),
            failed: Default::default(),
            leases: Default::default(),
            tries: Default::default(),
            stage,
            reported: None,
            warnings: Vec::new(),
            error: None,
            file_name: None,
            file_count: 0,
            result: None,
            credits: None,
            usage: Usage::default(),
            created_at: now,
            queued_at: None,
            started_at: None,
            completed_at: None,
            updated_at: now,
            deadline_at: None,
            warned_at: None,
            cooling_until: None,
            expires_at: now,
            cancel_requested_at: None,
            cancelled_by: None,
            due_at: None,
            quiet: false,
        }
    }
}
