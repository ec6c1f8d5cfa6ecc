//! Reading single values of settings.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::dates;
use super::{LABEL_CHARS, MAX_PERIODS, PeriodTime};
use crate::settings::{Refused, code_unless};
use crate::timetable::model::{Day, Minute};

/// A text on one line, trimmed; `null` and the empty one are none.
pub(super) fn text(name: &str, value: &Value, most: usize) -> Result<Option<String>, Refused> {
    if value.is_null() {
        return Ok(None);
    }
    let wanted = format!("a text on one line of at most {most} characters");
    let text = value
        .as_str()
        .map(str::trim)
        .filter(|text| text.chars().count() <= most && !text.chars().any(char::is_control))
        .ok_or_else(|| Refused::new(name, code_unless(value.is_string()), &wanted))?;
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// A date; `null` is none.
pub(super) fn date(name: &str, value: &Value) -> Result<Option<Date>, Refused> {
    if value.is_null() {
        return Ok(None);
    }
    let date = value.as_str().and_then(dates::date).ok_or_else(|| {
        Refused::new(
            name,
            code_unless(value.is_string()),
            "a date YYYY-MM-DD from 2000 to 2099",
        )
    })?;
    Ok(Some(date))
}

/// A name of the time zone database, as that writes it.
pub(super) fn timezone(name: &str, value: &Value) -> Result<String, Refused> {
    let refused = || {
        let wanted = "the name of a time zone such as Europe/London or UTC";
        Refused::new(name, code_unless(value.is_string()), wanted)
    };
    let zone = value.as_str().and_then(dates::zone).ok_or_else(refused)?;
    zone.iana_name().map(str::to_owned).ok_or_else(refused)
}

/// Days of the week, at least one; given out in their order, each once.
pub(super) fn days(name: &str, value: &Value) -> Result<Vec<Day>, Refused> {
    let wanted = "a list of days from monday to sunday";
    let given = value
        .as_array()
        .ok_or_else(|| Refused::new(name, "WRONG_TYPE", wanted))?;
    let in_range = (1..=Day::WEEK.len()).contains(&given.len());
    let mut days: Vec<Day> = given
        .iter()
        .map_while(|value| Day::deserialize(value).ok())
        .filter(|day| *day != Day::Unspecified)
        .take(Day::WEEK.len())
        .collect();
    if !in_range || days.len() != given.len() {
        let texts = given.iter().all(Value::is_string);
        return Err(Refused::new(name, code_unless(texts), wanted));
    }
    days.sort_unstable();
    days.dedup();
    Ok(days)
}

/// Two times, the first before the second.
pub(super) fn bounds(name: &str, value: &Value) -> Result<(Minute, Minute), Refused> {
    let refused = |code| {
        Refused::new(
            name,
            code,
            "a list of two times HH:MM, the first before the second",
        )
    };
    match value.as_array().map(Vec::as_slice) {
        Some([from, to]) => {
            let texts = from.is_string() && to.is_string();
            minute(from)
                .zip(minute(to))
                .filter(|(from, to)| from < to)
                .ok_or_else(|| refused(code_unless(texts)))
        }
        Some(_) => Err(refused("OUT_OF_RANGE")),
        None => Err(refused("WRONG_TYPE")),
    }
}

/// When numbered periods are.
pub(super) fn periods(name: &str, value: &Value) -> Result<Vec<PeriodTime>, Refused> {
    let wanted = "a list of {\"period\",\"start\",\"end\"}";
    let given = value
        .as_array()
        .ok_or_else(|| Refused::new(name, "WRONG_TYPE", wanted))?;
    if given.len() > MAX_PERIODS {
        let wanted = format!("a list of at most {MAX_PERIODS} periods");
        return Err(Refused::new(name, "OUT_OF_RANGE", &wanted));
    }
    let mut periods: Vec<PeriodTime> = Vec::with_capacity(given.len());
    for (place, value) in given.iter().enumerate() {
        let field = format!("{name}[{place}]");
        let period = period(&field, value)?;
        let label = period.period.to_lowercase();
        if periods.iter().any(|known| known.period.to_lowercase() == label) {
            let wanted = "a label that no other period has";
            return Err(Refused::new(&format!("{field}.period"), "OUT_OF_RANGE", wanted));
        }
        periods.push(period);
    }
    Ok(periods)
}

fn period(field: &str, value: &Value) -> Result<PeriodTime, Refused> {
    let wanted = "an object {\"period\",\"start\",\"end\"} and nothing else";
    let given = value
        .as_object()
        .filter(|given| given.len() == 3)
        .ok_or_else(|| Refused::new(field, "WRONG_TYPE", wanted))?;
    let of = |key: &str| {
        given
            .get(key)
            .ok_or_else(|| Refused::new(field, "WRONG_TYPE", wanted))
    };
    let inside = |key: &str| format!("{field}.{key}");
    let time = |key: &str| {
        let value = of(key)?;
        minute(value)
            .ok_or_else(|| Refused::new(&inside(key), code_unless(value.is_string()), "a time HH:MM"))
    };
    let label = of("period")?;
    // A number is how most timetables name them.
    let label = match label {
        Value::Number(number) if number.is_u64() => Value::String(number.to_string()),
        other => other.clone(),
    };
    let name = text(&inside("period"), &label, LABEL_CHARS)?
        .ok_or_else(|| Refused::new(&inside("period"), "OUT_OF_RANGE", "a label such as 1 or P3"))?;
    let (start, end) = (time("start")?, time("end")?);
    if end <= start {
        return Err(Refused::new(
            &inside("end"),
            "OUT_OF_RANGE",
            "later than the start",
        ));
    }
    Ok(PeriodTime {
        period: name,
        start,
        end,
    })
}

fn minute(value: &Value) -> Option<Minute> {
    value.as_str()?.parse().ok()
}
