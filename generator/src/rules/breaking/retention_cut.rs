//! ## What it does
//! Reports streams, and dead-letter streams, whose retention became shorter or smaller.
//!
//! ## Why it matters
//! Events that a consumer counts on, for a replay or after an outage, are deleted when the change is applied.
//!
//! ## Example
//! ```yaml
//! retention: { max_age: 7d } # was 30d
//! ```
//! Write instead:
//! ```yaml
//! retention: { max_age: 30d }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "retention-cut",
    summary: "a stream that keeps events for a shorter time",
    level: Level::Error,
    group: Group::Breaking,
    source: include_str!("retention_cut.rs"),
};
