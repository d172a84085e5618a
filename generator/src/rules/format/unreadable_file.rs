//! # What it does
//! Reports an included file that the operating system refuses to open or list.
//!
//! # Why it matters
//! A catalogue without one of its files says something else than it should.
//!
//! # Example
//! Wrong:
//! ```sh
//! $ ls -l contexts/orders.yaml
//! ---------- 1 root root 812 contexts/orders.yaml
//! ```
//! Right:
//! ```sh
//! $ chmod a+r contexts/orders.yaml
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "unreadable-file",
    summary: "an included file cannot be read",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("unreadable_file.rs"),
};
