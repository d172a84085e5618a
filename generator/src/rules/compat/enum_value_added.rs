//! ## What it does
//! Reports values that the new schema lists and the old one does not.
//!
//! ## Why it matters
//! Consumers that are deployed today refuse documents with the new value.
//!
//! ## Example
//! ```yaml,breaks
//! old: { properties: { reason: { enum: [fraud] } } }
//! new: { properties: { reason: { enum: [fraud, duplicate] } } }
//! ```
//! Add a version, or deploy consumers first and declare `compatibility: backward`.

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "enum-value-added",
    summary: "a listed value that existing readers do not know",
    level: Level::Error,
    group: Group::Compatibility,
    source: include_str!("enum_value_added.rs"),
};
