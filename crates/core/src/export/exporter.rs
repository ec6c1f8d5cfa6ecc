//! Makes the parts of exports.

use std::sync::Arc;

use futures::{StreamExt, stream};
use serde::Serialize;

use super::archive::Archive;
use super::{Export, ExportStatus, Exports, Part, Position};
use crate::audit::Audit;
use crate::company::{Companies, Company, Invitation, Member};
use crate::engine::Engine;
use crate::ids::JobId;
use crate::job::Job;
use crate::plan::{part_name, result_key};
use crate::ports::{EventLog, JobFilter, ListCursor, PortResult};
use crate::running::Tenant;
use crate::time::Time;
use crate::view::{Event, JobView, view};

/// A part is closed when so much went in, before compression. One job's results may be more by themselves; then they are
/// the last in their part.
const PART_BYTES: usize = 64 << 20;

/// A part is closed when it has so many jobs.
const PART_JOBS: u32 = 500;

/// How often a part is begun before the export fails.
const TRIES: u32 = 5;

/// Jobs read from the index at a time.
const JOB_PAGE: usize = 25;

/// Jobs whose records and events are read at the same time.
const PARALLEL_JOBS: usize = 4;

/// Entries of an audit trail in one file.
const AUDIT_PAGE: usize = 500;

/// Events read at a time.
const EVENT_PAGE: usize = 500;

/// Bytes of a result read at a time.
const RANGE: u64 = 8 << 20;

/// Makes exports.
#[derive(Clone)]
pub struct Exporter {
    /// Where jobs and objects are.
    pub engine: Engine,
    /// Their events.
    pub events: Arc<dyn EventLog>,
    /// Who is in the companies.
    pub companies: Arc<dyn Companies>,
    /// What was done in them.
    pub audit: Arc<dyn Audit>,
    /// Records of exports.
    pub exports: Arc<dyn Exports>,
}

/// The first file of an export.
#[derive(Serialize)]
struct CompanyFile {
    #[serde(flatten)]
    company: Company,
    exported_at: Time,
    members: Vec<Member>,
    invitations: Vec<Invitation>,
}

/// What is read of a job before its results.
struct ReadJob {
    job: Box<Job>,
    shown: JobView,
    events: Vec<Event>,
}

impl Exporter {
    /// Makes the next part of an export, which is closed at `until`; how the export stands then. `None` where somebody
    /// else is at it.
    pub async fn further(&self, export: &Export, until: Time) -> PortResult<Option<Export>> {
        let now = self.engine.clock.now();
        let mut begun = export.next(now);
        begun.tries += 1;
        if begun.tries > TRIES {
            begun.status = ExportStatus::Failed;
            return Ok(self.exports.advance(&begun).await?.then_some(begun));
        }
        if !self.exports.advance(&begun).await? {
            return Ok(None);
        }
        let mut archive = Archive::new();
        let mut position = begun.position.clone();
        let mut jobs = 0;
        let full = |archive: &Archive, jobs: u32| {
            archive.written() >= PART_BYTES || jobs >= PART_JOBS || self.engine.clock.now() >= until
        };
        while position != Position::End {
            position = match position {
                Position::Company => {
                    self.company(&begun, &mut archive).await?;
                    Position::Audit { before: None }
                }
                Position::Audit { before } => self.trail(&begun.company, before, &mut archive).await?,
                Position::Jobs { after } => {
                    let full = |archive: &Archive, read: u32| full(archive, jobs + read);
                    let (next, read) = self.jobs(&begun.company, after, &mut archive, full).await?;
                    jobs += read;
                    next
                }
                Position::End => Position::End,
            };
            if full(&archive, jobs) {
                break;
            }
        }
        let mut next = begun.next(self.engine.clock.now());
        // Behind the last job there may be nothing more.
        if archive.written() > 0 {
            let bytes = archive.finish()?;
            next.parts.push(Part {
                revision: begun.revision,
                bytes: bytes.len() as u64,
                jobs,
            });
            let key = begun.key_of(begun.revision);
            self.engine.blobs.put(&key, "application/zip", bytes).await?;
        }
        next.tries = 0;
        if position == Position::End {
            next.status = ExportStatus::Completed;
        }
        next.position = position;
        Ok(self.exports.advance(&next).await?.then_some(next))
    }

    async fn company(&self, export: &Export, archive: &mut Archive) -> PortResult<()> {
        // A company that is being deleted has none.
        let Some(company) = self.companies.company(&export.company).await? else {
            return Ok(());
        };
        let now = self.engine.clock.now();
        let file = CompanyFile {
            exported_at: export.started_at,
            members: self.companies.members(&export.company).await?,
            invitations: self.companies.invitations(&export.company, now).await?,
            company,
        };
        archive.json("company.json", &file)
    }

    /// A page of the trail.
    async fn trail(
        &self,
        company: &str,
        before: Option<String>,
        archive: &mut Archive,
    ) -> PortResult<Position> {
        let trail = Tenant::Company(company.to_owned());
        let entries = self.audit.page(&trail, before.as_deref(), AUDIT_PAGE).await?;
        if let Some(newest) = entries.first() {
            archive.json_lines(&format!("audit/{}.jsonl", newest.id), &entries)?;
        }
        Ok(match entries.last() {
            Some(oldest) if entries.len() == AUDIT_PAGE => Position::Audit {
                before: Some(oldest.id.clone()),
            },
            _ => Position::Jobs { after: None },
        })
    }

    /// A page of the jobs, or those of it until the archive is full; how many went in.
    async fn jobs(
        &self,
        company: &str,
        after: Option<ListCursor>,
        archive: &mut Archive,
        full: impl Fn(&Archive, u32) -> bool,
    ) -> PortResult<(Position, u32)> {
        let tenant = Tenant::Company(company.to_owned());
        let jobs = &self.engine.jobs;
        let page = jobs.list(&tenant, &JobFilter::default(), after, JOB_PAGE).await?;
        let read = page
            .jobs
            .iter()
            .map(|job| async move { (job, self.read(job.id).await) });
        let mut read = stream::iter(read).buffered(PARALLEL_JOBS);
        let mut count = 0;
        while let Some((listed, read)) = read.next().await {
            // Deleted jobs stay in the index for moments.
            if let Some(read) = read? {
                self.job(&read, archive).await?;
                count += 1;
            }
            if full(archive, count) {
                let after = Some(ListCursor::after(listed));
                return Ok((Position::Jobs { after }, count));
            }
        }
        Ok(match page.next {
            Some(next) => (Position::Jobs { after: Some(next) }, count),
            None => (Position::End, count),
        })
    }

    async fn read(&self, id: JobId) -> PortResult<Option<ReadJob>> {
        let Some(job) = self.engine.kept(id).await? else {
            return Ok(None);
        };
        let details = self.engine.details.details(id).await?;
        let mut events: Vec<Event> = Vec::new();
        loop {
            let newest = events.last().map_or(0, |event| event.version);
            let page = self.events.after(id, newest, EVENT_PAGE).await?;
            let more = page.len() == EVENT_PAGE;
            events.extend(page);
            if !more {
                break;
            }
        }
        let shown = view(&job, Some(&details), None, self.engine.clock.now());
        Ok(Some(ReadJob { job, shown, events }))
    }

    async fn job(&self, read: &ReadJob, archive: &mut Archive) -> PortResult<()> {
        let ReadJob { job, shown, events } = read;
        let folder = format!("jobs/{}", job.id);
        archive.json(&format!("{folder}/job.json"), shown)?;
        archive.json_lines(&format!("{folder}/events.jsonl"), events)?;
        let Some(result) = &job.result else {
            return Ok(());
        };
        let pipeline = self.engine.registry.get(&job.pipeline);
        let formats = pipeline.map_or(&[][..], |pipeline| pipeline.spec().formats);
        let stem = format!("{folder}/result");
        for (format, parts) in &result.formats {
            let known = formats.iter().find(|known| known.name == format);
            for part in 1..=*parts {
                let name = match known {
                    Some(known) => known.file_name(&stem, part),
                    // Of a pipeline that is no more.
                    None => part_name(&stem, format, part),
                };
                let key = result_key(job.id, result.attempt, format, part);
                self.object(&key, &name, archive).await?;
            }
        }
        for number in 1..=result.newest() {
            if let Some(key) = result.json_key(job.id, number) {
                self.object(&key, &format!("{folder}/editions/{number}.json"), archive)
                    .await?;
            }
        }
        Ok(())
    }

    /// Copies an object, a range at a time; one that is gone is left out.
    async fn object(&self, key: &str, name: &str, archive: &mut Archive) -> PortResult<()> {
        let mut offset = 0;
        loop {
            let Some(bytes) = self.engine.blobs.get_range(key, offset, RANGE).await? else {
                return Ok(());
            };
            if offset == 0 {
                archive.begin(name)?;
            }
            archive.write(&bytes)?;
            offset += bytes.len() as u64;
            if (bytes.len() as u64) < RANGE {
                return Ok(());
            }
        }
    }
}
