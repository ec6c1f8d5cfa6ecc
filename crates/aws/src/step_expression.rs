//! A step as DynamoDB's expressions: [`Guard`]s make the condition, [`Edit`]s the update.
//!
//! An update expression may name each path once and sees only the item as it was, while edits apply one after the
//! other. So the edits are first gathered into a [`Draft`] that holds the last word on each path, then written out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Display;

use aws_sdk_dynamodb::types::AttributeValue;
use docmill_core::ids::JobId;
use docmill_core::job::Notice;
use docmill_core::step::{Edit, Guard, Step};
use docmill_core::usage::Usage;

use crate::attributes::*;
use crate::board::board_value;
use crate::item::{map, number, numbers, text, time};
use crate::job_item::{
    counters, credits_value, failure_value, lease_value, notice_value, reported_value, result_value,
    stage_value,
};

/// What an update request needs besides table and key.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Expressions {
    pub(crate) condition: String,
    pub(crate) update: String,
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: HashMap<String, AttributeValue>,
}

/// The condition alone that a record is there and meets `guards`.
pub(crate) fn conditions(guards: &[Guard]) -> Expressions {
    let mut writer = Writer::default();
    Expressions {
        condition: writer.conditions(guards),
        names: writer.names,
        values: writer.values,
        update: String::new(),
    }
}

/// The expressions of `step` on the record of `id`. A record that is not there meets no condition.
pub(crate) fn expressions(id: JobId, step: &Step) -> Expressions {
    let mut writer = Writer::default();
    let condition = writer.conditions(&step.guards);
    let mut draft = Draft::default();
    for edit in &step.edits {
        draft.edit(id, edit);
    }
    let update = writer.update(draft);
    Expressions {
        condition,
        update,
        names: writer.names,
        values: writer.values,
    }
}

/// Hands out placeholders, and writes conditions and clauses with them.
#[derive(Default)]
struct Writer {
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Writer {
    /// Placeholder of an attribute of ours.
    fn name(&mut self, name: &str) -> String {
        let placeholder = format!("#{name}");
        self.names.insert(placeholder.clone(), name.to_owned());
        placeholder
    }

    /// Placeholder of a map's key, which may hold any character.
    fn key(&mut self, key: &str) -> String {
        if let Some((placeholder, _)) = self.names.iter().find(|(_, name)| *name == key) {
            return placeholder.clone();
        }
        let placeholder = format!("#k{}", self.names.len());
        self.names.insert(placeholder.clone(), key.to_owned());
        placeholder
    }

    fn path(&mut self, name: &str, key: impl Display) -> String {
        format!("{}.{}", self.name(name), self.key(&key.to_string()))
    }

    fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    fn conditions(&mut self, guards: &[Guard]) -> String {
        let mut conditions = vec![format!("attribute_exists({})", self.name(JOB_ID))];
        conditions.extend(guards.iter().map(|guard| self.condition(guard)));
        conditions.join(" AND ")
    }

    fn condition(&mut self, guard: &Guard) -> String {
        match guard {
            Guard::StatusIn(statuses) if statuses.is_empty() => self.never(),
            Guard::StatusIn(statuses) => {
                let words: Vec<String> = statuses
                    .iter()
                    .map(|status| self.value(text(status.as_str())))
                    .collect();
                format!("{} IN ({})", self.name(STATUS), words.join(", "))
            }
            Guard::PhaseIs(phase) => self.compare(PHASE, "=", text(phase.as_str())),
            Guard::AttemptIs(attempt) => self.compare(ATTEMPT, "=", number(attempt)),
            Guard::CancelRequested(true) => format!("attribute_exists({})", self.name(CANCEL_REQUESTED_AT)),
            Guard::CancelRequested(false) => {
                format!("attribute_not_exists({})", self.name(CANCEL_REQUESTED_AT))
            }
            Guard::ChunkOpen(n) => {
                let (done, value) = (self.name(DONE), self.value(number(n)));
                format!(
                    "NOT contains({done}, {value}) AND attribute_not_exists({})",
                    self.path(FAILED, n)
                )
            }
            Guard::SlotFree { slot, now } => {
                let lease = self.path(LEASES, slot);
                let (until, now) = (self.name(UNTIL), self.value(time(*now)));
                format!("(attribute_not_exists({lease}) OR {lease}.{until} <= {now})")
            }
            Guard::LeaseIs { slot, token } => {
                let (lease, name) = (self.path(LEASES, slot), self.name(TOKEN));
                format!("{lease}.{name} = {}", self.value(text(token.as_str())))
            }
            // No claims are recorded as no entry.
            Guard::TriesBelow { max: 0, .. } => self.never(),
            Guard::TriesBelow { slot, max } => {
                let (tries, max) = (self.path(TRIES, slot), self.value(number(max)));
                format!("(attribute_not_exists({tries}) OR {tries} < {max})")
            }
            Guard::ReportedBelow(percent) => {
                let (reported, name) = (self.name(REPORTED), self.name(PERCENT));
                let percent = self.value(number(percent));
                format!("(attribute_not_exists({reported}) OR {reported}.{name} < {percent})")
            }
            Guard::NotWarned => format!("attribute_not_exists({})", self.name(WARNED_AT)),
            Guard::KeptAt(now) => self.compare(EXPIRES_AT, ">", time(*now)),
            Guard::VersionIs(version) => self.compare(VERSION, "=", number(version)),
        }
    }

    fn compare(&mut self, name: &str, operator: &str, value: AttributeValue) -> String {
        format!("{} {operator} {}", self.name(name), self.value(value))
    }

    /// A condition that no record meets.
    fn never(&mut self) -> String {
        format!("attribute_not_exists({})", self.name(JOB_ID))
    }

    fn update(&mut self, draft: Draft) -> String {
        let mut clauses = Clauses::default();
        for (name, value) in draft.plain {
            let path = self.name(name);
            self.assign(&mut clauses, path, value);
        }
        self.map_edits(&mut clauses, FAILED, draft.failed);
        self.map_edits(&mut clauses, LEASES, draft.leases);
        self.tries(&mut clauses, &draft.tries);
        self.warnings(&mut clauses, &draft.warnings);
        self.usage(&mut clauses, &draft.usage);
        if draft.versions > 0 {
            let (name, value) = (self.name(VERSION), self.value(number(draft.versions)));
            clauses.add.push(format!("{name} {value}"));
        }
        if !draft.done.is_empty() {
            let (name, value) = (self.name(DONE), self.value(numbers(&draft.done)));
            clauses.add.push(format!("{name} {value}"));
        }
        if clauses.is_empty() {
            // An update must do something: this removes what is never there.
            clauses.remove.push(self.name("nothing"));
        }
        clauses.join()
    }

    fn assign(&mut self, clauses: &mut Clauses, path: String, value: Option<AttributeValue>) {
        match value {
            Some(value) => clauses.set.push(format!("{path} = {}", self.value(value))),
            None => clauses.remove.push(path),
        }
    }

    fn map_edits(&mut self, clauses: &mut Clauses, name: &'static str, edits: MapEdits) {
        if edits.cleared {
            let kept = edits
                .entries
                .into_iter()
                .filter_map(|(key, value)| Some((key, value?)));
            let path = self.name(name);
            self.assign(clauses, path, Some(map(kept)));
            return;
        }
        for (key, value) in edits.entries {
            let path = self.path(name, key);
            self.assign(clauses, path, value);
        }
    }

    fn tries(&mut self, clauses: &mut Clauses, tries: &Tries) {
        if tries.cleared {
            let path = self.name(TRIES);
            let counts = map(tries.counts.iter().map(|(slot, count)| (slot, number(count))));
            self.assign(clauses, path, Some(counts));
            return;
        }
        for (slot, count) in &tries.counts {
            let path = self.path(TRIES, slot);
            self.increase(clauses, &path, u64::from(*count));
        }
    }

    fn warnings(&mut self, clauses: &mut Clauses, warnings: &Warnings) {
        if !warnings.cleared && warnings.added.is_empty() {
            return;
        }
        let path = self.name(WARNINGS);
        let added = self.value(AttributeValue::L(
            warnings.added.iter().map(notice_value).collect(),
        ));
        clauses.set.push(if warnings.cleared {
            format!("{path} = {added}")
        } else {
            let none = self.value(AttributeValue::L(Vec::new()));
            format!("{path} = list_append(if_not_exists({path}, {none}), {added})")
        });
    }

    fn usage(&mut self, clauses: &mut Clauses, usage: &Usage) {
        for (name, count) in counters(usage).into_iter().filter(|(_, count)| *count > 0) {
            let path = format!("{}.{}", self.name(USAGE), self.name(name));
            self.increase(clauses, &path, count);
        }
        for (operation, count) in usage.requests.iter().filter(|(_, count)| **count > 0) {
            let path = format!(
                "{}.{}.{}",
                self.name(USAGE),
                self.name(REQUESTS),
                self.key(operation)
            );
            self.increase(clauses, &path, *count);
        }
    }

    /// `ADD` knows top-level attributes only.
    fn increase(&mut self, clauses: &mut Clauses, path: &str, by: u64) {
        self.values.insert(":zero".to_owned(), number(0));
        let by = self.value(number(by));
        clauses
            .set
            .push(format!("{path} = if_not_exists({path}, :zero) + {by}"));
    }
}

/// The clauses of an update expression.
#[derive(Default)]
struct Clauses {
    set: Vec<String>,
    remove: Vec<String>,
    add: Vec<String>,
}

impl Clauses {
    fn is_empty(&self) -> bool {
        self.set.is_empty() && self.remove.is_empty() && self.add.is_empty()
    }

    fn join(self) -> String {
        let clauses = [("SET", self.set), ("REMOVE", self.remove), ("ADD", self.add)];
        let clauses = clauses.into_iter().filter(|(_, actions)| !actions.is_empty());
        clauses
            .map(|(verb, actions)| format!("{verb} {}", actions.join(", ")))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// What the edits of a step come to.
#[derive(Default)]
struct Draft {
    /// Attributes set as a whole; `None` removes them.
    plain: BTreeMap<&'static str, Option<AttributeValue>>,
    versions: u64,
    done: BTreeSet<u32>,
    failed: MapEdits,
    leases: MapEdits,
    tries: Tries,
    warnings: Warnings,
    usage: Usage,
}

/// Edits of a map's entries; `None` removes one.
#[derive(Default)]
struct MapEdits {
    cleared: bool,
    entries: BTreeMap<String, Option<AttributeValue>>,
}

impl MapEdits {
    fn clear(&mut self) {
        *self = Self {
            cleared: true,
            entries: BTreeMap::new(),
        };
    }
}

#[derive(Default)]
struct Tries {
    cleared: bool,
    counts: BTreeMap<String, u32>,
}

#[derive(Default)]
struct Warnings {
    cleared: bool,
    added: Vec<Notice>,
}

impl Draft {
    fn edit(&mut self, id: JobId, edit: &Edit) {
        match edit {
            Edit::Visible(now) => {
                self.versions += 1;
                self.set(UPDATED_AT, time(*now));
                self.put(QUIET, None);
            }
            Edit::Quiet => self.set(QUIET, AttributeValue::Bool(true)),
            Edit::Status(status) => {
                self.set(STATUS, text(status.as_str()));
                self.put(BOARD, board_value(id, *status));
            }
            Edit::Phase(phase) => self.set(PHASE, text(phase.as_str())),
            Edit::Outcome(outcome) => self.put(OUTCOME, outcome.map(|outcome| text(outcome.as_str()))),
            Edit::Attempt(attempt) => self.set(ATTEMPT, number(attempt)),
            Edit::Total(total) => self.set(TOTAL, number(total)),
            Edit::Done(n) => {
                self.done.insert(*n);
            }
            Edit::Failed(n, failure) => {
                self.failed
                    .entries
                    .insert(n.to_string(), Some(failure_value(failure)));
            }
            Edit::ClearFailed => self.failed.clear(),
            Edit::PutLease(slot, lease) => {
                self.leases
                    .entries
                    .insert(slot.to_string(), Some(lease_value(lease)));
            }
            Edit::RemoveLease(slot) => {
                self.leases.entries.insert(slot.to_string(), None);
            }
            Edit::CountTry(slot) => *self.tries.counts.entry(slot.to_string()).or_default() += 1,
            Edit::ClearLeases => {
                self.leases.clear();
                self.tries = Tries {
                    cleared: true,
                    counts: BTreeMap::new(),
                };
            }
            Edit::Stage(stage) => {
                self.set(STAGE, stage_value(stage));
                self.put(REPORTED, None);
            }
            Edit::Report(reported) => self.set(REPORTED, reported_value(reported)),
            Edit::Warn(notice) => self.warnings.added.push(notice.clone()),
            Edit::ClearWarnings => {
                self.warnings = Warnings {
                    cleared: true,
                    added: Vec::new(),
                }
            }
            Edit::Error(error) => self.put(ERROR, error.as_ref().map(notice_value)),
            Edit::Result(result) => self.set(RESULT, result_value(result)),
            Edit::Reserve(credits) => {
                self.set(CREDITS, credits_value(credits));
                self.put(CHARGED, credits.charged.map(number));
            }
            Edit::Charge(amount) => self.set(CHARGED, number(amount)),
            Edit::AddUsage(usage) => self.usage.add(usage),
            Edit::QueuedAt(at) => self.set(QUEUED_AT, time(*at)),
            Edit::StartedAt(at) => self.put(STARTED_AT, at.map(time)),
            Edit::CompletedAt(at) => self.put(COMPLETED_AT, at.map(time)),
            Edit::DeadlineAt(at) => self.put(DEADLINE_AT, at.map(time)),
            Edit::WarnedAt(at) => self.put(WARNED_AT, at.map(time)),
            Edit::CoolingUntil(at) => self.put(COOLING_UNTIL, at.map(time)),
            Edit::ExpiresAt(at) => self.set(EXPIRES_AT, time(*at)),
            Edit::DueAt(at) => {
                self.put(DUE_AT, at.map(time));
                // The shard never changes, but the index wants it on every item that has `due_at`.
                if at.is_some() {
                    self.set(DUE_SHARD, number(id.due_shard()));
                }
            }
            Edit::Cancel(request) => {
                let (at, by) = request.as_ref().map(|(at, by)| (time(*at), text(by))).unzip();
                self.put(CANCEL_REQUESTED_AT, at);
                self.put(CANCELLED_BY, by);
            }
        }
    }

    fn set(&mut self, name: &'static str, value: AttributeValue) {
        self.put(name, Some(value));
    }

    fn put(&mut self, name: &'static str, value: Option<AttributeValue>) {
        self.plain.insert(name, value);
    }
}

#[cfg(test)]
mod tests;
