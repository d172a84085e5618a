//! # What it does
//! Reports a key that the format does not know at that place.
//!
//! # Why it matters
//! A mistyped setting would be ignored, and the default would apply.
//!
//! # Example
//! Wrong:
//! ```yaml
//! streams:
//!   orders: { partition: 6 }
//! ```
//! Right:
//! ```yaml
//! streams:
//!   orders: { partitions: 6 }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "unknown-field",
    summary: "a key is not part of the format",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("unknown_field.rs"),
};
