//! ## What it does
//! Reports an included file that the operating system refuses to give.
//!
//! ## Why it matters
//! A part of the catalogue is missing.
//!
//! ## Example
//! ```yaml
//! # a file without read permission
//! ```
//! Write instead:
//! ```yaml
//! # the same file, readable
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "unreadable-file",
    summary: "a file that cannot be read",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("unreadable_file.rs"),
};
