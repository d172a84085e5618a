//! ## What it does
//! Reports keywords that JSON Schema ignores where they stand.
//!
//! ## Why it matters
//! Whoever wrote the keyword believes that it is enforced. It is not.
//!
//! ## Example
//! ```yaml
//! quantity: { type: integer, minLength: 1 }
//! ```
//! Write instead:
//! ```yaml
//! quantity: { type: integer, minimum: 1 }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "misplaced-keyword",
    summary: "a keyword that says nothing about its type",
    level: Level::Error,
    group: Group::Payload,
    source: include_str!("misplaced_keyword.rs"),
};
