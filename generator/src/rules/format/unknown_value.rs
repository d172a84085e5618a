//! # What it does
//! Reports a value outside the list of values that the format knows for that key.
//!
//! # Why it matters
//! Nothing can be generated from a word that means nothing.
//!
//! # Example
//! Wrong:
//! ```yaml
//! status: actve
//! ```
//! Right:
//! ```yaml
//! status: active
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "unknown-value",
    summary: "a value is not one of those allowed",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("unknown_value.rs"),
};
