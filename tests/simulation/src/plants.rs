//! Bugs that can be planted, to show that the simulation finds what it is there to find. Each sits in a port or in the
//! scheduler: the code that goes to production carries no switch.

use docmill_core::job::{Job, Phase, Status};
use docmill_core::step::{Edit, Guard, Step};

use crate::story::is_renewal;

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "see `Plant::sentence`")]
pub enum Plant {
    CountsInsteadOfSet,
    NoFencingToken,
    NoConditionOnAttempt,
    AcknowledgesFirst,
    LeaseNeverRenewed,
    CompletesTwice,
    MergesWithoutCondition,
    ProgressFalls,
    GoneFailsTheBatch,
    CancelIgnored,
    LiveLeasesTaken,
    ChangesForgotten,
    DeadlineIgnored,
    NobodySweeps,
    KeysForgotten,
    EverybodyOwnsEverything,
    OutputsShareAKey,
    LimitsIgnored,
    ChargesInFull,
    StaleStanding,
    PushesUnasked,
    LooksOnce,
    ListForgetsTenant,
    CountedOutside,
    RefusedCounted,
    RepeatTakesAgain,
    FloorIgnored,
    ChargesFromStaleRecord,
    EditsStaleResult,
    AnswersForgotten,
    TokensNeverSettled,
}

impl Plant {
    /// All of them.
    pub const ALL: [Self; 31] = [
        Self::CountsInsteadOfSet,
        Self::NoFencingToken,
        Self::NoConditionOnAttempt,
        Self::AcknowledgesFirst,
        Self::LeaseNeverRenewed,
        Self::CompletesTwice,
        Self::MergesWithoutCondition,
        Self::ProgressFalls,
        Self::GoneFailsTheBatch,
        Self::CancelIgnored,
        Self::LiveLeasesTaken,
        Self::ChangesForgotten,
        Self::DeadlineIgnored,
        Self::NobodySweeps,
        Self::KeysForgotten,
        Self::EverybodyOwnsEverything,
        Self::OutputsShareAKey,
        Self::LimitsIgnored,
        Self::ChargesInFull,
        Self::StaleStanding,
        Self::PushesUnasked,
        Self::LooksOnce,
        Self::ListForgetsTenant,
        Self::CountedOutside,
        Self::RefusedCounted,
        Self::RepeatTakesAgain,
        Self::FloorIgnored,
        Self::ChargesFromStaleRecord,
        Self::EditsStaleResult,
        Self::AnswersForgotten,
        Self::TokensNeverSettled,
    ];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CountsInsteadOfSet => "count-instead-of-set",
            Self::NoFencingToken => "no-fencing-token",
            Self::NoConditionOnAttempt => "no-condition-on-attempt",
            Self::AcknowledgesFirst => "acknowledge-before-effect",
            Self::LeaseNeverRenewed => "lease-never-renewed",
            Self::CompletesTwice => "complete-twice",
            Self::MergesWithoutCondition => "merge-without-condition",
            Self::ProgressFalls => "progress-falls",
            Self::GoneFailsTheBatch => "gone-fails-the-batch",
            Self::CancelIgnored => "cancel-ignored",
            Self::LiveLeasesTaken => "live-leases-taken",
            Self::ChangesForgotten => "changes-forgotten",
            Self::DeadlineIgnored => "deadline-ignored",
            Self::NobodySweeps => "nobody-sweeps",
            Self::KeysForgotten => "keys-forgotten",
            Self::EverybodyOwnsEverything => "everybody-owns-everything",
            Self::OutputsShareAKey => "outputs-share-a-key",
            Self::LimitsIgnored => "limits-ignored",
            Self::ChargesInFull => "charge-in-full",
            Self::StaleStanding => "stale-standing",
            Self::PushesUnasked => "pushes-unasked",
            Self::LooksOnce => "looks-once",
            Self::ListForgetsTenant => "list-forgets-tenant",
            Self::CountedOutside => "window-outside",
            Self::RefusedCounted => "refused-counted",
            Self::RepeatTakesAgain => "repeat-takes-again",
            Self::FloorIgnored => "floor-ignored",
            Self::ChargesFromStaleRecord => "charge-from-stale-record",
            Self::EditsStaleResult => "edit-stale-result",
            Self::AnswersForgotten => "answers-forgotten",
            Self::TokensNeverSettled => "tokens-never-settled",
        }
    }

    /// What it does.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::CountsInsteadOfSet => {
                "Done chunks are counted, not kept as a set: one done twice counts twice."
            }
            Self::NoFencingToken => "Writes do not ask whether the lease is still the writer's.",
            Self::NoConditionOnAttempt => "Writes do not ask which attempt they are for.",
            Self::AcknowledgesFirst => "Messages are deleted before they are worked on.",
            Self::LeaseNeverRenewed => "Renewals are said to have worked and write nothing.",
            Self::CompletesTwice => "The move to completed is applied a second time.",
            Self::MergesWithoutCondition => "The move to merging has no condition.",
            Self::ProgressFalls => "A report is written even where more was reported already.",
            Self::GoneFailsTheBatch => "A closed connection (410) fails its batch of changes.",
            Self::CancelIgnored => "Claims and results do not ask whether a cancel was accepted.",
            Self::LiveLeasesTaken => "Claims do not ask whether somebody holds a live lease.",
            Self::ChangesForgotten => {
                "A batch of changes is taken off the stream before its events are written."
            }
            Self::DeadlineIgnored => "Jobs past their deadline are not failed.",
            Self::NobodySweeps => "The sweep never runs.",
            Self::KeysForgotten => "Jobs are created without their idempotency entry.",
            Self::EverybodyOwnsEverything => "Whoever asks for a job is taken for its owner.",
            Self::OutputsShareAKey => "All chunks of a job write their output under one key.",
            Self::LimitsIgnored => "Jobs start whether or not there is a place for them.",
            Self::ChargesInFull => "An attempt that ends is charged all that was set aside.",
            Self::StaleStanding => "What somebody is in a company is looked up once and kept.",
            Self::PushesUnasked => {
                "Live pushes go to whoever subscribed, whatever they are in the company by now."
            }
            Self::LooksOnce => {
                "A request looks up once what its caller is in a company, and waits on with that."
            }
            Self::ListForgetsTenant => "A list is read without asking whose it is.",
            Self::CountedOutside => {
                "A window is counted in a write of its own, a moment after the job is created."
            }
            Self::RefusedCounted => "A creation that is refused is counted in its windows nevertheless.",
            Self::RepeatTakesAgain => "A creation that is repeated takes its places in windows again.",
            Self::FloorIgnored => "A creation reserves credits that are not there.",
            Self::ChargesFromStaleRecord => {
                "An end is charged by the record as it was read, whatever was written since."
            }
            Self::EditsStaleResult => "An edit is written whatever others have edited since it was begun.",
            Self::AnswersForgotten => "Whoever looks for what a model answered before finds nothing.",
            Self::TokensNeverSettled => "What was set aside for a question is never settled.",
        }
    }

    /// The promise it breaks; where several are, whichever is seen first.
    pub const fn breaks(self) -> &'static [&'static str] {
        match self {
            // What is counted cannot be asked for, so done chunks are claimed again before they count twice.
            Self::CountsInsteadOfSet => &["P2", "P10", "P4"],
            Self::NoConditionOnAttempt => &["P2"],
            Self::NoFencingToken => &["P7", "P2", "P4"],
            Self::LeaseNeverRenewed | Self::LiveLeasesTaken => &["P7"],
            Self::AcknowledgesFirst => &["§2"],
            Self::CompletesTwice
            | Self::MergesWithoutCondition
            | Self::ProgressFalls
            | Self::GoneFailsTheBatch
            | Self::ChangesForgotten => &["P4"],
            Self::CancelIgnored => &["P5"],
            Self::DeadlineIgnored => &["P1"],
            Self::NobodySweeps => &["P1", "P4"],
            Self::KeysForgotten => &["P8"],
            Self::EverybodyOwnsEverything
            | Self::StaleStanding
            | Self::PushesUnasked
            | Self::LooksOnce
            | Self::ListForgetsTenant => &["P9"],
            Self::OutputsShareAKey => &["P3"],
            Self::LimitsIgnored => &["§4"],
            Self::ChargesInFull | Self::ChargesFromStaleRecord => &["P5"],
            Self::CountedOutside | Self::RefusedCounted | Self::RepeatTakesAgain => &["limits"],
            Self::FloorIgnored => &["P6"],
            Self::EditsStaleResult => &["edits"],
            Self::AnswersForgotten => &["answers"],
            Self::TokensNeverSettled => &["tokens"],
        }
    }

    /// The plant of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plant| plant.name() == name)
    }
}

/// Whether the step ends a job with a result.
pub(crate) fn is_completion(step: &Step) -> bool {
    step.edits.contains(&Edit::Status(Status::Completed))
}

/// Whether the step makes an edition.
fn is_edit(step: &Step) -> bool {
    !is_completion(step) && step.edits.iter().any(|edit| matches!(edit, Edit::Result(_)))
}

/// The step as the bug would have written it.
pub(crate) fn bend(plant: Option<Plant>, step: &Step, job: &Job) -> Step {
    let mut bent = step.clone();
    let Some(plant) = plant else { return bent };
    let claims = step.edits.iter().any(|edit| matches!(edit, Edit::CountTry(_)));
    let begins_merge = step.edits.contains(&Edit::Phase(Phase::Merging));
    let drop: fn(&Guard) -> bool = match plant {
        Plant::CountsInsteadOfSet if claims => |guard| matches!(guard, Guard::ChunkOpen(_)),
        Plant::NoFencingToken => |guard| matches!(guard, Guard::LeaseIs { .. }),
        Plant::NoConditionOnAttempt => |guard| matches!(guard, Guard::AttemptIs(_)),
        Plant::MergesWithoutCondition if begins_merge => |_| true,
        Plant::ProgressFalls => |guard| matches!(guard, Guard::ReportedBelow(_)),
        Plant::CancelIgnored if claims || is_completion(step) || is_renewal(step) => {
            |guard| matches!(guard, Guard::CancelRequested(false))
        }
        Plant::ChargesFromStaleRecord if !is_edit(step) => |guard| matches!(guard, Guard::VersionIs(_)),
        Plant::EditsStaleResult if is_edit(step) => |guard| matches!(guard, Guard::VersionIs(_)),
        Plant::LiveLeasesTaken => |guard| matches!(guard, Guard::SlotFree { .. }),
        _ => |_| false,
    };
    bent.guards.retain(|guard| !drop(guard));
    match plant {
        Plant::CountsInsteadOfSet => {
            for edit in &mut bent.edits {
                if let Edit::Done(n) = edit
                    && job.done.contains(n)
                    && let Some(other) = (0..job.total.unwrap_or(0)).find(|n| !job.done.contains(n))
                {
                    *n = other;
                }
            }
        }
        Plant::ChargesInFull => {
            for edit in &mut bent.edits {
                if let (Edit::Charge(amount), Some(credits)) = (edit, job.credits) {
                    *amount = credits.reserved;
                }
            }
        }
        Plant::DeadlineIgnored if is_deadline(step) => bent.guards.push(Guard::StatusIn(Vec::new())),
        _ => {}
    }
    bent
}

fn is_deadline(step: &Step) -> bool {
    step.edits.iter().any(|edit| match edit {
        Edit::Error(Some(error)) => error.code == "DEADLINE_EXCEEDED",
        _ => false,
    })
}
