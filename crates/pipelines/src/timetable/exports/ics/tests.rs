use docmill_core::edition::Editor;
use std::path::Path;

use super::*;
use crate::timetable::edit::edited;
use crate::timetable::model::FoundBlock;
use crate::timetable::settings::{Holiday, Settings};
use crate::timetable::testing::{document, found, page};

fn text(document: &Document) -> String {
    String::from_utf8(ics(document).unwrap()).unwrap()
}

fn lines(document: &Document) -> Vec<String> {
    let text = text(document).replace("\r\n ", "");
    text.lines().map(str::to_owned).collect()
}

fn settings(zone: &str, term: Option<(Date, Date)>) -> Settings {
    Settings {
        timezone: zone.to_owned(),
        term_start: term.map(|(start, _)| start),
        term_end: term.map(|(_, end)| end),
        ..Settings::default()
    }
}

fn date(year: i16, month: i8, day: i8) -> Date {
    jiff::civil::date(year, month, day)
}

fn holiday(from: Date, to: Date) -> Holiday {
    Holiday { from, to }
}

/// The values of a property.
fn values<'a>(lines: &'a [String], start: &str) -> Vec<&'a str> {
    lines.iter().filter_map(|line| line.strip_prefix(start)).collect()
}

/// From winter to summer in London, with half-term and a bank holiday.
fn london() -> Document {
    let mut settings = settings("Europe/London", Some((date(2026, 1, 5), date(2026, 7, 17))));
    settings.holidays = vec![
        holiday(date(2026, 2, 16), date(2026, 2, 20)),
        holiday(date(2026, 4, 6), date(2026, 4, 6)),
    ];
    let lunch = |day| found(day, "12:00", "13:15", "Lunch");
    let mut maths = found(Day::Monday, "09:30", "10:00", "Maths");
    maths.room = Some("Room 4; upstairs".to_owned());
    maths.notes = Some(
        "Consolidation, then:\ntimes tables \\ “arithmétique” – 数学の時間, 数学の時間, 数学の時間"
            .to_owned(),
    );
    let blocks = vec![
        maths,
        found(Day::Wednesday, "14:00", "15:00", "Music, Year 2; choir"),
        found(Day::Sunday, "00:30", "02:30", "Night watch"),
        lunch(Day::Monday),
        lunch(Day::Tuesday),
        lunch(Day::Wednesday),
        lunch(Day::Thursday),
        lunch(Day::Friday),
    ];
    document(vec![page(1, blocks)], &settings)
}

/// One week, in UTC.
fn week() -> Document {
    let mut settings = settings("UTC", None);
    settings.holidays = vec![holiday(date(2025, 9, 3), date(2025, 9, 3))];
    let blocks = vec![
        found(Day::Monday, "09:30", "10:00", "Maths"),
        found(Day::Wednesday, "09:30", "10:00", "Maths"),
        found(Day::Thursday, "09:30", "10:00", "Maths"),
        found(Day::Unspecified, "09:30", "10:00", "Somewhen"),
    ];
    document(vec![page(1, blocks)], &settings)
}

/// A year of two changes in a zone west of Greenwich, edited once.
fn new_york() -> Document {
    let settings = settings("America/New_York", Some((date(2025, 9, 2), date(2026, 6, 26))));
    let blocks = vec![
        found(Day::Tuesday, "08:15", "09:00", "Homeroom"),
        found(Day::Thursday, "08:15", "09:00", "Homeroom"),
    ];
    let document = document(vec![page(1, blocks)], &settings);
    let body = serde_json::json!({"timetables": document.timetables});
    let by = Editor {
        author: "u-1".to_owned(),
        at: Time::from_ms(1_760_000_000_000),
        number: 2,
    };
    edited(document, &body, &by).unwrap()
}

/// The files that `tests/calendars` opens with other people's readers. `DOCMILL_WRITE_GOLDEN=1` writes them anew.
#[test]
fn calendars_are_the_ones_that_other_readers_were_shown() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/timetable/golden");
    for (name, document) in [("london", london()), ("week", week()), ("new-york", new_york())] {
        let file = folder.join(name).with_extension("ics");
        let bytes = ics(&document).unwrap();
        if std::env::var_os("DOCMILL_WRITE_GOLDEN").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, &bytes).unwrap();
        }
        let golden = std::fs::read(&file).unwrap();
        assert!(golden == bytes, "{} is another one", file.display());
    }
}

#[test]
fn a_term_is_weekly_events_without_holidays() {
    let lines = lines(&london());
    assert_eq!(
        values(&lines, "RRULE:"),
        [
            "FREQ=WEEKLY;BYDAY=MO;UNTIL=20260717T225959Z",
            "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;UNTIL=20260717T225959Z",
            "FREQ=WEEKLY;BYDAY=WE;UNTIL=20260717T225959Z",
            "FREQ=WEEKLY;BYDAY=SU;UNTIL=20260717T225959Z",
        ]
    );
    let excluded = values(&lines, "EXDATE;TZID=Europe/London:");
    assert_eq!(
        excluded,
        [
            "20260216T093000",
            "20260406T093000",
            "20260216T120000",
            "20260217T120000",
            "20260218T120000",
            "20260219T120000",
            "20260220T120000",
            "20260406T120000",
            "20260218T140000",
        ]
    );
    assert_eq!(values(&lines, "LOCATION:"), ["Room 4\\; upstairs"]);
    // The time before the term's first day, and the change in it.
    assert_eq!(values(&lines, "TZOFFSETTO:"), ["+0000", "+0100"]);
    assert!(lines.contains(&"DTSTART:20260329T010000".to_owned()));
    // A clock that jumps over part of an event: the calendar has what the clock would show.
    assert!(lines.contains(&"DTSTART;TZID=Europe/London:20260111T003000".to_owned()));
}

#[test]
fn a_week_is_an_event_a_block() {
    let lines = lines(&week());
    assert_eq!(
        values(&lines, "DTSTART:"),
        ["20250901T093000Z", "20250904T093000Z"]
    );
    assert_eq!(values(&lines, "DTEND:"), ["20250901T100000Z", "20250904T100000Z"]);
    assert_eq!(values(&lines, "DTSTAMP:"), ["20250820T101530Z"; 2]);
    assert!(values(&lines, "RRULE").is_empty() && values(&lines, "BEGIN:VTIMEZONE").is_empty());
}

#[test]
fn an_edition_replaces_the_one_before() {
    let document = new_york();
    let lines = lines(&document);
    assert_eq!(values(&lines, "SEQUENCE:"), ["2"]);
    assert_eq!(values(&lines, "DTSTAMP:"), ["20251009T085320Z"]);
    assert_eq!(
        values(&lines, "RRULE:"),
        ["FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20260627T035959Z"]
    );
    assert_eq!(values(&lines, "TZOFFSETFROM:"), ["-0500", "-0400", "-0500"]);
    let uid = values(&lines, "UID:")[0];
    assert_eq!(uid, super::uid(&document.job_id, "b1"));
    assert_eq!(uid.len(), 32 + "@timetable".len());
}

#[test]
fn uids_are_the_first_half_of_a_hash() {
    // printf '%s' 'job|b1' | sha256sum
    assert_eq!(
        super::uid("job", "b1"),
        "d6ca8851f6bc214e831eca43710d9ade@timetable"
    );
}

#[test]
fn every_event_has_a_uid_of_its_own() {
    let mut other = found(Day::Tuesday, "12:00", "13:15", "Lunch");
    other.room = Some("Garden".to_owned());
    let on = |day| found(day, "12:00", "13:15", "Lunch");
    let blocks = vec![on(Day::Monday), other, on(Day::Wednesday), on(Day::Wednesday)];
    let term = settings("UTC", Some((date(2025, 9, 1), date(2025, 12, 19))));
    let lines = lines(&document(vec![page(1, blocks)], &term));
    assert_eq!(
        values(&lines, "RRULE:FREQ=WEEKLY;BYDAY="),
        [
            "MO,WE;UNTIL=20251219T235959Z",
            "TU;UNTIL=20251219T235959Z",
            "WE;UNTIL=20251219T235959Z"
        ]
    );
    let uids: BTreeSet<_> = values(&lines, "UID:").into_iter().collect();
    assert_eq!(uids.len(), 3);
}

#[test]
fn what_never_takes_place_is_left_out() {
    let blocks: Vec<FoundBlock> = Day::WEEK.map(|day| found(day, "09:00", "10:00", "X")).to_vec();
    let mut short = settings("UTC", Some((date(2025, 9, 2), date(2025, 9, 4))));
    short.holidays = vec![holiday(date(2025, 9, 3), date(2025, 9, 3))];
    let lines_of = |blocks: Vec<FoundBlock>| lines(&document(vec![page(1, blocks)], &short));
    let all = lines_of(blocks.clone());
    assert_eq!(values(&all, "DTSTART:"), ["20250902T090000Z"]);
    let friday = lines_of(vec![blocks[4].clone()]);
    assert!(values(&friday, "BEGIN:VEVENT").is_empty());
    let holiday = lines_of(vec![blocks[2].clone()]);
    assert!(values(&holiday, "BEGIN:VEVENT").is_empty());
}

#[test]
fn every_zone_can_be_written() {
    let mut zones = 0;
    for name in jiff::tz::TimeZoneDatabase::bundled().available() {
        let settings = settings(name.as_str(), Some((date(2025, 9, 1), date(2026, 7, 17))));
        let document = document(
            vec![page(1, vec![found(Day::Monday, "09:00", "10:00", "X")])],
            &settings,
        );
        let lines = lines(&document);
        let starts = values(&lines, "DTSTART");
        let is_utc = starts == [":20250901T090000Z"];
        let observances = values(&lines, "TZOFFSETTO:").len();
        assert_eq!(observances == 0, is_utc, "{name}");
        assert!(observances <= 6, "{name}: {observances}");
        zones += 1;
    }
    assert!(zones > 400, "{zones}");
}
