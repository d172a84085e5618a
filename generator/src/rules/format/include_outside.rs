//! # What it does
//! Reports an absolute path, a `..` or a symbolic link in `include` that leads out of the folder of the root file.
//!
//! # Why it matters
//! A catalogue must mean the same on every machine, and must not read files that nobody meant to show.
//!
//! # Example
//! Wrong:
//! ```yaml
//! include: [../other/*.yaml]
//! ```
//! Right:
//! ```yaml
//! include: [contexts/*.yaml]
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "include-outside",
    summary: "a pattern of `include` leads out of the catalogue",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("include_outside.rs"),
};
