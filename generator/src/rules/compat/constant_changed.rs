//! ## What it does
//! Reports changed values of `const`.
//!
//! ## Why it matters
//! No document of one schema is one of the other.
//!
//! ## Example
//! ```yaml,breaks
//! old: { properties: { kind: { const: card } }, required: [kind] }
//! new: { properties: { kind: { const: credit_card } }, required: [kind] }
//! ```
//! Keep the constant, or add a version.

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "constant-changed",
    summary: "a constant that is another one now",
    level: Level::Error,
    group: Group::Compatibility,
    source: include_str!("constant_changed.rs"),
};
