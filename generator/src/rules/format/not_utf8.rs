//! # What it does
//! Reports a file that is not encoded as UTF-8.
//!
//! # Why it matters
//! Other encodings cannot be told apart reliably, so names and texts would be garbled.
//!
//! # Example
//! Wrong:
//! ```sh
//! $ file catalogue.yaml
//! catalogue.yaml: ISO-8859 text
//! ```
//! Right:
//! ```sh
//! $ iconv -f ISO-8859-1 -t UTF-8 catalogue.yaml > utf8.yaml
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "not-utf8",
    summary: "a file is not UTF-8 text",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("not_utf8.rs"),
};
