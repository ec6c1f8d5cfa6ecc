//! P8: what an idempotency key stands for.

use std::collections::BTreeMap;

use docmill_core::ids::JobId;
use docmill_core::job::Job;
use docmill_core::ports::NewJob;
use docmill_core::problem::Problem;

use super::Broken;

/// The books on keys, by user and key.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    used: BTreeMap<(String, String), (String, JobId)>,
}

impl Keys {
    /// A job with a key was created from `content`.
    pub(super) fn created(&mut self, new: &NewJob, content: String) -> Broken {
        let entry = new.idempotency.as_ref()?;
        let place = (entry.owner.clone(), entry.key.clone());
        // Runs are shorter than the 24 hours for which a key is remembered, as far as users act in them.
        self.used.insert(place, (content, entry.job_id)).map(|_| {
            let text = format!("key {} of {} makes a second job", entry.key, entry.owner);
            ("P8", text)
        })
    }

    /// The answer to a submission of `content` with a key.
    pub(crate) fn answered(
        &self,
        user: &str,
        key: &str,
        content: &str,
        answer: Result<&Job, &Problem>,
    ) -> Broken {
        let used = self.used.get(&(user.to_owned(), key.to_owned()));
        let same = used.is_some_and(|(used, _)| used == content);
        match answer {
            Ok(job) if same && used.is_some_and(|(_, id)| *id == job.id) => None,
            Ok(_) if same => Some(("P8", format!("key {key} of {user} answers with another job"))),
            Ok(_) => Some(("P8", format!("key {key} of {user} is accepted for other content"))),
            // Who may not make jobs in the company any more is told that first, whatever the key.
            Err(problem) if problem.errors.iter().any(|error| error.code == "COMPANY_UNKNOWN") => None,
            Err(problem) if problem.status == 422 && same => Some((
                "P8",
                format!("key {key} of {user} is refused for the same content"),
            )),
            Err(_) => None,
        }
    }
}
