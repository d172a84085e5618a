//! ## What it does
//! Reports key paths other than `tenant_id`, `correlation_id` and `data.<field>` of a field that every event of the stream has.
//!
//! ## Why it matters
//! The key could not be computed, so nothing would keep the order.
//!
//! ## Example
//! ```yaml
//! partition_key: order
//! ```
//! Write instead:
//! ```yaml
//! partition_key: data.order_id
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "invalid-key-path",
    summary: "a partition key or correlation that no envelope or payload has",
    level: Level::Error,
    group: Group::Reference,
    source: include_str!("invalid_key_path.rs"),
};
