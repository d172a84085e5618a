//! Where the ledger keeps an event.

use chrono::{DateTime, NaiveDate};
use uuid::Uuid;

/// The last day that every database takes and compares as it should.
const LAST: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap();

/// The day of an event's id (UUIDv7). Others have none, and are kept on one day.
///
/// Never that of the clock: equal ids meet on the same day.
pub(super) fn day(id: Uuid) -> NaiveDate {
    let time = id.get_timestamp().filter(|_| id.get_version_num() == 7).map(|timestamp| timestamp.to_unix().0);
    let seconds = time.and_then(|seconds| i64::try_from(seconds).ok()).unwrap_or_default();
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().date_naive().min(LAST)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::day;

    #[test]
    fn the_day_is_that_of_the_id() {
        let id = Uuid::parse_str("0190c8a4-5e00-7c3a-9f21-6b1d2e3f4a5b").unwrap();
        assert_eq!(day(id).to_string(), "2024-07-19");
        assert_eq!(day(Uuid::nil()).to_string(), "1970-01-01");
        assert_eq!(day(Uuid::parse_str("ffffffff-ffff-7fff-bfff-ffffffffffff").unwrap()), super::LAST);
    }
}
