//! # What it does
//! Reports a key that is written twice in one mapping.
//!
//! # Why it matters
//! YAML forbids it, and most readers keep the last value without a word.
//!
//! # Example
//! Wrong:
//! ```yaml
//! defaults:
//!   partitions: 3
//!   partitions: 6
//! ```
//! Right:
//! ```yaml
//! defaults:
//!   partitions: 6
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "duplicate-key",
    summary: "a mapping has the same key twice",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("duplicate_key.rs"),
};
