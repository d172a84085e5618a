//! ## What it does
//! Reports documents that fit an alternative of the old schema and none of the new.
//!
//! ## Why it matters
//! Consumers that were built for the new schema refuse them.
//!
//! ## Example
//! ```yaml,breaks
//! old: { oneOf: [{ properties: { kind: { const: card } }, required: [kind] },
//!   { properties: { kind: { const: cash } }, required: [kind] }] }
//! new: { oneOf: [{ properties: { kind: { const: card } }, required: [kind] }] }
//! ```
//! Keep the alternative for as long as documents with it can be read.

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "variant-removed",
    summary: "an alternative that old documents may use and readers no longer know",
    level: Level::Error,
    group: Group::Compatibility,
    source: include_str!("variant_removed.rs"),
};
