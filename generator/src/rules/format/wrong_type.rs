//! ## What it does
//! Reports a list where a text is expected, a text where a number is expected, and the like.
//!
//! ## Why it matters
//! The value would have to be guessed.
//!
//! ## Example
//! ```yaml
//! partitions: three
//! ```
//! Write instead:
//! ```yaml
//! partitions: 3
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "wrong-type",
    summary: "a value of the wrong type",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("wrong_type.rs"),
};
