//! # What it does
//! Reports YAML tags such as `!!binary` or `!include`. `!!str`, `!!map` and `!!seq` are understood.
//!
//! # Why it matters
//! Tags mean something else to every program; a catalogue is plain data.
//!
//! # Example
//! Wrong:
//! ```yaml
//! summary: !include summary.txt
//! ```
//! Right:
//! ```yaml
//! summary: An order was accepted.
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "unsupported-tag",
    summary: "a YAML tag that a catalogue has no use for",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("unsupported_tag.rs"),
};
