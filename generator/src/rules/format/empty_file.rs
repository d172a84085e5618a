//! # What it does
//! Reports a file that is empty or holds only comments.
//!
//! # Why it matters
//! Nobody includes a file to say nothing: more likely its content was lost.
//!
//! # Example
//! Wrong:
//! ```yaml
//! # contexts/orders.yaml
//! ```
//! Right:
//! ```yaml
//! # contexts/orders.yaml
//! context: orders
//! team: checkout
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "empty-file",
    summary: "a file of the catalogue has no content",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("empty_file.rs"),
};
