//! The one event: an entity has a new version.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tidings::topology::{DeadLetter, Stream, Topology};
use tidings::versions::Upcast;
use tidings::{Classification, Event, KeyContext, PartitionKey, Tenancy};

pub(super) static STREAM: Stream = Stream {
    name: "chaos",
    partitions: 6,
    partition_key: &["data.key"],
    max_age: Some(Duration::from_hours(24)),
    max_bytes: None,
    dead_letter: Some(DeadLetter { stream: "chaos.dlq", max_age: None, max_bytes: None, halt_key: false }),
};

pub(super) static TOPOLOGY: Topology = Topology { streams: &[&STREAM], services: &[] };

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Changed {
    pub(super) key: String,
    /// From 1, without a gap.
    pub(super) version: i64,
}

impl Event for Changed {
    const TYPE: &'static str = "chaos.changed";
    const VERSION: u32 = 1;
    const STREAM: &'static Stream = &STREAM;
    const CONTEXT: &'static str = "chaos";
    const OWNER: Option<&'static str> = None;
    const CLASSIFICATION: Classification = Classification::Internal;
    const TENANCY: Tenancy = Tenancy::Single;

    fn partition_key(&self, _: &KeyContext<'_>) -> PartitionKey {
        PartitionKey::from_parts([&self.key as &dyn std::fmt::Display])
    }
}

impl Upcast for Changed {}
