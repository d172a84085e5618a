//! Durations and sizes as people write them: `7d`, `1h 30m`, `5GB`.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A span of time, written `30s`, `7d` or `1h 30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub std::time::Duration);

/// A number of bytes, written `512KB`, `5GB` (powers of ten) or `5GiB` (powers of two).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

/// What `humantime` reads, without units shorter than a millisecond, and with few enough digits to fit.
const DURATION: &str = concat!(
    r"^(\d{1,9} *(ms|s|sec|secs|second|seconds|m|min|mins|minute|minutes|h|hr|hrs|hour|hours|",
    r"d|day|days|w|week|weeks|month|months|y|year|years) *){1,8}$",
);
/// What `bytesize` reads, with the `B` written out.
const BYTE_SIZE: &str = r"^\d{1,12}(\.\d{1,6})? *([kKMGTP]i?)?B$";

impl Duration {
    /// Whole seconds, rounded down.
    #[must_use]
    pub fn as_secs(self) -> u64 {
        self.0.as_secs()
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Days and less: months and years have no length that people agree on.
        let (mut rest, mut written) = (self.0.as_millis(), false);
        for (unit, length) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
            let (count, smaller) = (rest / length, rest % length);
            if count > 0 || (unit == "ms" && !written) {
                write!(f, "{}{count}{unit}", if written { " " } else { "" })?;
                written = true;
            }
            rest = smaller;
        }
        Ok(())
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The largest that says it exactly.
        const UNITS: [(&str, u64); 8] = [
            ("PB", 1_000_000_000_000_000),
            ("TB", 1_000_000_000_000),
            ("GiB", 1 << 30),
            ("GB", 1_000_000_000),
            ("MiB", 1 << 20),
            ("MB", 1_000_000),
            ("KiB", 1 << 10),
            ("KB", 1_000),
        ];
        match UNITS.iter().find(|(_, unit)| self.0 > 0 && self.0.is_multiple_of(*unit)) {
            Some((name, unit)) => write!(f, "{}{name}", self.0 / unit),
            None => write!(f, "{}B", self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_duration(&text)
            .map(Self)
            .map_err(|cause| de::Error::custom(format!("`{text}` is not a duration such as `30s` or `7d`: {cause}")))
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse::<bytesize::ByteSize>()
            .map(|size| Self(size.0))
            .map_err(|cause| de::Error::custom(format!("`{text}` is not a size such as `512KB` or `5GB`: {cause}")))
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A span of time: `30s`, `15m`, `7d`, `1h 30m`.",
            "pattern": DURATION,
        })
    }
}

impl JsonSchema for ByteSize {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ByteSize".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A number of bytes: `512KB`, `5GB`, `1GiB`.",
            "pattern": BYTE_SIZE,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Duration {
        serde_json::from_value(text.into()).unwrap()
    }

    #[test]
    fn a_size_is_written_exactly_and_reads_the_same() {
        for (text, written) in
            [("20 GB", "20GB"), ("1.5GB", "1500MB"), ("64KiB", "64KiB"), ("64KB", "64KB"), ("7B", "7B")]
        {
            let read = |text: &str| serde_json::from_value::<ByteSize>(text.into()).unwrap();
            assert_eq!(read(text).to_string(), written);
            assert_eq!(read(written), read(text));
        }
    }

    #[test]
    fn a_duration_is_written_in_days_and_less_and_reads_the_same() {
        for (text, written) in
            [("60d", "60d"), ("90m", "1h 30m"), ("2 weeks", "14d"), ("1d 250ms", "1d 250ms"), ("0s", "0ms")]
        {
            assert_eq!(read(text).to_string(), written);
            assert_eq!(read(written), read(text));
        }
    }
}
