//! # What it does
//! Reports `include` in a file that was itself included.
//!
//! # Why it matters
//! With one list, in the root file, everybody sees what the catalogue is made of, and no file can be read twice.
//!
//! # Example
//! Wrong:
//! ```yaml
//! # contexts/orders.yaml
//! context: orders
//! include: [orders/*.yaml]
//! ```
//! Right:
//! ```yaml
//! # catalogue.yaml
//! include: [contexts/*.yaml, contexts/orders/*.yaml]
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "include-nested",
    summary: "an included file includes files itself",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("include_nested.rs"),
};
