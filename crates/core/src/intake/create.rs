//! Creating jobs.

use futures::{StreamExt, TryStreamExt, stream};

use super::described::{content_hash, content_type, price};
use super::dues::{DUE_TRIES, crowded};
use super::uploads::MULTIPART_ABOVE_BYTES;
use super::{Accepted, DeclaredFile, Intake, SentFile, Submission, clean_file_name};
use crate::access::{Action, Caller, Standings};
use crate::account::{Dues, Window, windows_of};
use crate::ids::{JobId, sha256_hex};
use crate::job::{Job, JobCredits, Phase, Status};
use crate::pipeline::{Estimate, FileHead, Pipeline};
use crate::plan::upload_key;
use crate::ports::{Created, Details, FileDetail, IdempotencyEntry, NewJob, RequestDetail};
use crate::problem::{FieldError, Problem, Rate};
use crate::timing::{IDEMPOTENCY_LIFE, UPLOAD_LIMIT};
use crate::usage::Usage;

/// Files stored at the same time.
const PARALLEL_PUTS: usize = 4;

impl Intake {
    /// Creates a job from files that came with the request, and queues it.
    pub async fn submit(
        &self,
        caller: &Caller,
        submission: Submission,
        mut files: Vec<SentFile>,
    ) -> Result<Accepted, Problem> {
        self.engine.meter.take();
        let (pipeline, settings) = self.checked(&submission, files.len())?;
        let mut details = Vec::with_capacity(files.len());
        for file in &mut files {
            file.content_type = content_type(&file.content_type);
            let name = clean_file_name(&file.name);
            let sample = &file.bytes[..file.bytes.len().min(FileHead::SAMPLE_BYTES as usize)];
            let size = file.bytes.len() as u64;
            let head = FileHead {
                name: &name,
                content_type: &file.content_type,
                size,
                first_bytes: Some(sample),
            };
            pipeline.check_file(&head)?;
            details.push(FileDetail {
                size,
                content_type: file.content_type.clone(),
                sha256: Some(sha256_hex(&file.bytes)),
                name,
                ..FileDetail::default()
            });
        }
        let mut request = RequestDetail {
            files: details,
            settings,
        };
        let begun = match self.begin(caller, &submission, &mut request, pipeline).await? {
            Begun::New(begun) => *begun,
            Begun::Existing(accepted) => return Ok(*accepted),
        };
        let id = begun.id;
        let heads = stream::iter(files.into_iter().enumerate())
            .map(|(index, file)| async move {
                self.engine
                    .blobs
                    .put(&upload_key(id, index), &file.content_type, file.bytes)
                    .await
            })
            .buffered(PARALLEL_PUTS)
            .try_collect::<Vec<_>>()
            .await?;
        for (file, head) in request.files.iter_mut().zip(heads) {
            file.etag = Some(head.etag);
        }
        let job = self.new_job(id, caller, &submission, &request, pipeline, Status::Queued);
        let accepted = self.create(caller, job, request, begun).await?;
        futures::join!(
            self.queue(&accepted.job),
            self.note_created(caller, &accepted, id)
        );
        Ok(accepted)
    }

    /// Creates a job whose files the client brings itself.
    pub async fn announce(
        &self,
        caller: &Caller,
        submission: Submission,
        files: Vec<DeclaredFile>,
    ) -> Result<Accepted, Problem> {
        self.engine.meter.take();
        let (pipeline, settings) = self.checked(&submission, files.len())?;
        let details = self.declared(pipeline, &files)?;
        let mut request = RequestDetail {
            files: details,
            settings,
        };
        let begun = match self.begin(caller, &submission, &mut request, pipeline).await? {
            Begun::New(begun) => *begun,
            Begun::Existing(accepted) => return Ok(*accepted),
        };
        let id = begun.id;
        for (index, file) in request.files.iter_mut().enumerate() {
            if file.size > MULTIPART_ABOVE_BYTES {
                let key = upload_key(id, index);
                file.upload_id = Some(self.transfers.begin_multipart(&key, &file.content_type).await?);
            }
        }
        let job = self.new_job(
            id,
            caller,
            &submission,
            &request,
            pipeline,
            Status::AwaitingUpload,
        );
        let accepted = self.create(caller, job, request, begun).await?;
        self.note_created(caller, &accepted, id).await;
        Ok(accepted)
    }

    /// What the caller may begin: a fresh job, or the one that the caller's key already made. Who left it to the service
    /// how the work is done, and cannot pay for the best way, gets the request's settings changed to a cheaper one.
    async fn begin(
        &self,
        caller: &Caller,
        submission: &Submission,
        request: &mut RequestDetail,
        pipeline: &dyn Pipeline,
    ) -> Result<Begun, Problem> {
        let now = self.engine.clock.now();
        let key = submission.idempotency_key.as_deref();
        let earlier = async {
            match key {
                Some(key) => self.engine.jobs.idempotent(&caller.owner, key, now).await,
                None => Ok(None),
            }
        };
        let (standings, earlier, account) = futures::join!(
            self.standings(caller, submission),
            earlier,
            self.account(&caller.owner)
        );
        let standings = standings?;
        let id = JobId::generate(now, self.engine.entropy.as_ref());
        let idempotency = key.map(|key| IdempotencyEntry {
            owner: caller.owner.clone(),
            key: key.to_owned(),
            content_hash: content_hash(submission, request),
            job_id: id,
            expires_at: now.plus(IDEMPOTENCY_LIFE),
        });
        if let (Some(earlier), Some(entry)) = (earlier?, &idempotency) {
            let accepted = self.repeated(caller, entry, &earlier).await?;
            return Ok(Begun::Existing(Box::new(accepted)));
        }
        let windows = windows_of(pipeline.spec(), !request.files.is_empty());
        let kind = submission.kind.as_deref();
        let account = account?;
        let mut price = price(pipeline, kind, request);
        if !self.affords(&account, price.credits)
            && let Some(settings) = pipeline.cheaper(kind, &request.settings)
        {
            request.settings = settings;
            price = self::price(pipeline, kind, request);
        }
        // Who cannot pay is told before anything is stored; what was seen here is held to when the job is written.
        let (dues, rate) = self.dues(&account, &windows, price.credits)?;
        Ok(Begun::New(Box::new(Beginning {
            id,
            standings,
            idempotency,
            windows,
            price,
            dues,
            rate,
        })))
    }

    /// What the caller will be to the job: a member's standing in its company counts from the first moment.
    async fn standings(&self, caller: &Caller, submission: &Submission) -> Result<Standings, Problem> {
        let Some(company) = &submission.company_id else {
            return Ok(Standings::maker());
        };
        let standings = self.doors.company(caller, company, Action::CreateInCompany).await;
        standings
            .map(|standings| standings.with_owner())
            .map_err(|problem| {
                if !matches!(problem.status, 403 | 404) {
                    return problem;
                }
                let detail = "You are not a member of this company.";
                Problem::invalid(vec![FieldError::new("company_id", "COMPANY_UNKNOWN", detail)])
            })
    }

    /// Writes the job: with its places where it is to run at once, else, or where there are none left, without.
    async fn create(
        &self,
        caller: &Caller,
        mut job: Job,
        request: RequestDetail,
        mut begun: Beginning,
    ) -> Result<Accepted, Problem> {
        job.credits = Some(JobCredits {
            reserved: begun.price.credits,
            rate: begun.price.rate,
            ..JobCredits::default()
        });
        let mut places = (job.status == Status::Queued).then_some(self.engine.timing.running);
        for _ in 0..DUE_TRIES {
            let new = NewJob {
                job: job.clone(),
                request: request.clone(),
                idempotency: begun.idempotency.clone(),
                places,
                dues: begun.dues.clone(),
            };
            match (self.engine.jobs.create(new).await?, &begun.idempotency) {
                (Created::Full, _) => {
                    job.phase = Phase::Waiting;
                    places = None;
                }
                (Created::Unpaid(_), _) => {
                    let account = self.account(&caller.owner).await?;
                    (begun.dues, begun.rate) = self.dues(&account, &begun.windows, begun.price.credits)?;
                }
                (Created::KeyInUse(earlier), Some(entry)) => {
                    return self.repeated(caller, entry, &earlier).await;
                }
                (Created::Yes | Created::KeyInUse(_), _) => {
                    return Ok(Accepted {
                        job,
                        standings: begun.standings,
                        rate: begun.rate,
                        details: Details {
                            request,
                            ..Details::default()
                        },
                    });
                }
            }
        }
        Err(crowded())
    }

    /// The same key again: the same job for the same content, a refusal for other content.
    async fn repeated(
        &self,
        caller: &Caller,
        entry: &IdempotencyEntry,
        earlier: &IdempotencyEntry,
    ) -> Result<Accepted, Problem> {
        if entry.content_hash != earlier.content_hash {
            return Err(Problem::new(
                422,
                "IDEMPOTENCY_KEY_REUSED",
                "This idempotency key was used for another request in the last 24 hours. Please use a new one.",
            ));
        }
        let granted = self.doors.job(caller, earlier.job_id, Action::SeeJob).await?;
        let details = self.doors.details(&granted).await?;
        Ok(Accepted::of(&granted, details))
    }

    /// Sends the first message, unless the job waits for its place. It is accepted already: should this fail, `sweep`
    /// sends it.
    pub(super) async fn queue(&self, job: &Job) {
        if job.phase == Phase::Waiting {
            return;
        }
        if let Err(error) = self.engine.send_plan(job).await {
            tracing::error!(job = %job.id, %error, "first message not sent; sweep will send it");
        }
    }

    fn new_job(
        &self,
        id: JobId,
        caller: &Caller,
        submission: &Submission,
        request: &RequestDetail,
        pipeline: &dyn Pipeline,
        status: Status,
    ) -> Job {
        let now = self.engine.clock.now();
        let mut usage: Usage = self.engine.meter.take();
        usage.count("dynamodb.transact");
        // The audit entry.
        usage.count("dynamodb.put");
        let queued = status == Status::Queued;
        if queued {
            usage.count("sqs.send");
        }
        let due_at = if queued {
            now.plus(self.engine.timing.nudge)
        } else {
            now.plus(UPLOAD_LIMIT)
        };
        Job {
            pipeline: pipeline.spec().name.to_owned(),
            kind: submission.kind.clone(),
            label: submission.label.clone(),
            batch_id: submission.batch_id.clone(),
            company_id: submission.company_id.clone(),
            callback_url: submission.callback_url.clone(),
            owner: caller.owner.clone(),
            priority: submission.priority,
            status,
            file_name: request.files.first().map(|file| file.name.clone()),
            file_count: u32::try_from(request.files.len()).unwrap_or(u32::MAX),
            usage,
            queued_at: queued.then_some(now),
            expires_at: now.plus(self.engine.timing.retention),
            due_at: Some(due_at.ceil_minute()),
            ..Job::blank(id, now, pipeline.spec().stages.queued())
        }
    }
}

enum Begun {
    New(Box<Beginning>),
    Existing(Box<Accepted>),
}

/// A job that may be created.
struct Beginning {
    id: JobId,
    /// What the caller will be to it.
    standings: Standings,
    idempotency: Option<IdempotencyEntry>,
    windows: Vec<Window>,
    /// What it will come to.
    price: Estimate,
    dues: Dues,
    rate: Option<Rate>,
}
