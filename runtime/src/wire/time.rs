//! Days and points in time, as RFC 3339 writes them.
//!
//! chrono is laxer and knows more years, so what is read is held to the exact shape, and what RFC 3339 has no words for
//! is not written.

use chrono::{Datelike, FixedOffset, NaiveDate, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serializer, de};

use super::{Violation, Wire};

/// A point in time as RFC 3339 writes it. Written in UTC, to the nanosecond: further digits are dropped.
#[derive(Debug)]
pub struct DateTime;

/// A day as RFC 3339 writes it.
#[derive(Debug)]
pub struct Date;

/// The years that four digits can say.
const YEARS: std::ops::RangeInclusive<i32> = 0..=9999;

/// The largest offset that RFC 3339 can write, in seconds.
const FARTHEST: i32 = 23 * 3_600 + 59 * 60;

/// The offset to write `value` with. UTC, but for the hours around the first and the last year, which exist only with
/// one: `0000-01-01T00:00:00+01:00`. `None` for what has no form at all.
fn offset(value: &chrono::DateTime<Utc>) -> Option<FixedOffset> {
    // Leap seconds are those before midnight UTC.
    if value.nanosecond() >= 1_000_000_000 && (value.hour(), value.minute(), value.second()) != (23, 59, 59) {
        return None;
    }
    let offset = match value.year() {
        -1 => FARTHEST,
        10_000 => -FARTHEST,
        year if YEARS.contains(&year) => 0,
        _ => return None,
    };
    FixedOffset::east_opt(offset).filter(|offset| YEARS.contains(&value.with_timezone(offset).year()))
}

fn read_instant(text: &str) -> Option<chrono::DateTime<Utc>> {
    // chrono also takes a space for the `T`, and the typographer's minus for the sign.
    let shaped = matches!(text.as_bytes().get(10), Some(b'T' | b't')) && text.is_ascii();
    let instant = chrono::DateTime::parse_from_rfc3339(text).ok().filter(|_| shaped)?.to_utc();
    offset(&instant).map(|_| instant)
}

impl Wire<chrono::DateTime<Utc>> for DateTime {
    fn check(value: &chrono::DateTime<Utc>) -> Result<(), Violation> {
        match offset(value) {
            Some(_) => Ok(()),
            None => Err(Violation::new("a point in time from year 0 to 9999", value)),
        }
    }

    fn serialize<S: Serializer>(value: &chrono::DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        let offset = offset(value).unwrap_or_else(|| chrono::Offset::fix(&Utc));
        let text = value.with_timezone(&offset).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
        serializer.serialize_str(&text)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<chrono::DateTime<Utc>, D::Error> {
        let text = String::deserialize(deserializer)?;
        read_instant(&text).ok_or_else(|| {
            de::Error::custom(Violation::new("a date and time such as 2026-03-01T12:00:00Z", format_args!("`{text}`")))
        })
    }
}

impl Wire<NaiveDate> for Date {
    fn check(value: &NaiveDate) -> Result<(), Violation> {
        if YEARS.contains(&value.year()) { Ok(()) } else { Err(Violation::new("a day from year 0 to 9999", value)) }
    }

    fn serialize<S: Serializer>(value: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
        let text = String::deserialize(deserializer)?;
        // chrono also takes signs, spaces and missing zeros.
        let shaped =
            text.len() == 10 && text.bytes().enumerate().all(|(at, byte)| at == 4 || at == 7 || byte.is_ascii_digit());
        text.parse()
            .ok()
            .filter(|_| shaped)
            .ok_or_else(|| de::Error::custom(Violation::new("a day such as 2026-03-01", format_args!("`{text}`"))))
    }
}
