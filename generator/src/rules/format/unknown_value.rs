//! ## What it does
//! Reports a word outside the list of words a field may hold.
//!
//! ## Why it matters
//! The setting would have no meaning.
//!
//! ## Example
//! ```yaml
//! status: activ
//! ```
//! Write instead:
//! ```yaml
//! status: active
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "unknown-value",
    summary: "a value that is not one of the possible ones",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("unknown_value.rs"),
};
