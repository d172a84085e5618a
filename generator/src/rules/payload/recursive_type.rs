//! ## What it does
//! Reports a shared type that is nothing but a reference leading back to it.
//!
//! ## Why it matters
//! No document could ever satisfy it.
//!
//! ## Example
//! ```yaml
//! types:
//!   Amount: { $ref: Price }
//!   Price: { $ref: Amount }
//! ```
//! Write instead:
//! ```yaml
//! types:
//!   Amount: { type: integer }
//!   Price: { $ref: Amount }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "recursive-type",
    summary: "a type that stands for itself",
    level: Level::Error,
    group: Group::Payload,
    source: include_str!("recursive_type.rs"),
};
