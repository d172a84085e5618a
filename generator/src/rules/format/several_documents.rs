//! ## What it does
//! Reports a second document after `---`.
//!
//! ## Why it matters
//! Only the first one would be read.
//!
//! ## Example
//! ```yaml
//! format: tidings/1
//! ---
//! teams: {}
//! ```
//! Write instead:
//! ```yaml
//! format: tidings/1
//! teams: {}
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "several-documents",
    summary: "several YAML documents in one file",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("several_documents.rs"),
};
