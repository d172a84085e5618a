//! ## What it does
//! Reports fields that one side may send and the other refuses: it is closed, or forbids the field.
//!
//! ## Why it matters
//! Consumers built by Tidings ignore fields they do not know. Others refuse the whole document.
//!
//! ## Example
//! ```yaml,breaks
//! old: { type: object, properties: { a: { type: integer } } }
//! new: { type: object, properties: { a: { type: integer }, b: false } }
//! ```
//! Leave the object open, or declare the field on both sides.

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "field-refused",
    summary: "a field that the other side does not allow",
    level: Level::Error,
    group: Group::Compatibility,
    source: include_str!("field_refused.rs"),
};
