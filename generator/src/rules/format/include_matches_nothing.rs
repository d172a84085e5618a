//! # What it does
//! Reports a pattern of `include` that matches no file below the folder of the root file.
//!
//! # Why it matters
//! A mistyped pattern leaves out a whole context, and nothing else would say so.
//!
//! # Example
//! Wrong:
//! ```yaml
//! include: [context/*.yaml]   # the folder is called contexts
//! ```
//! Right:
//! ```yaml
//! include: [contexts/*.yaml]
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "include-matches-nothing",
    summary: "a pattern of `include` matches no file",
    level: Level::Warning,
    group: Group::Format,
    source: include_str!("include_matches_nothing.rs"),
};
