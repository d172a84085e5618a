//! ## What it does
//! Reports fields that the new schema requires and the old one does not declare.
//!
//! ## Why it matters
//! Consumers that were built for the new schema refuse every document from before: those still in the stream, and those of
//! producers that were not deployed yet. A `default` does not help: a schema's default fills nothing in.
//!
//! ## Example
//! ```yaml,breaks
//! old: { properties: { order_id: { type: string } } }
//! new: { properties: { order_id: { type: string }, channel: { type: string } }, required: [channel] }
//! ```
//! Leave the field optional, or add a version.

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "required-field-added",
    summary: "a field that readers now require and old documents never had",
    level: Level::Error,
    group: Group::Compatibility,
    source: include_str!("required_field_added.rs"),
};
