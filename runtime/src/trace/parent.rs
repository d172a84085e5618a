//! Positions in a distributed trace, as W3C writes them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::wire::Violation;

/// W3C trace context: `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`.
///
/// Versions later than 00 are read as far as they look the same, and passed on as they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceParent {
    version: u8,
    trace_id: u128,
    parent_id: u64,
    flags: u8,
}

/// The version that the specification forbids.
const FORBIDDEN: u8 = 0xff;

impl TraceParent {
    /// A position in a trace, in version 00. Of `flags`, bit 0 says that the trace is sampled.
    ///
    /// # Errors
    /// When an id is zero.
    pub fn new(trace_id: u128, parent_id: u64, flags: u8) -> Result<Self, Violation> {
        Self { version: 0, trace_id, parent_id, flags }.sound()
    }

    /// The whole trace.
    #[must_use]
    pub fn trace_id(self) -> u128 {
        self.trace_id
    }

    /// The span that the event was published in.
    #[must_use]
    pub fn parent_id(self) -> u64 {
        self.parent_id
    }

    /// Whether the publisher may have recorded the trace.
    #[must_use]
    pub fn is_sampled(self) -> bool {
        self.flags & 1 == 1
    }

    fn sound(self) -> Result<Self, Violation> {
        if self.version == FORBIDDEN || self.trace_id == 0 || self.parent_id == 0 {
            return Err(violation(self));
        }
        Ok(self)
    }

    fn parts(text: &str) -> Option<Self> {
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let mut parts = text.split('-');
        let mut next = |digits: usize| parts.next().filter(|part| part.len() == digits && part.bytes().all(hex));
        let found = Self {
            version: u8::from_str_radix(next(2)?, 16).ok()?,
            trace_id: u128::from_str_radix(next(32)?, 16).ok()?,
            parent_id: u64::from_str_radix(next(16)?, 16).ok()?,
            flags: u8::from_str_radix(next(2)?, 16).ok()?,
        };
        parts.next().is_none().then_some(found)
    }
}

fn violation(found: impl fmt::Display) -> Violation {
    Violation::new(
        "a W3C traceparent such as 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        format_args!("`{found}`"),
    )
}

impl FromStr for TraceParent {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        Self::parts(text).ok_or_else(|| violation(text))?.sound()
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}-{:032x}-{:016x}-{:02x}", self.version, self.trace_id, self.parent_id, self.flags)
    }
}

impl Serialize for TraceParent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TraceParent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
