//! ## What it does
//! Reports fields that were required and are optional now.
//!
//! ## Why it matters
//! Consumers that are deployed today refuse the documents that lack the field.
//!
//! ## Example
//! ```yaml,breaks
//! old: { properties: { total: { type: integer } }, required: [total] }
//! new: { properties: { total: { type: integer } } }
//! ```
//! Leave the field required, or add a version.

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "field-made-optional",
    summary: "a field that existing readers require and new documents may lack",
    level: Level::Error,
    group: Group::Compatibility,
    source: include_str!("field_made_optional.rs"),
};
