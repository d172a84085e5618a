//! Retention as RabbitMQ understands it.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::model::Retention;

/// Retention removes whole segment files, never a part of one and never the one being written. A segment a tenth of
/// `max_bytes` keeps what is stored within 10 % of the limit.
const SEGMENTS_PER_LIMIT: u64 = 10;

/// Segment size where only age limits a stream. Its volume is unknown; small segments are closed, and so expire, soon
/// even where little is written.
const SEGMENT_BY_AGE: u64 = 50_000_000;

/// RabbitMQ's own default.
const LARGEST_SEGMENT: u64 = 500_000_000;

/// Below this a stream would consist of files more than of data.
const SMALLEST_SEGMENT: u64 = 1_000_000;

/// What a stream queue keeps; whichever limit is met first. Without limits everything is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// In RabbitMQ's units: `30D`, `12h`, `90s`.
    pub max_age: Option<String>,
    /// The same in seconds.
    pub max_age_seconds: Option<u64>,
    /// Of one queue.
    pub max_bytes: Option<u64>,
    /// Size of one segment file. `None`: the broker's default.
    pub segment_bytes: Option<u64>,
}

impl Limits {
    /// The limits that keep at least what `retention` promises.
    #[must_use]
    pub fn of(retention: Retention) -> Self {
        // The broker takes whole seconds above zero, and signed 64-bit sizes.
        let seconds = retention.max_age.map(|age| {
            let partial = u64::from(age.0.subsec_nanos() > 0);
            age.as_secs().saturating_add(partial).max(1)
        });
        let max_bytes = retention.max_bytes.map(|size| size.0.min(i64::MAX.unsigned_abs()));
        let by_size = max_bytes.map(|bytes| (bytes / SEGMENTS_PER_LIMIT).clamp(SMALLEST_SEGMENT, LARGEST_SEGMENT));
        let by_age = seconds.map(|_| SEGMENT_BY_AGE);
        Self {
            max_age: seconds.map(age),
            max_age_seconds: seconds,
            max_bytes,
            segment_bytes: by_size.into_iter().chain(by_age).min(),
        }
    }

    /// The arguments of a stream queue with these limits.
    #[must_use]
    pub fn arguments(&self) -> Map<String, Value> {
        let limits = [
            ("x-max-age", self.max_age.as_ref().map(|age| json!(age))),
            ("x-max-length-bytes", self.max_bytes.map(|bytes| json!(bytes))),
            ("x-queue-type", Some(json!("stream"))),
            ("x-stream-max-segment-size-bytes", self.segment_bytes.map(|bytes| json!(bytes))),
        ];
        limits.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    }
}

/// The largest unit that says it exactly. RabbitMQ also knows `M` and `Y`; a month of 30 days, one letter away from a
/// minute, helps nobody.
fn age(seconds: u64) -> String {
    let (unit, length) = [("D", 86_400), ("h", 3_600), ("m", 60)]
        .into_iter()
        .find(|(_, length)| seconds.is_multiple_of(*length))
        .unwrap_or(("s", 1));
    format!("{}{unit}", seconds / length)
}

#[cfg(test)]
mod tests {
    use std::time::Duration as Span;

    use super::*;
    use crate::format::{ByteSize, Duration};

    fn limits(age: Option<Span>, bytes: Option<u64>) -> Limits {
        Limits::of(Retention { max_age: age.map(Duration), max_bytes: bytes.map(ByteSize) })
    }

    #[test]
    fn an_age_is_written_in_the_largest_unit_that_is_exact() {
        let written = |seconds| limits(Some(Span::from_secs(seconds)), None).max_age.unwrap();
        assert_eq!(written(30 * 86_400), "30D");
        assert_eq!(written(12 * 3_600), "12h");
        assert_eq!(written(90 * 60), "90m");
        assert_eq!(written(86_401), "86401s");
    }

    #[test]
    fn an_age_the_broker_cannot_express_is_rounded_up() {
        assert_eq!(limits(Some(Span::from_millis(1_500)), None).max_age.unwrap(), "2s");
        assert_eq!(limits(Some(Span::ZERO), None).max_age.unwrap(), "1s");
    }

    #[test]
    fn a_stream_overshoots_its_size_by_a_tenth_at_most() {
        assert_eq!(limits(None, Some(2_000_000_000)).segment_bytes, Some(200_000_000));
        assert_eq!(limits(None, Some(90_000_000_000)).segment_bytes, Some(LARGEST_SEGMENT));
        assert_eq!(limits(None, Some(5)).segment_bytes, Some(SMALLEST_SEGMENT));
    }

    #[test]
    fn a_stream_limited_by_age_has_small_segments() {
        let both = limits(Some(Span::from_mins(1)), Some(5_000_000_000));
        assert_eq!(both.segment_bytes, Some(SEGMENT_BY_AGE));
    }

    #[test]
    fn without_retention_the_broker_decides() {
        assert_eq!(limits(None, None).arguments().len(), 1);
    }

    #[test]
    fn sizes_beyond_the_brokers_integers_are_cut_to_the_largest() {
        assert_eq!(limits(None, Some(u64::MAX)).max_bytes, Some(9_223_372_036_854_775_807));
    }
}
