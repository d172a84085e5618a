//! ## What it does
//! Reports streams whose `partition_key` changed.
//!
//! ## Why it matters
//! Events that had to stay in order no longer do.
//!
//! ## Example
//! ```yaml
//! streams: { orders: { partition_key: data.customer_id } } # was data.order_id
//! ```
//! Write instead:
//! ```yaml
//! streams: { orders-by-customer: { partition_key: data.customer_id } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "partition-key-changed",
    summary: "a stream whose events are spread by another key",
    level: Level::Error,
    group: Group::Breaking,
    source: include_str!("partition_key_changed.rs"),
};
