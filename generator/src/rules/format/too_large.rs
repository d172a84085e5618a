//! # What it does
//! Reports a file of more than 16 MiB, files of more than 256 MiB together, or more than 5 million keys and values.
//!
//! # Why it matters
//! A catalogue is written by people; something this large is a mistake or an attack on the build.
//!
//! # Example
//! Wrong:
//! ```yaml
//! include: ["**/*"]   # also matches a data dump
//! ```
//! Right:
//! ```yaml
//! include: [contexts/*.yaml]
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "too-large",
    summary: "a file or the whole catalogue is too large to read",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("too_large.rs"),
};
