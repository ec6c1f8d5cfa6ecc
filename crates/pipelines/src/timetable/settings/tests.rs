use proptest::prelude::*;
use serde_json::json;

use super::*;

fn codes(raw: &Value) -> Vec<(String, String)> {
    let errors = Settings::parse(raw).unwrap_err();
    errors
        .into_iter()
        .map(|error| (error.field, error.code))
        .collect()
}

fn assert_refused(raw: &Value, field: &str, code: &str) {
    let expected = vec![(format!("settings.{field}"), code.to_owned())];
    assert_eq!(codes(raw), expected, "{raw}");
}

#[test]
fn nothing_given_means_the_defaults() {
    assert_eq!(Settings::parse(&Value::Null), Ok(Settings::default()));
    assert_eq!(Settings::parse(&json!({})), Ok(Settings::default()));
    let bounds = Settings::default().day_bounds;
    assert_eq!(
        (bounds.0.to_string(), bounds.1.to_string()),
        ("05:00".to_owned(), "23:00".to_owned())
    );
}

#[test]
fn what_is_given_is_read() {
    let settings = Settings::parse(&json!({
        "engine": "rules", "teacher_name": " Ms Green ", "class_name": "", "days": ["friday", "monday", "friday"],
        "day_bounds": ["06:00", "22:30"], "fill_gaps": "label",
        "period_times": [{"period": "P1", "start": "09:00", "end": "10:00"}, {"period": 2, "start": "10:00", "end": "11:00"}],
        "timezone": "europe/london", "week_start": "2025-09-01", "term_start": "2025-09-01",
        "term_end": "2025-12-19", "max_image_dimension": 512, "image_quality": 95,
        "holidays": ["2025-10-20", "2025-10-27/2025-10-31", {"from": "2025-11-03", "to": "2025-11-04"}],
    }))
    .unwrap();
    assert_eq!(settings.teacher_name.as_deref(), Some("Ms Green"));
    assert_eq!(settings.class_name, None);
    assert_eq!(settings.days, [Day::Monday, Day::Friday]);
    assert_eq!(settings.timezone, "Europe/London");
    assert_eq!(settings.period_times[1].period, "2");
    let days = holiday_dates(&settings.holidays);
    assert_eq!(days.len(), 1 + 5 + 2);
    assert_eq!(days.last().unwrap().to_string(), "2025-11-04");
    assert_eq!(
        Settings::parse(&serde_json::to_value(&settings).unwrap()),
        Ok(settings)
    );
}

#[test]
fn single_values_are_checked() {
    for (name, value) in [
        ("teacher_name", json!("é".repeat(101))),
        ("class_name", json!("a\nb")),
        ("days", json!([])),
        ("days", json!(["monday", "someday"])),
        ("days", json!(["unspecified"])),
        ("day_bounds", json!(["09:00", "09:00"])),
        ("day_bounds", json!(["9:00", "10:00"])),
        ("day_bounds", json!(["09:00"])),
        ("fill_gaps", json!("fill")),
        ("engine", json!("best")),
        ("timezone", json!("Europe/Atlantis")),
        ("timezone", json!("../etc/passwd")),
        ("timezone", json!("")),
        ("week_start", json!("2025-09-02")),
        ("term_start", json!("2025-02-29")),
        ("term_start", json!("20250201")),
        ("term_start", json!("2025-02-01T10:00")),
        ("term_start", json!("1999-12-31")),
        ("term_end", json!("")),
        ("max_image_dimension", json!(511)),
        ("max_image_dimension", json!(4097)),
        ("image_quality", json!(49)),
        ("image_quality", json!(85.5)),
    ] {
        assert_refused(&json!({name: value}), name, "OUT_OF_RANGE");
    }
    for name in [
        "engine",
        "teacher_name",
        "days",
        "day_bounds",
        "fill_gaps",
        "period_times",
        "timezone",
        "week_start",
        "term_end",
        "holidays",
        "image_quality",
    ] {
        assert_refused(&json!({name: true}), name, "WRONG_TYPE");
    }
    assert_refused(&json!({"colour": 1}), "colour", "UNKNOWN_SETTING");
    assert_eq!(
        codes(&json!([])),
        [("settings".to_owned(), "WRONG_TYPE".to_owned())]
    );
}

#[test]
fn every_wrong_setting_is_named() {
    let found = codes(&json!({"days": [], "colour": 1, "engine": 3}));
    assert_eq!(found.len(), 3);
}

#[test]
fn terms_end_after_they_start_and_some_day() {
    let term = |start: &str, end: &str| json!({"term_start": start, "term_end": end});
    assert!(Settings::parse(&term("2025-09-01", "2025-09-01")).is_ok());
    assert!(Settings::parse(&term("2025-09-01", "2028-08-31")).is_ok());
    assert_refused(&term("2025-09-01", "2025-08-31"), "term_end", "OUT_OF_RANGE");
    assert_refused(&term("2025-09-01", "2028-09-01"), "term_end", "OUT_OF_RANGE");
    assert!(Settings::parse(&json!({"term_start": "2025-09-01"})).is_ok());
}

#[test]
fn periods_are_checked() {
    let period = |period: &str, start: &str, end: &str| json!({"period": period, "start": start, "end": end});
    let given = |list: Vec<Value>| json!({"period_times": list});
    let good = period("1", "09:00", "10:00");
    assert_refused(
        &given(vec![good.clone(), period("2", "9:00", "10:00")]),
        "period_times[1].start",
        "OUT_OF_RANGE",
    );
    assert_refused(
        &given(vec![period("1", "10:00", "10:00")]),
        "period_times[0].end",
        "OUT_OF_RANGE",
    );
    assert_refused(
        &given(vec![period(" ", "09:00", "10:00")]),
        "period_times[0].period",
        "OUT_OF_RANGE",
    );
    assert_refused(
        &given(vec![
            period("p1", "09:00", "10:00"),
            period("P1", "10:00", "11:00"),
        ]),
        "period_times[1].period",
        "OUT_OF_RANGE",
    );
    assert_refused(
        &given(vec![json!({"period": "1"})]),
        "period_times[0]",
        "WRONG_TYPE",
    );
    assert_refused(&given(vec![good; 41]), "period_times", "OUT_OF_RANGE");
}

#[test]
fn holidays_are_checked() {
    let given = |list: Value| json!({"holidays": list});
    assert_refused(&given(json!(["2025-10-32"])), "holidays[0]", "OUT_OF_RANGE");
    assert_refused(
        &given(json!(["2025-10-20", "2025-10-20/2025-10-19"])),
        "holidays[1]",
        "OUT_OF_RANGE",
    );
    assert_refused(
        &given(json!([{"from": "2025-10-20"}])),
        "holidays[0]",
        "WRONG_TYPE",
    );
    assert_refused(&given(json!([5])), "holidays[0]", "WRONG_TYPE");
    assert_refused(
        &given(json!(["2000-01-01/2099-12-31"])),
        "holidays",
        "OUT_OF_RANGE",
    );
    assert_refused(&given(json!(vec!["2025-10-20"; 101])), "holidays", "OUT_OF_RANGE");
    assert!(Settings::parse(&given(json!(vec!["2025-10-20"; 100]))).is_ok());
}

#[test]
fn the_schema_offers_a_model_where_there_is_one() {
    let engines = |models| schema(models)["properties"]["engine"]["enum"].clone();
    assert_eq!(engines(true), json!(["auto", "rules", "llm"]));
    assert_eq!(engines(false), json!(["auto", "rules"]));
}

#[test]
fn the_schema_names_every_setting_with_its_default() {
    let schema = schema(true);
    let properties = schema["properties"].as_object().unwrap();
    let defaults = serde_json::to_value(Settings::default()).unwrap();
    assert_eq!(properties.len(), defaults.as_object().unwrap().len());
    for (name, property) in properties {
        assert_eq!(property["default"], defaults[name], "{name}");
        assert!(
            property["title"].is_string() && property["description"].is_string(),
            "{name}"
        );
    }
}

/// A setting, as it may be sent.
fn setting() -> impl Strategy<Value = (String, Value)> {
    let time = (0_u16..24, 0_u16..60).prop_map(|(hour, minute)| format!("{hour:02}:{minute:02}"));
    let date = (2000_i16..2100, 1_i8..=12, 1_i8..=28).prop_map(|(y, m, d)| format!("{y}-{m:02}-{d:02}"));
    let holiday = prop_oneof![
        date.clone().prop_map(Value::from),
        (date.clone(), date.clone()).prop_map(|(from, to)| json!({"from": from, "to": to})),
    ];
    let period = ("[a-zA-Z0-9]{1,3}", time.clone(), time.clone())
        .prop_map(|(period, start, end)| json!({"period": period, "start": start, "end": end}));
    let zones = proptest::sample::select(&["UTC", "Europe/London", "Asia/Kolkata", "America/New_York", "x"]);
    let days = proptest::sample::subsequence(Day::WEEK.map(Day::as_str).to_vec(), 0..=7);
    prop_oneof![
        proptest::sample::select(&["rules", "llm", "auto"])
            .prop_map(|word| ("engine".to_owned(), json!(word))),
        proptest::sample::select(&["none", "label", "extend"])
            .prop_map(|word| ("fill_gaps".to_owned(), json!(word))),
        "\\PC{0,110}".prop_map(|text| ("teacher_name".to_owned(), json!(text))),
        days.prop_map(|days| ("days".to_owned(), json!(days))),
        (time.clone(), time).prop_map(|(from, to)| ("day_bounds".to_owned(), json!([from, to]))),
        proptest::collection::vec(period, 0..5).prop_map(|list| ("period_times".to_owned(), json!(list))),
        zones.prop_map(|zone| ("timezone".to_owned(), json!(zone))),
        date.clone()
            .prop_map(|date| ("term_start".to_owned(), json!(date))),
        date.clone().prop_map(|date| ("term_end".to_owned(), json!(date))),
        date.prop_map(|date| ("week_start".to_owned(), json!(date))),
        proptest::collection::vec(holiday, 0..4).prop_map(|list| ("holidays".to_owned(), json!(list))),
        (40_u32..100).prop_map(|number| ("image_quality".to_owned(), json!(number))),
    ]
}

proptest! {
    #[test]
    fn what_was_read_reads_again_as_the_same(given in proptest::collection::vec(setting(), 0..6)) {
        let raw = Value::Object(given.into_iter().collect());
        match Settings::parse(&raw) {
            Ok(settings) => {
                let stored = serde_json::to_value(&settings).unwrap();
                prop_assert_eq!(Settings::parse(&stored), Ok(settings.clone()));
                prop_assert_eq!(serde_json::from_value::<Settings>(stored).unwrap(), settings);
            }
            Err(errors) => {
                prop_assert!(!errors.is_empty());
                for error in errors {
                    let name = error.field.strip_prefix("settings.").unwrap();
                    let name = name.split(['[', '.']).next().unwrap();
                    prop_assert!(raw.get(name).is_some(), "{}", name);
                }
            }
        }
    }
}
