//! What a pipeline is to the engine.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::edition::Editor;
use crate::ids::JobId;
use crate::job::{Notice, Stage};
use crate::model::{ModelFailure, ModelReply, ModelRequest, Tier};
use crate::plan::part_name;
use crate::ports::{FileDetail, PortError};
use crate::problem::{FieldError, Problem};
use crate::reader::{PagePicture, ReadFailure, ReadPage};
use crate::sandbox::Sandbox;
use crate::view::FailedChunk;

/// How a piece of work ended. A pipeline never answers with a bare error.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<T> {
    /// Done.
    Done(T),
    /// Something outside failed for now; worth another try.
    Retry {
        /// The code should this have been the last try.
        code: String,
        /// When the provider wants to be asked again; `None` for the usual back-off.
        after: Option<Duration>,
    },
    /// Trying again will not help.
    Fail(Notice),
    /// [`Work::checkpoint`] said stop.
    Cancelled,
}

impl<T> Outcome<T> {
    /// A failure with a code and the sentence shown.
    pub fn fail(code: impl Into<String>, message: impl AsRef<str>) -> Self {
        Self::Fail(Notice::new(code, message))
    }
}

impl<T> From<PortError> for Outcome<T> {
    fn from(error: PortError) -> Self {
        tracing::warn!(%error, "port failed under a pipeline");
        match error {
            PortError::Throttled { retry_after, .. } => Self::Retry {
                code: "THROTTLED".to_owned(),
                after: retry_after,
            },
            PortError::Unavailable(_) | PortError::Broken(_) => Self::Retry {
                code: crate::codes::INTERNAL_ERROR.to_owned(),
                after: None,
            },
        }
    }
}

/// The lease is lost or the job cancelled: no paid call may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop;

/// Why a language model was not asked, or gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// It failed; throttling has become a [rest](Self::Resting).
    #[error(transparent)]
    Failed(#[from] ModelFailure),
    /// Its provider is not to be asked for so long.
    #[error("the provider rests for {after:?}")]
    Resting {
        /// How long.
        after: Duration,
    },
    /// The tenant has no tokens left this month.
    #[error("the tenant's tokens of this month are used up")]
    OverBudget,
    /// The piece of work has not enough time left for an answer.
    #[error("no time is left for an answer")]
    OutOfTime,
    /// [`Work::checkpoint`] said stop.
    #[error("the work is over")]
    Stopped,
}

/// Why a picture was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The reader failed.
    #[error(transparent)]
    Failed(#[from] ReadFailure),
    /// [`Work::checkpoint`] said stop.
    #[error("the work is over")]
    Stopped,
}

/// The engine as seen from inside a piece of work.
#[async_trait]
pub trait Work: Send + Sync {
    /// Shows stage `index` of the pipeline's table at `percent` of the whole job. Ignored when it is no advance,
    /// and when the last report was less than a second ago.
    async fn report(&self, index: usize, percent: u8);
    /// The same from inside a chunk of which `part` percent are done: the percentage of the job follows from that and from
    /// the chunks that were done when this one began. Not shown, unless an implementation says otherwise.
    async fn report_part(&self, _index: usize, _part: u8) {}
    /// To be asked before every paid call and between long computations.
    fn checkpoint(&self) -> Result<(), Stop>;
    /// The id that an outside call named `call` is to carry. It is the same in every try and attempt of this piece of
    /// work, so that the other side can tell a repetition from a second request.
    fn request_id(&self, call: &str) -> String;
    /// Where untrusted documents are read.
    fn sandbox(&self) -> &dyn Sandbox;
    /// Whether there is no other try behind this one: what can be done without help from outside is to be done now.
    fn is_last_try(&self) -> bool;
    /// The bytes of file `index` of the job, which the plan knew as `file`; at most `limit`.
    async fn source(&self, index: usize, file: &FileDetail, limit: u64) -> Outcome<Bytes>;
    /// The language models there are, cheapest first. None, unless an implementation says otherwise.
    fn tiers(&self) -> &[Tier] {
        &[]
    }
    /// Asks a language model. Keeps to lease and cancel, to the provider's rests and to the tenant's budget, tries again
    /// what is worth it, and meters. What this piece of work was answered before to the same request, in this try or an
    /// earlier one, is given again and not paid again.
    async fn ask(&self, _request: &ModelRequest) -> Result<ModelReply, AskError> {
        Err(ModelFailure::Unavailable("no model is configured".to_owned()).into())
    }
    /// Whether pictures of text can be read. No, unless an implementation says otherwise.
    fn reads_pictures(&self) -> bool {
        false
    }
    /// Reads a picture of text, under the same conditions.
    async fn read_picture(&self, _page: &PagePicture) -> Result<ReadPage, ReadError> {
        Err(ReadFailure::NotInstalled.into())
    }
}

/// One line of a stage table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StageSpec {
    /// Percent of the whole job at its start.
    pub percent: u8,
    /// What the user reads; `{done}` and `{total}` are chunks.
    pub text: &'static str,
}

impl StageSpec {
    /// A stage that begins at a percentage.
    pub const fn new(percent: u8, text: &'static str) -> Self {
        Self { percent, text }
    }
}

/// The stages of a job, from queued (0) to completed (last), with rising percentages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageTable {
    /// All of them.
    pub stages: &'static [StageSpec],
    /// The one in which chunks are worked on. Planning begins at 1.
    pub chunks: usize,
    /// The one in which the result is made.
    pub merging: usize,
}

impl StageTable {
    /// Stage `index` for the record, reaching up to the start of stage `end`.
    fn span(&self, index: usize, end: usize) -> Stage {
        let last = self.stages.len().saturating_sub(1);
        let at = |index: usize| self.stages.get(index.min(last)).copied();
        Stage {
            index: u32::try_from(index.min(last)).unwrap_or(0),
            count: u32::try_from(last).unwrap_or(0),
            text: at(index).map_or_else(String::new, |stage| stage.text.to_owned()),
            from: at(index).map_or(0, |stage| stage.percent),
            to: at(end).map_or(100, |stage| stage.percent),
        }
    }

    /// Before the first claim.
    pub fn queued(&self) -> Stage {
        self.span(0, 1)
    }

    /// From the first claim to the stored plan.
    pub fn planning(&self) -> Stage {
        self.span(1, self.chunks)
    }

    /// While chunks are worked on.
    pub fn working(&self) -> Stage {
        self.span(self.chunks, self.merging)
    }

    /// While the result is made.
    pub fn merging(&self) -> Stage {
        self.span(self.merging, self.stages.len().saturating_sub(1))
    }
}

/// A kind of file a pipeline takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Accepted {
    /// Media type.
    pub content_type: &'static str,
    /// Extension with its dot, lower case.
    pub extension: &'static str,
    /// Largest size in bytes.
    pub max_bytes: u64,
}

/// A format a result comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Format {
    /// `json`, `csv`, …
    pub name: &'static str,
    /// Media type.
    pub content_type: &'static str,
    /// Extension without its dot.
    pub extension: &'static str,
    /// It shows the job's files, not what was made of them: no edit of the result changes it.
    #[serde(skip)]
    pub is_of_files: bool,
}

impl Format {
    /// What a part of a result is called for people. Formats that are not called like their extension have their name in it:
    /// another one may have the same extension.
    pub fn file_name(&self, stem: &str, part: u32) -> String {
        let is_like_extension = self.name == self.extension;
        let stem = match is_like_extension {
            true => stem.to_owned(),
            false => format!("{stem}-{}", self.name),
        };
        part_name(&stem, self.extension, part)
    }
}

/// What a pipeline tells of itself.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Stable name.
    pub name: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// Varieties; empty when there is one only.
    pub kinds: &'static [&'static str],
    /// Stages.
    pub stages: StageTable,
    /// Files it takes.
    pub accepts: &'static [Accepted],
    /// Most files in one job.
    pub max_files: usize,
    /// Formats of the result; the first is the default.
    pub formats: &'static [Format],
    /// The settings as JSON Schema.
    pub settings_schema: Value,
    /// A deadline shorter than the installation's.
    pub deadline: Option<Duration>,
    /// Whether its attempts count in the window of starts ([`crate::account::Window::Starts`]).
    pub limits_starts: bool,
    /// Whether users may edit its results: see [`Pipeline::edit`].
    pub editable: bool,
}

/// A file as it is described before there is a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSize<'a> {
    /// Name.
    pub name: &'a str,
    /// Media type as declared.
    pub content_type: &'a str,
    /// Bytes.
    pub size: u64,
}

/// What a job over some files will come to, as far as can be said without reading them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// Pages; `None` where the files have none, or their number cannot be guessed.
    pub pages: Option<u32>,
    /// Chunks.
    pub chunks: u32,
    /// Tokens of a language model; 0 with rules.
    pub tokens: u64,
    /// Credits that are reserved: the most that the job is charged.
    pub credits: u32,
    /// Credits for a thousand tokens; with 0 the job is charged by its chunks.
    #[serde(skip)]
    pub rate: u32,
    /// Seconds of work on an idle installation.
    pub seconds: u32,
}

/// What is known of a file before anybody reads it whole.
#[derive(Clone, Copy, Debug)]
pub struct FileHead<'a> {
    /// Name.
    pub name: &'a str,
    /// Media type as declared.
    pub content_type: &'a str,
    /// Bytes.
    pub size: u64,
    /// The first bytes (up to [`FileHead::SAMPLE_BYTES`]); `None` while it is only declared.
    pub first_bytes: Option<&'a [u8]>,
}

impl FileHead<'_> {
    /// How much of a file is looked at before it is accepted.
    pub const SAMPLE_BYTES: u64 = 4096;
}

/// Reads the job's files.
#[async_trait]
pub trait Sources: Send + Sync {
    /// Files in the order of the request.
    fn files(&self) -> &[FileDetail];
    /// The bytes of file `index`, at most `limit`; as an outcome, because a file may be gone, changed or too large.
    async fn read(&self, index: usize, limit: u64) -> Outcome<Bytes>;
}

/// What a plan is made from.
pub struct PlanRequest<'a> {
    /// The job.
    pub job_id: JobId,
    /// Variety.
    pub kind: Option<&'a str>,
    /// The settings as [`Pipeline::settings`] gave them.
    pub settings: &'a Value,
    /// The files.
    pub sources: &'a dyn Sources,
}

/// One chunk of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedChunk {
    /// What the user calls it: `pages 81–120`.
    pub label: String,
    /// Everything the chunk needs; it reads nothing else.
    pub input: Bytes,
}

/// A plan: made once per job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Planned {
    /// 1 to [`crate::job::Job::MAX_CHUNKS`] chunks.
    pub chunks: Vec<PlannedChunk>,
    /// Whatever the merge needs to know, small.
    pub summary: Value,
    /// What the user should know.
    pub warnings: Vec<Notice>,
}

/// What a result is made from.
pub struct MergeRequest<'a> {
    /// The job.
    pub job_id: JobId,
    /// Variety.
    pub kind: Option<&'a str>,
    /// The settings.
    pub settings: &'a Value,
    /// [`Planned::summary`].
    pub summary: &'a Value,
    /// Files in the order of the request.
    pub files: &'a [FileDetail],
    /// Chunks that failed.
    pub failed: Vec<FailedChunk>,
    /// Outputs of the chunks that are done, in order of their numbers.
    pub outputs: BoxStream<'a, Result<(u32, Bytes), PortError>>,
}

/// One file of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultFile {
    /// [`Format::name`].
    pub format: &'static str,
    /// From 1; more than one where a format's row limit was passed.
    pub part: u32,
    /// The bytes.
    pub bytes: Bytes,
}

/// A result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// Its files.
    pub files: Vec<ResultFile>,
    /// What the user should know.
    pub warnings: Vec<Notice>,
}

/// A pipeline. Planning, processing and merging are pure functions of what they are given: the same input gives
/// the same bytes, whoever runs it and however often.
#[async_trait]
pub trait Pipeline: Send + Sync {
    /// What it tells of itself.
    fn spec(&self) -> &Spec;

    /// Checks the settings and fills in every default.
    fn settings(&self, kind: Option<&str>, raw: &Value) -> Result<Value, Vec<FieldError>>;

    /// Whether the file may be worth reading: name, type, size and, when known, the first bytes. 413, 415 or 422.
    fn check_file(&self, head: &FileHead<'_>) -> Result<(), Problem>;

    /// What a job with these settings, as [`Pipeline::settings`] gave them, will come to. The credits are a bound.
    fn estimate(&self, kind: Option<&str>, settings: &Value, files: &[FileSize<'_>]) -> Estimate;

    /// Settings for the same job for fewer credits, for a user who cannot pay for it with `settings` and left the choice to
    /// the service; `None` where there is none.
    fn cheaper(&self, _kind: Option<&str>, _settings: &Value) -> Option<Value> {
        None
    }

    /// Makes the plan.
    async fn plan(&self, request: PlanRequest<'_>, work: &dyn Work) -> Outcome<Planned>;

    /// Works on one chunk.
    async fn process(&self, input: Bytes, work: &dyn Work) -> Outcome<Bytes>;

    /// Makes the result.
    async fn merge(&self, request: MergeRequest<'_>, work: &dyn Work) -> Outcome<Merged>;

    /// Makes one more file from the finished `json` result, by options of the request (`start_index`, …).
    /// `Ok(None)` when the pipeline has no such export.
    fn export(&self, format: &str, options: &ExportOptions, json: &[u8]) -> Result<Option<Bytes>, Problem>;

    /// Makes the next edition of the finished `json` result from what a user sent: the whole JSON of it. A pure function
    /// too: it may be asked again, on a newer edition, before its answer counts. A pipeline with editable results says so in
    /// its [`Spec`], and exports every format from an edition. `Ok(None)` where the result cannot be edited.
    fn edit(&self, _json: &[u8], _body: &Value, _by: &Editor) -> Result<Option<Bytes>, Problem> {
        Ok(None)
    }
}

/// Options of a download that is made on request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportOptions {
    /// Number the rows from here and leave the header out, to append to an earlier download.
    pub start_index: Option<u64>,
    /// All columns.
    pub full: bool,
    /// A form of the format, as the pipeline names them; one that it does not know is refused with 422.
    pub variant: Option<String>,
}

impl ExportOptions {
    /// Whether the stored file answers the request.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// The registered pipelines.
#[derive(Clone, Default)]
pub struct Registry {
    pipelines: Vec<Arc<dyn Pipeline>>,
}

impl Registry {
    /// A registry of these.
    pub fn new(pipelines: Vec<Arc<dyn Pipeline>>) -> Self {
        Self { pipelines }
    }

    /// This registry and one more pipeline.
    #[must_use]
    pub fn with(mut self, pipeline: Arc<dyn Pipeline>) -> Self {
        self.pipelines.push(pipeline);
        self
    }

    /// The pipeline of that name.
    pub fn get(&self, name: &str) -> Option<&dyn Pipeline> {
        self.pipelines
            .iter()
            .find(|pipeline| pipeline.spec().name == name)
            .map(AsRef::as_ref)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &dyn Pipeline> {
        self.pipelines.iter().map(AsRef::as_ref)
    }
}
