//! ## What it does
//! Reports include patterns without any file.
//!
//! ## Why it matters
//! Most likely a folder was renamed, and a part of the catalogue is missing.
//!
//! ## Example
//! ```yaml
//! include: [context/*.yaml]
//! ```
//! Write instead:
//! ```yaml
//! include: [contexts/*.yaml]
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "include-matches-nothing",
    summary: "an include pattern that matches no file",
    level: Level::Warning,
    group: Group::Format,
    source: include_str!("include_matches_nothing.rs"),
};
