//! Reading the body of an edit.

use std::collections::{HashMap, HashSet};

use docmill_core::problem::FieldError;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::timetable::model::{Day, EventType, Metadata, Minute};
use crate::timetable::result::Block;

/// Most timetables of a document.
const MAX_TIMETABLES: usize = 50;
/// Most blocks of a timetable.
const MAX_BLOCKS: usize = 1_000;
/// Most characters of names, of rooms, and of what a timetable says of itself.
const NAME_CHARS: usize = 200;
/// Most characters of notes.
const NOTES_CHARS: usize = 2_000;
/// Nobody reads more errors than this.
const MAX_ERRORS: usize = 100;

/// Fields of a timetable in the document that are worked out.
const TABLE_WORKED_OUT: [&str; 3] = ["recurring_blocks", "confidence", "needs_review"];
/// Fields of a block in the document that are worked out, or are its page's.
const BLOCK_WORKED_OUT: [&str; 6] = [
    "duration_minutes",
    "recurring_id",
    "inferred",
    "confidence",
    "page",
    "box",
];

/// A timetable as it was sent.
#[derive(Debug)]
pub(super) struct NewTimetable {
    /// `None`: as it was.
    pub(super) metadata: Option<Metadata>,
    pub(super) blocks: Vec<NewBlock>,
}

/// A valid block as it was sent, with what it left out filled in.
#[derive(Debug)]
pub(super) struct NewBlock {
    /// A known one.
    pub(super) id: Option<String>,
    pub(super) day: Day,
    pub(super) start: Option<Minute>,
    pub(super) end: Option<Minute>,
    pub(super) event_name: String,
    pub(super) event_type: EventType,
    pub(super) room: Option<String>,
    pub(super) notes: Option<String>,
    pub(super) color: Option<String>,
}

/// Reads the body; ids have to be among the known blocks', each once.
pub(super) fn read(
    body: &Value,
    known: &HashMap<String, Block>,
) -> Result<Vec<NewTimetable>, Vec<FieldError>> {
    let mut reader = Reader {
        known,
        used: HashSet::new(),
        errors: Vec::new(),
    };
    let timetables = reader.timetables(body).unwrap_or_default();
    if reader.errors.is_empty() {
        Ok(timetables)
    } else {
        Err(reader.errors)
    }
}

struct Reader<'a> {
    known: &'a HashMap<String, Block>,
    /// Ids that were sent.
    used: HashSet<&'a str>,
    errors: Vec<FieldError>,
}

impl<'a> Reader<'a> {
    /// Notes an error. Without a value, reading goes on elsewhere.
    fn refuse<T>(&mut self, field: &str, code: &str, detail: &str) -> Option<T> {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(FieldError::new(field, code, detail));
        }
        None
    }

    fn wants<T>(&mut self, field: &str, code: &str, wanted: &str) -> Option<T> {
        self.refuse(field, code, &format!("{field} must be {wanted}."))
    }

    fn object<'v>(
        &mut self,
        field: &str,
        value: &'v Value,
        names: &[&[&str]],
    ) -> Option<&'v Map<String, Value>> {
        let Some(object) = value.as_object() else {
            return self.wants(field, "WRONG_TYPE", "a JSON object");
        };
        let unknown = object
            .keys()
            .filter(|name| !names.iter().any(|some| some.contains(&name.as_str())));
        for name in unknown.take(MAX_ERRORS) {
            let detail = format!("There is no field `{name}` here.");
            self.refuse::<()>(&inside(field, name), "UNKNOWN_FIELD", &detail);
        }
        Some(object)
    }

    fn list<'v>(
        &mut self,
        field: &str,
        value: Option<&'v Value>,
        (least, most): (usize, usize),
    ) -> Option<&'v Vec<Value>> {
        let Some(list) = value.and_then(Value::as_array) else {
            return self.wants(field, code_of(value, Value::is_array), "a list");
        };
        if !(least..=most).contains(&list.len()) {
            let wanted = format!("a list of {least} to {most} entries");
            return self.wants(field, "OUT_OF_RANGE", &wanted);
        }
        Some(list)
    }

    fn timetables(&mut self, body: &Value) -> Option<Vec<NewTimetable>> {
        let body = self.object("body", body, &[&["timetables"]])?;
        let list = self.list("timetables", body.get("timetables"), (1, MAX_TIMETABLES))?;
        let mut timetables = Vec::with_capacity(list.len());
        for (place, value) in list.iter().enumerate() {
            if self.errors.len() >= MAX_ERRORS {
                break;
            }
            timetables.extend(self.timetable(&format!("timetables[{place}]"), value));
        }
        Some(timetables)
    }

    fn timetable(&mut self, field: &str, value: &Value) -> Option<NewTimetable> {
        let names: [&[&str]; 2] = [&["metadata", "blocks"], &TABLE_WORKED_OUT];
        let given = self.object(field, value, &names)?;
        let metadata = match given.get("metadata") {
            None | Some(Value::Null) => None,
            Some(value) => self.metadata(&inside(field, "metadata"), value),
        };
        let field = inside(field, "blocks");
        let list = self.list(&field, given.get("blocks"), (0, MAX_BLOCKS))?;
        let mut blocks = Vec::with_capacity(list.len());
        for (place, value) in list.iter().enumerate() {
            if self.errors.len() >= MAX_ERRORS {
                break;
            }
            blocks.extend(self.block(&format!("{field}[{place}]"), value));
        }
        Some(NewTimetable { metadata, blocks })
    }

    fn metadata(&mut self, field: &str, value: &Value) -> Option<Metadata> {
        let names = ["teacher_name", "class_name", "term", "week", "school_name"];
        let given = self.object(field, value, &[&names])?;
        let mut text = |name: &str| {
            let text = self.text(&inside(field, name), given.get(name), NAME_CHARS);
            text.flatten()
        };
        Some(Metadata {
            teacher_name: text("teacher_name"),
            class_name: text("class_name"),
            term: text("term"),
            week: text("week"),
            school_name: text("school_name"),
        })
    }

    fn block(&mut self, field: &str, value: &Value) -> Option<NewBlock> {
        let names = [
            "id",
            "day",
            "start",
            "end",
            "event_name",
            "event_type",
            "room",
            "notes",
            "color",
        ];
        let given = self.object(field, value, &[&names, &BLOCK_WORKED_OUT])?;
        let at = |name: &str| (inside(field, name), given.get(name));
        let old = match at("id") {
            (_, None | Some(Value::Null)) => Some(None),
            (field, Some(id)) => self.known_block(&field, id).map(Some),
        };
        let (name, value) = at("day");
        let day = self.word(&name, value, "a day from monday to sunday, or unspecified");
        let times = self.times(field, given);
        let (name, value) = at("event_name");
        let event_name = match self.text(&name, value, NAME_CHARS) {
            Some(None) => self.wants(&name, code_of(value, Value::is_string), "a name"),
            read => read.flatten(),
        };
        let known = old.flatten();
        let event_type = match at("event_type") {
            (_, None | Some(Value::Null)) => Some(known.map(|old| old.event_type).unwrap_or_default()),
            (name, value) => {
                let wanted = "`class`, `break`, `lunch`, `assembly` or `administrative`";
                self.word(&name, value, wanted)
            }
        };
        let mut detail = |name: &str, old: Option<&Option<String>>, most: usize| match at(name) {
            (_, None) => Some(old.cloned().flatten()),
            (field, value) => self.text(&field, value, most),
        };
        let room = detail("room", known.map(|old| &old.room), NAME_CHARS);
        let notes = detail("notes", known.map(|old| &old.notes), NOTES_CHARS);
        let color = match at("color") {
            (_, None) => Some(known.and_then(|old| old.color.clone())),
            (name, value) => self.color(&name, value),
        };
        let (start, end) = times?;
        Some(NewBlock {
            id: old?.map(|old| old.id.clone()),
            day: day?,
            start,
            end,
            event_name: event_name?,
            event_type: event_type?,
            room: room?,
            notes: notes?,
            color: color?,
        })
    }

    fn known_block(&mut self, field: &str, id: &Value) -> Option<&'a Block> {
        let Some(id) = id.as_str() else {
            return self.wants(field, "WRONG_TYPE", "the id of a block");
        };
        let Some(block) = self.known.get(id) else {
            let detail = "There is no block with this id. A new block has none.";
            return self.refuse(field, "UNKNOWN_BLOCK", detail);
        };
        if !self.used.insert(&block.id) {
            return self.refuse(field, "DUPLICATE", "Another block has this id already.");
        }
        Some(block)
    }

    /// Start and end: two times, or twice `null`.
    fn times(&mut self, field: &str, given: &Map<String, Value>) -> Option<(Option<Minute>, Option<Minute>)> {
        let start = self.time(&inside(field, "start"), given.get("start"));
        let field = inside(field, "end");
        let end = self.time(&field, given.get("end"));
        let (start, end) = (start?, end?);
        match (start, end) {
            (None, None) => Some((None, None)),
            (Some(start), Some(end)) if start < end => Some((Some(start), Some(end))),
            (Some(_), Some(_)) => self.wants(&field, "OUT_OF_RANGE", "later than the start"),
            _ => self.wants(
                &field,
                "OUT_OF_RANGE",
                "a time where the start is one, and null where that is",
            ),
        }
    }

    fn time(&mut self, field: &str, value: Option<&Value>) -> Option<Option<Minute>> {
        if value.is_some_and(Value::is_null) {
            return Some(None);
        }
        match value.and_then(Value::as_str).map(str::parse) {
            Some(Ok(minute)) => Some(Some(minute)),
            _ => self.wants(
                field,
                code_of(value, Value::is_string),
                "a time HH:MM from 00:00 to 23:59, or null",
            ),
        }
    }

    fn word<T: for<'de> Deserialize<'de>>(
        &mut self,
        field: &str,
        value: Option<&Value>,
        words: &str,
    ) -> Option<T> {
        match value.map(T::deserialize) {
            Some(Ok(word)) => Some(word),
            _ => self.wants(field, code_of(value, Value::is_string), words),
        }
    }

    /// A text, trimmed; one that is missing, `null` or empty is none.
    fn text(&mut self, field: &str, value: Option<&Value>, most: usize) -> Option<Option<String>> {
        if value.is_none_or(Value::is_null) {
            return Some(None);
        }
        let text = value.and_then(Value::as_str).map(str::trim);
        match text.filter(|text| text.chars().count() <= most && !text.chars().any(is_refused)) {
            Some("") => Some(None),
            Some(text) => Some(Some(text.to_owned())),
            None => {
                let wanted = format!("a text of at most {most} characters, or null");
                self.wants(field, code_of(value, Value::is_string), &wanted)
            }
        }
    }

    fn color(&mut self, field: &str, value: Option<&Value>) -> Option<Option<String>> {
        let text = self.text(field, value, "#RRGGBB".len())?;
        let is_color = |text: &String| {
            let digits = text.strip_prefix('#').unwrap_or_default();
            digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        };
        match text {
            Some(text) if !is_color(&text) => self.wants(field, "OUT_OF_RANGE", "a colour #RRGGBB"),
            text => Some(text.map(|text| text.to_ascii_uppercase())),
        }
    }
}

/// Control characters that are no space or end of line.
fn is_refused(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}

fn inside(field: &str, name: &str) -> String {
    if field == "body" {
        name.to_owned()
    } else {
        format!("{field}.{name}")
    }
}

/// Why a value is not taken.
fn code_of(value: Option<&Value>, right_type: fn(&Value) -> bool) -> &'static str {
    match value {
        None => "REQUIRED",
        Some(value) if right_type(value) => "OUT_OF_RANGE",
        Some(_) => "WRONG_TYPE",
    }
}
