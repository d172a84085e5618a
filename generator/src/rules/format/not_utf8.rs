//! ## What it does
//! Reports files in another encoding.
//!
//! ## Why it matters
//! Places and names could not be told reliably.
//!
//! ## Example
//! ```yaml
//! # saved as Latin-1
//! ```
//! Write instead:
//! ```yaml
//! # saved as UTF-8
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "not-utf8",
    summary: "a file that is not UTF-8",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("not_utf8.rs"),
};
