//! ## What it does
//! Reports published versions whose `stream` is another one.
//!
//! ## Why it matters
//! Consumers that are deployed read the old stream and see nothing new.
//!
//! ## Example
//! ```yaml
//! order.placed: { stream: purchases } # was orders
//! ```
//! Write instead:
//! ```yaml
//! versions: { 2: { stream: purchases } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "stream-changed",
    summary: "a version that is published on another stream",
    level: Level::Error,
    group: Group::Breaking,
    source: include_str!("stream_changed.rs"),
};
