//! Days and points in time.

use chrono::{DateTime, NaiveDate, Utc};
use proptest::prelude::*;
use serde_json::{Value, json};
use tidings::wire;

use crate::{Pair, near};

fn day() -> impl Strategy<Value = String> + Clone {
    let year = prop_oneof![0..10_000, Just(0), Just(9999), Just(1900), Just(2000), Just(2024)];
    (year, 1..=12, prop_oneof![1..=28, 28..=31]).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}"))
}

fn instant() -> impl Strategy<Value = String> + Clone {
    let clock = prop_oneof![
        4 => (0..24, 0..60, 0..60).prop_map(|(h, m, s)| format!("{h:02}:{m:02}:{s:02}")),
        1 => (0..24, 0..60).prop_map(|(h, m)| format!("{h:02}:{m:02}:60")),
        1 => Just("23:59:60".to_owned()),
    ];
    let fraction = prop_oneof![Just(String::new()), "\\.[0-9]{1,12}", Just(".0".to_owned())];
    let offset = prop_oneof![
        Just("Z".to_owned()),
        Just("z".to_owned()),
        "[+-]([01][0-9]|2[0-4]):[0-6][0-9]",
        Just("-00:00".to_owned()),
    ];
    let edge = prop_oneof![4 => day(), 1 => Just("0000-01-01".to_owned()), 1 => Just("9999-12-31".to_owned())];
    (edge, prop_oneof![9 => Just('T'), 1 => Just('t')], clock, fraction, offset)
        .prop_map(|(day, t, clock, fraction, offset)| format!("{day}{t}{clock}{fraction}{offset}"))
}

/// Whether both are the same point in time, to the nanosecond.
fn same_instant(a: &Value, b: &Value) -> bool {
    let instant = |value: &Value| DateTime::parse_from_rfc3339(value.as_str()?).ok();
    instant(a).is_some() && instant(a) == instant(b)
}

/// jsonschema 0.60 takes one of `*+,-./` for a digit where two or four are expected: `2026-0,-01` for December. That is
/// a mistake of its own, not a reading of RFC 3339, and has no day to become.
fn has_a_mark_for_a_digit(value: &Value) -> bool {
    let marked = |bytes: &[u8], places: &[usize]| {
        places.iter().any(|place| bytes.get(*place).is_some_and(|byte| b"*+,-./".contains(byte)))
    };
    let Some(bytes) = value.as_str().map(str::as_bytes) else { return false };
    let zone = bytes.len().saturating_sub(5);
    let offset = bytes.len() > 20 && !bytes.ends_with(b"Z") && !bytes.ends_with(b"z");
    marked(bytes, &[0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18]) || offset && marked(&bytes[zone..], &[0, 1, 3, 4])
}

#[test]
fn marks_are_no_digits() {
    let validator = jsonschema::options().should_validate_formats(true).build(&json!({ "format": "date" }));
    let december = json!("2026-0,-01");
    assert!(validator.expect("a schema").is_valid(&december), "mended: `refusing` can go");
    assert!(wire::As::<wire::Date>::deserialize::<NaiveDate, _>(&december).is_err());
}

#[test]
fn points_in_time_agree() {
    let pair = Pair::<DateTime<Utc>, wire::DateTime>::new(&json!({ "type": "string", "format": "date-time" }));
    pair.same(same_instant)
        .refusing(has_a_mark_for_a_digit)
        .on([
            "2026-03-01T12:00:00Z",
            "2026-03-01t12:00:00z",
            "2026-03-01 12:00:00Z",
            "2026-03-01T12:00:00",
            "2026-03-01T12:00Z",
            "2026-03-01T24:00:00Z",
            "2026-02-29T12:00:00Z",
            "2024-02-29T12:00:00Z",
            // Leap seconds exist only before midnight UTC.
            "2026-03-01T12:00:60Z",
            "2016-12-31T23:59:60Z",
            "2016-12-31T23:59:60.999999999Z",
            "2016-12-31T15:59:60-08:00",
            "2016-12-31T23:59:60-08:00",
            "2017-01-01T05:29:60+05:30",
            "2016-12-31T23:59:61Z",
            // The years of RFC 3339, in which UTC may be in the year before or after.
            "0000-01-01T00:00:00Z",
            "0000-01-01T00:00:00+00:01",
            "0000-01-01T00:59:60+01:00",
            "0000-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59.999999999-00:01",
            "9999-12-31T23:59:59-23:59",
            "10000-01-01T00:00:00Z",
            "+2026-03-01T12:00:00Z",
            "-001-03-01T12:00:00Z",
            "2026-03-01T12:00:00+24:00",
            "2026-03-01T12:00:00+23:60",
            "2026-03-01T12:00:00+0100",
            "2026-03-01T12:00:00+01",
            "2026-03-01T12:00:00\u{2212}01:00",
            "2026-03-01T12:00:00-00:00",
            "2026-03-01T12:00:00.Z",
            "2026-03-01T12:00:00,5Z",
            "2026-03-01T12:00:00.1234567891234Z",
            "2026-03-01T12:00:00.٣Z",
            "2026-3-01T12:00:00Z",
            "2026-03-01T1:00:00Z",
            " 2026-03-01T12:00:00Z",
            "2026-03-01T12:00:00Z\n",
            "é026-03-01T12:00:00Z",
            "",
        ])
        .on_random(near(instant()));
}

#[test]
fn days_agree() {
    Pair::<NaiveDate, wire::Date>::new(&json!({ "type": "string", "format": "date" }))
        .refusing(has_a_mark_for_a_digit)
        .on([
            "2026-03-01",
            "0000-01-01",
            "0000-02-29",
            "1900-02-29",
            "2000-02-29",
            "9999-12-31",
            "2026-3-001",
            "2026-003-1",
            "20260-3-01",
            "202-03-001",
            "-999-03-01",
            "+999-03-01",
            "2026-03--1",
            "2026-03- 1",
            "20260301",
            "2026-00-01",
            "2026-13-01",
            "2026-01-00",
            "2026-04-31",
            "10000-01-1",
            "٢٠٢٦-٠٣",
        ])
        .on_random(near(day()));
}

#[test]
fn what_the_format_cannot_say_is_not_written() {
    let second = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
    for unwritable in [
        second("-0002-12-31T23:59:59Z"),
        second("+10001-01-01T00:00:00Z"),
        DateTime::<Utc>::MIN_UTC,
        DateTime::<Utc>::MAX_UTC,
        // A leap second at noon.
        chrono::Timelike::with_nanosecond(&second("2026-03-01T12:00:59Z"), 1_500_000_000).expect("chrono allows it"),
    ] {
        assert!(wire::As::<wire::DateTime>::serialize(&unwritable, serde_json::value::Serializer).is_err());
    }
    for unwritable in [NaiveDate::MIN, NaiveDate::MAX, NaiveDate::from_ymd_opt(-1, 12, 31).expect("a day")] {
        assert!(wire::As::<wire::Date>::serialize(&unwritable, serde_json::value::Serializer).is_err());
    }
}

/// Decided, not overlooked: chrono counts nanoseconds, so finer digits are dropped, and offsets become UTC.
#[test]
fn digits_past_nanoseconds_are_dropped_and_offsets_become_utc() {
    let read: DateTime<Utc> =
        wire::As::<wire::DateTime>::deserialize(&json!("2026-03-01T12:00:00.1234567899+02:00")).expect("valid");
    let written = wire::As::<wire::DateTime>::serialize(&read, serde_json::value::Serializer).expect("valid");
    assert_eq!(written, json!("2026-03-01T10:00:00.123456789Z"));
}
