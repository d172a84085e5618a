//! What streams and services there are, as generated code states it.

use std::time::Duration;

/// All streams and services of a catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topology {
    /// In order of name.
    pub streams: &'static [&'static Stream],
    /// In order of name.
    pub services: &'static [Service],
}

/// A partitioned stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// Name on the broker.
    pub name: &'static str,
    /// Number of partitions, at least 1.
    pub partitions: u32,
    /// What makes up the partition key, for people: `data.order_id`.
    pub partition_key: &'static [&'static str],
    /// Events older than this may be removed.
    pub max_age: Option<Duration>,
    /// Oldest events are removed when a partition grows past this.
    pub max_bytes: Option<u64>,
    /// Where events go that no attempt could handle.
    pub dead_letter: Option<DeadLetter>,
}

/// What becomes of events that no attempt could handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeadLetter {
    /// Name of the stream that takes them.
    pub stream: &'static str,
    /// How long a dead letter is kept.
    pub max_age: Option<Duration>,
    /// Oldest dead letters are removed when the stream grows past this.
    pub max_bytes: Option<u64>,
    /// Whether later events of the same key wait for a decision.
    pub halt_key: bool,
}

/// A service that publishes or consumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// Name, and user name on the broker.
    pub name: &'static str,
    /// Streams it writes.
    pub publishes: &'static [&'static str],
    /// Streams it reads.
    pub consumes: &'static [&'static str],
    /// Waits between attempts.
    pub retry: &'static [Duration],
}

impl Stream {
    /// Names of its partitions on the broker, in order: `orders-0`, `orders-1`, ….
    pub fn partition_names(&self) -> impl Iterator<Item = String> {
        let name = self.name;
        (0..self.partitions).map(move |index| format!("{name}-{index}"))
    }
}
