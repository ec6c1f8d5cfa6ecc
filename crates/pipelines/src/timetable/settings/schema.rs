//! The settings as JSON Schema, for forms.

use serde_json::{Value, json};

use super::{DIMENSION_RANGE, Engine, LABEL_CHARS, MAX_PERIODS, NAME_CHARS, QUALITY_RANGE};
use crate::timetable::model::Day;

/// `HH:MM` as a regular expression.
const TIME: &str = "^([01][0-9]|2[0-3]):[0-5][0-9]$";

/// The settings as JSON Schema; with `engine: llm` where there is a language model.
pub(in crate::timetable) fn schema(models: bool) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "engine": {
                "type": "string", "enum": Engine::offered(models), "default": "auto", "title": "Engine",
                "description": "Who reads the timetable: the rules, a language model, or what fits the page.",
            },
            "teacher_name": name("Teacher", "Takes the place of the teacher that the timetable names."),
            "class_name": name("Class", "Takes the place of the class that the timetable names."),
            "days": {
                "type": "array", "minItems": 1, "maxItems": 7, "uniqueItems": true,
                "items": {"type": "string", "enum": Day::WEEK.map(Day::as_str)},
                "default": ["monday", "tuesday", "wednesday", "thursday", "friday"], "title": "Days",
                "description": "Days that are expected. Others are kept, with a warning.",
            },
            "day_bounds": {
                "type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "string", "pattern": TIME},
                "default": ["05:00", "23:00"], "title": "Earliest start and latest end",
                "description": "Blocks outside of it are kept, with a warning.",
            },
            "fill_gaps": {
                "type": "string", "enum": ["none", "label", "extend"], "default": "none", "title": "Gaps",
                "description": "Time between two blocks: leave it; lengthen the earlier block over up to 5 minutes; \
                    or do that and give longer gaps a block of their own.",
            },
            "period_times": periods(),
            "timezone": {
                "type": "string", "default": "UTC", "title": "Time zone",
                "description": "An IANA name such as Europe/London, for calendars.",
            },
            "week_start": date("Week", "The Monday of the week that calendars show where there is no term. \
                Without it, the Monday after the upload."),
            "term_start": date("First day of term", "Calendar files repeat the timetable where both days of the term \
                are given."),
            "term_end": date("Last day of term", "Not before term_start, and less than 1,096 days after it."),
            "holidays": holidays(),
            "max_image_dimension": {
                "type": "integer", "minimum": DIMENSION_RANGE.0, "maximum": DIMENSION_RANGE.1, "default": 2048,
                "title": "Largest picture",
                "description": "Longer side of the compressed picture, in pixels.",
            },
            "image_quality": {
                "type": "integer", "minimum": QUALITY_RANGE.0, "maximum": QUALITY_RANGE.1, "default": 85,
                "title": "Picture quality",
                "description": "WebP quality of the compressed picture.",
            },
        },
    })
}

fn name(title: &str, description: &str) -> Value {
    json!({
        "type": ["string", "null"], "maxLength": NAME_CHARS, "default": null, "title": title,
        "description": description,
    })
}

fn date(title: &str, description: &str) -> Value {
    json!({
        "type": ["string", "null"], "format": "date", "default": null, "title": title, "description": description,
    })
}

fn periods() -> Value {
    json!({
        "type": "array", "maxItems": MAX_PERIODS, "default": [], "title": "Times of periods",
        "description": "For timetables that only number their periods.",
        "items": {
            "type": "object", "additionalProperties": false, "required": ["period", "start", "end"],
            "properties": {
                "period": {
                    "type": "string", "minLength": 1, "maxLength": LABEL_CHARS,
                    "description": "As the timetable writes it: 1, P3.",
                },
                "start": {"type": "string", "pattern": TIME},
                "end": {"type": "string", "pattern": TIME},
            },
        },
    })
}

fn holidays() -> Value {
    let day = json!({"type": "string", "format": "date"});
    json!({
        "type": "array", "maxItems": 100, "default": [], "title": "Holidays",
        "description": "Days without school, left out of calendar files: single days, and ranges with their last day. \
            At most 400 days in all.",
        "items": {"oneOf": [
            {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(/[0-9]{4}-[0-9]{2}-[0-9]{2})?$"},
            {
                "type": "object", "additionalProperties": false, "required": ["from", "to"],
                "properties": {"from": day.clone(), "to": day},
            },
        ]},
    })
}
