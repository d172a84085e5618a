//! ## What it does
//! Reports values that the old schema lists and the new one does not.
//!
//! ## Why it matters
//! Consumers that were built for the new schema refuse old documents with that value.
//!
//! ## Example
//! ```yaml,breaks
//! old: { properties: { reason: { enum: [fraud, duplicate] } } }
//! new: { properties: { reason: { enum: [fraud] } } }
//! ```
//! Keep the value for as long as documents with it can be read.

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "enum-value-removed",
    summary: "a listed value that old documents may hold and readers no longer know",
    level: Level::Error,
    group: Group::Compatibility,
    source: include_str!("enum_value_removed.rs"),
};
