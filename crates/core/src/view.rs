//! What clients see of a job: one function for every door.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::{Action, Standings};
use crate::codes;
use crate::ids::JobId;
use crate::job::{Completeness, Job, Notice, Phase, Priority, Reported, ResultRef, Stage, Status};
use crate::ports::Details;
use crate::time::Time;
use crate::timing::UPLOAD_LIMIT;
use crate::usage::Usage;

/// Failed chunks shown with the job; the rest is in the event list.
pub const SHOWN_FAILURES: usize = 20;

/// Status, stage and percentage as everybody shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What the user reads.
    pub stage: String,
    /// Position in the stage table.
    pub stage_index: u32,
    /// Position of the last stage.
    pub stage_count: u32,
    /// 0–100; never falls within an attempt.
    pub percent: u8,
}

/// Computes stage and percentage of `job`.
pub fn progress(job: &Job) -> Progress {
    let Stage {
        index,
        count,
        from,
        to,
        ..
    } = job.stage;
    let processed = job.processed();
    let computed = match (job.phase, job.total) {
        (Phase::Chunks, Some(total)) if total > 0 => {
            let span = u32::from(to.saturating_sub(from));
            from.saturating_add(u8::try_from(span * processed / total).unwrap_or(0))
        }
        _ => from,
    };
    let reported = job.reported.as_ref();
    let percent = reported.map_or(computed, |reported| reported.percent.max(computed));
    // Of the stage that the job is in and the one that was reported, the later one is shown.
    let (stage_index, text) = reported.filter(|reported| reported.index >= index).map_or(
        (index, job.stage.text.as_str()),
        |Reported { index, text, .. }| (*index, text.as_str()),
    );
    let stage = match job.status {
        Status::Completed if job.outcome == Some(Completeness::Partial) => "Completed with errors".to_owned(),
        Status::Completed => "Completed".to_owned(),
        Status::Failed => "Failed".to_owned(),
        Status::Cancelled => "Cancelled".to_owned(),
        Status::Expired => "Expired".to_owned(),
        _ if job.cancel_requested_at.is_some() => "Cancelling".to_owned(),
        Status::AwaitingUpload => "Waiting for upload".to_owned(),
        Status::Queued if job.phase == Phase::Waiting => "Waiting for another job to end".to_owned(),
        Status::Queued | Status::Processing => text
            .replace("{done}", &processed.to_string())
            .replace("{total}", &job.total.unwrap_or(0).to_string()),
    };
    match job.status {
        Status::Completed => Progress {
            stage,
            stage_index: count,
            stage_count: count,
            percent: 100,
        },
        _ => Progress {
            stage,
            stage_index,
            stage_count: count,
            percent,
        },
    }
}

/// Why a job is not being worked on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaitingFor {
    /// `upload`, `queue`, `tenant_limit`: as many of the user's or company's jobs run as may, or `provider_cooldown`: a
    /// service that the job needs wants to rest.
    pub reason: &'static str,
    /// Known end of the wait.
    pub until: Option<Time>,
    /// Jobs of the user that wait for a place as well and came first, where that is known; 99 stands for more too.
    pub ahead: Option<u32>,
}

/// A failed chunk as clients see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedChunk {
    /// Number, from 0.
    pub chunk: u32,
    /// What the user calls it.
    pub label: String,
    /// Stable code.
    pub code: String,
    /// The sentence.
    pub message: String,
    /// Tries made.
    pub attempts: u32,
}

/// A file as clients see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileView {
    /// Name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Media type.
    pub content_type: String,
    /// SHA-256 in hexadecimal, if known.
    pub sha256: Option<String>,
}

/// Paths relative to the service's base URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Links {
    #[serde(rename = "self")]
    this: String,
    events: String,
    stream: Option<String>,
    result: Option<String>,
    cancel: Option<String>,
    retry: Option<String>,
}

impl Links {
    /// Takes out what `standings` do not allow.
    pub(crate) fn keep(&mut self, standings: &Standings) {
        let links = [
            (&mut self.result, Action::FetchResult),
            (&mut self.cancel, Action::CancelJob),
            (&mut self.retry, Action::RetryJob),
        ];
        for (link, action) in links {
            if !standings.allow(action) {
                *link = None;
            }
        }
    }
}

/// Measured use as clients see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UsageView {
    #[serde(flatten)]
    usage: Usage,
    cost_usd: String,
}

/// Credits of an attempt as clients see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CreditsView {
    /// Set aside as it began.
    pub reserved: u32,
    /// Taken as it ended; what is left of the reservation came back.
    pub charged: Option<u32>,
}

/// An edition of a result as clients see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EditionView {
    /// From 1; 0 is what the worker made.
    pub number: u32,
    /// Who made it: `sub` of the token.
    pub author: String,
    /// When.
    pub at: Time,
}

/// The job as clients see it. In lists, which come from an index, what the index does not hold is left out: files,
/// settings, failed chunks, formats, editions, credits, use, and the link to the result.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the fields are those of the API description")]
pub struct JobView {
    pub job_id: JobId,
    pub pipeline: String,
    pub kind: Option<String>,
    pub label: Option<String>,
    pub batch_id: Option<String>,
    pub company_id: Option<String>,
    pub owner: String,
    pub priority: Priority,
    pub status: Status,
    pub outcome: Option<Completeness>,
    pub stage: String,
    pub stage_index: u32,
    pub stage_count: u32,
    pub progress_percent: u8,
    pub total_chunks: Option<u32>,
    pub processed_chunks: u32,
    pub failed_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_chunks: Option<Vec<FailedChunk>>,
    pub attempt: u32,
    pub version: u64,
    pub poll_after_ms: Option<u64>,
    pub waiting_for: Option<WaitingFor>,
    pub file_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<FileView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<Value>,
    pub warnings: Vec<Notice>,
    pub error: Option<Notice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formats: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edition: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub editions: Option<Vec<EditionView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credits: Option<CreditsView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<UsageView>,
    pub created_at: Time,
    pub started_at: Option<Time>,
    pub completed_at: Option<Time>,
    pub updated_at: Time,
    pub deadline_at: Option<Time>,
    pub expires_at: Time,
    pub cancel_requested_at: Option<Time>,
    pub cancelled_at: Option<Time>,
    pub cancelled_by: Option<String>,
    pub processing_time_seconds: Option<f64>,
    pub links: Links,
}

/// The job as its owner sees it at `now`. `stream_token` gives the event stream its link.
pub fn view(job: &Job, details: Option<&Details>, stream_token: Option<&str>, now: Time) -> JobView {
    let progress = progress(job);
    let terminal = job.status.is_terminal();
    let cancelled = job.status == Status::Cancelled;
    JobView {
        job_id: job.id,
        pipeline: job.pipeline.clone(),
        kind: job.kind.clone(),
        label: job.label.clone(),
        batch_id: job.batch_id.clone(),
        company_id: job.company_id.clone(),
        owner: job.owner.clone(),
        priority: job.priority,
        status: job.status,
        outcome: job.outcome,
        stage: progress.stage,
        stage_index: progress.stage_index,
        stage_count: progress.stage_count,
        progress_percent: progress.percent,
        total_chunks: job.total,
        processed_chunks: job.processed(),
        failed_count: u32::try_from(job.failed.len()).unwrap_or(u32::MAX),
        failed_chunks: details.map(|details| failed_chunks(job, details, SHOWN_FAILURES)),
        attempt: job.attempt,
        version: job.version,
        poll_after_ms: poll_after_ms(job, now),
        waiting_for: waiting_for(job, now),
        file_name: job.file_name.clone(),
        files: details.map(files),
        settings: details.map(|details| details.request.settings.clone()),
        warnings: job.warnings.clone(),
        error: job.error.clone(),
        formats: details.map(|_| {
            job.result
                .iter()
                .flat_map(|result| result.formats.keys().cloned())
                .collect()
        }),
        edition: job
            .result
            .as_ref()
            .filter(|_| details.is_some())
            .map(ResultRef::newest),
        editions: details.map(|_| editions(job)),
        credits: job
            .credits
            .filter(|_| details.is_some())
            .map(|credits| CreditsView {
                reserved: credits.reserved,
                charged: credits.charged,
            }),
        usage: details.map(|_| UsageView {
            cost_usd: job.usage.cost_usd(),
            usage: job.usage.clone(),
        }),
        created_at: job.created_at,
        started_at: job.started_at,
        completed_at: job.completed_at,
        updated_at: job.updated_at,
        deadline_at: job.deadline_at,
        expires_at: job.expires_at,
        cancel_requested_at: job.cancel_requested_at,
        cancelled_at: job.completed_at.filter(|_| cancelled),
        cancelled_by: job.cancelled_by.clone().filter(|_| cancelled),
        processing_time_seconds: job
            .started_at
            .zip(job.completed_at)
            .filter(|_| terminal)
            .map(|(start, end)| end.since(start).as_secs_f64()),
        links: links(job, stream_token),
    }
}

/// The first `limit` failed chunks with their sentences.
pub fn failed_chunks(job: &Job, details: &Details, limit: usize) -> Vec<FailedChunk> {
    job.failed
        .iter()
        .take(limit)
        .map(|(n, failure)| {
            let detail = details.failures.get(n);
            FailedChunk {
                chunk: *n,
                label: detail.map_or_else(|| format!("chunk {n}"), |detail| detail.label.clone()),
                code: failure.code.clone(),
                message: detail.map_or_else(
                    || codes::message_of(&failure.code).to_owned(),
                    |detail| detail.message.clone(),
                ),
                attempts: failure.tries,
            }
        })
        .collect()
}

fn editions(job: &Job) -> Vec<EditionView> {
    let editions = job.result.iter().flat_map(|result| &result.editions);
    (1..)
        .zip(editions)
        .map(|(number, edition)| EditionView {
            number,
            author: edition.author.clone(),
            at: edition.at,
        })
        .collect()
}

fn files(details: &Details) -> Vec<FileView> {
    details
        .request
        .files
        .iter()
        .map(|file| FileView {
            name: file.name.clone(),
            size: file.size,
            content_type: file.content_type.clone(),
            sha256: file.sha256.clone(),
        })
        .collect()
}

/// Young jobs change often; old ones are worth a look every few seconds. `None` when nothing more will come.
fn poll_after_ms(job: &Job, now: Time) -> Option<u64> {
    if job.status.is_terminal() {
        return None;
    }
    let age_ms =
        u64::try_from(now.since(job.queued_at.unwrap_or(job.created_at)).as_millis()).unwrap_or(u64::MAX);
    Some((age_ms / 4).clamp(1_000, 5_000))
}

fn waiting_for(job: &Job, now: Time) -> Option<WaitingFor> {
    match job.status {
        Status::AwaitingUpload => Some(WaitingFor {
            reason: "upload",
            until: Some(job.created_at.plus(UPLOAD_LIMIT)),
            ahead: None,
        }),
        Status::Queued => Some(WaitingFor {
            reason: if job.phase == Phase::Waiting {
                "tenant_limit"
            } else {
                "queue"
            },
            until: None,
            ahead: None,
        }),
        Status::Processing => job
            .cooling_until
            .filter(|until| *until > now && job.cancel_requested_at.is_none())
            .map(|until| WaitingFor {
                reason: "provider_cooldown",
                until: Some(until),
                ahead: None,
            }),
        _ => None,
    }
}

fn links(job: &Job, stream_token: Option<&str>) -> Links {
    let this = format!("/v1/jobs/{}", job.id);
    let open = !job.status.is_terminal();
    Links {
        events: format!("{this}/events"),
        stream: stream_token.map(|token| format!("{this}/stream?token={token}")),
        result: job.result.as_ref().map(|_| format!("{this}/result")),
        cancel: (open && job.cancel_requested_at.is_none()).then(|| format!("{this}/cancel")),
        retry: crate::moves::may_retry(job)
            .is_ok()
            .then(|| format!("{this}/retry")),
        this,
    }
}

/// What kind of change an event tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    /// Stage or percentage.
    Progress,
    /// Status, or an accepted cancel. Never skipped.
    Status,
    /// A new warning. Never skipped.
    Warning,
    /// Stands for an event that was lost, so that the list has every version.
    Gap,
}

/// One visible change of a job: the same object in the event list, over SSE and over WebSocket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What kind of change.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// The job.
    pub job_id: JobId,
    /// Sequence number.
    pub version: u64,
    /// When.
    pub at: Time,
    /// What programs read.
    pub status: Status,
    /// What the user reads.
    pub stage: String,
    /// 0–100.
    pub progress_percent: u8,
    /// Done and failed chunks.
    pub processed_chunks: u32,
    /// Planned chunks, once known.
    pub total_chunks: Option<u32>,
    /// The warning's or the failure's sentence.
    pub message: Option<String>,
}

impl Event {
    /// The event of the change from `old` to `new`; `old` is `None` for a new job.
    pub fn of(old: Option<&Job>, new: &Job) -> Self {
        let warned = old
            .filter(|old| new.warnings.len() > old.warnings.len())
            .and(new.warnings.last());
        let turned = old.is_none_or(|old| {
            old.status != new.status
                || old.attempt != new.attempt
                || old.cancel_requested_at != new.cancel_requested_at
        });
        let (kind, message) = match (turned, warned) {
            (true, _) => (
                EventType::Status,
                new.error.as_ref().map(|error| error.message.clone()),
            ),
            (false, Some(warning)) => (EventType::Warning, Some(warning.message.clone())),
            (false, None) => (EventType::Progress, None),
        };
        let progress = progress(new);
        Self {
            kind,
            job_id: new.id,
            version: new.version,
            at: new.updated_at,
            status: new.status,
            stage: progress.stage,
            progress_percent: progress.percent,
            processed_chunks: new.processed(),
            total_chunks: new.total,
            message,
        }
    }
}
