//! ## What it does
//! Reports fields that the old schema requires and the new one no longer declares.
//!
//! ## Why it matters
//! Consumers that are deployed today refuse every document of the new schema.
//!
//! ## Example
//! ```yaml,breaks
//! old: { properties: { total: { type: integer } }, required: [total] }
//! new: { properties: {} }
//! ```
//! Add a version without the field; publish both until the old one's sunset.

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "required-field-removed",
    summary: "a field that existing readers require and new documents no longer have",
    level: Level::Error,
    group: Group::Compatibility,
    source: include_str!("required_field_removed.rs"),
};
