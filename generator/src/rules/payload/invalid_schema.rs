//! ## What it does
//! Reports keywords whose value makes no sense: a `minimum` that is no number, a `minLength` above `maxLength`, a type that
//! does not exist.
//!
//! ## Why it matters
//! A schema like this describes nothing, or something nobody meant.
//!
//! ## Example
//! ```yaml
//! quantity: { type: integer, minimum: 10, maximum: 1 }
//! ```
//! Write instead:
//! ```yaml
//! quantity: { type: integer, minimum: 1, maximum: 10 }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "invalid-schema",
    summary: "a keyword of a payload schema with a value it cannot have",
    level: Level::Error,
    group: Group::Payload,
    source: include_str!("invalid_schema.rs"),
};
