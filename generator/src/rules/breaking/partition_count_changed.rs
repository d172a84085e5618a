//! ## What it does
//! Reports streams whose `partitions` changed.
//!
//! ## Why it matters
//! Events of one key go to another partition from then on: the order of events of one key is lost, and consumers hold
//! offsets of partitions that mean something else.
//!
//! ## Example
//! ```yaml
//! streams: { orders: { partitions: 12 } } # was 6
//! ```
//! Write instead:
//! ```yaml
//! streams: { orders-12: { partitions: 12 } } # a new stream, carried by a new version
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "partition-count-changed",
    summary: "a stream with another number of partitions",
    level: Level::Error,
    group: Group::Breaking,
    source: include_str!("partition_count_changed.rs"),
};
