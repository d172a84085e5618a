//! ## What it does
//! Reports keys that `tidings/1` does not know at this place.
//!
//! ## Why it matters
//! A misspelt setting would be ignored, and the default used instead.
//!
//! ## Example
//! ```yaml
//! streams:
//!   orders: { partition: 6 }
//! ```
//! Write instead:
//! ```yaml
//! streams:
//!   orders: { partitions: 6 }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "unknown-field",
    summary: "a field that the format does not have",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("unknown_field.rs"),
};
