//! ## What it does
//! Reports documents that fit an alternative of the new schema and none of the old.
//!
//! ## Why it matters
//! Consumers that are deployed today refuse them.
//!
//! ## Example
//! ```yaml,breaks
//! old: { oneOf: [{ properties: { kind: { const: card } }, required: [kind] }] }
//! new: { oneOf: [{ properties: { kind: { const: card } }, required: [kind] },
//!   { properties: { kind: { const: cash } }, required: [kind] }] }
//! ```
//! Add a version, or deploy consumers first and declare `compatibility: backward`.

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "variant-added",
    summary: "an alternative that existing readers do not know",
    level: Level::Error,
    group: Group::Compatibility,
    source: include_str!("variant_added.rs"),
};
