//! ## What it does
//! Reports streams that are no longer in the catalogue.
//!
//! ## Why it matters
//! Consumers that are deployed read a stream to which nobody writes; what is left in it is read by nobody new.
//!
//! ## Example
//! ```yaml
//! streams: { purchases: {} } # was orders
//! ```
//! Write instead:
//! ```yaml
//! streams: { orders: {}, purchases: {} } # with a new version on the new stream
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "stream-removed",
    summary: "a stream that carried published events and is gone or has another name",
    level: Level::Error,
    group: Group::Breaking,
    source: include_str!("stream_removed.rs"),
};
