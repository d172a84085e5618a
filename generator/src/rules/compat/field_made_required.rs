//! ## What it does
//! Reports fields that were optional and are required now.
//!
//! ## Why it matters
//! Consumers that were built for the new schema refuse the documents that lack the field.
//!
//! ## Example
//! ```yaml,breaks
//! old: { properties: { note: { type: string } } }
//! new: { properties: { note: { type: string } }, required: [note] }
//! ```
//! Leave the field optional, or add a version.

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "field-made-required",
    summary: "a field that readers now require and writers may have left out",
    level: Level::Error,
    group: Group::Compatibility,
    source: include_str!("field_made_required.rs"),
};
