//! ## What it does
//! Reports values whose types changed, `null` included.
//!
//! ## Why it matters
//! A consumer that expects a number does not read a text. Widening breaks consumers that are deployed, narrowing breaks
//! those that read old documents.
//!
//! ## Example
//! ```yaml,breaks
//! old: { properties: { total: { type: integer } } }
//! new: { properties: { total: { type: string } } }
//! ```
//! Add a field of the new type beside the old one, or add a version.

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "type-changed",
    summary: "values of a type that the other side does not accept",
    level: Level::Error,
    group: Group::Compatibility,
    source: include_str!("type_changed.rs"),
};
