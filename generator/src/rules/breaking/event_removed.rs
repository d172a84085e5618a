//! ## What it does
//! Reports events, and versions of events, that were published and are no longer in the catalogue.
//!
//! ## Why it matters
//! Nobody can read old documents any more, and consumers that are deployed wait for ever.
//!
//! ## Example
//! ```yaml
//! versions: { 1: { status: active } } # removed
//! ```
//! Write instead:
//! ```yaml
//! versions: { 1: { status: retired } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "event-removed",
    summary: "an event that was published and is gone",
    level: Level::Error,
    group: Group::Breaking,
    source: include_str!("event_removed.rs"),
};
