//! ## What it does
//! Reports streams whose dead letters were switched off, or whose `then` changed.
//!
//! ## Why it matters
//! Where `halt_key` became `skip`, later events of a key overtake the failed one; the other way round, a failed event now
//! stops its key.
//!
//! ## Example
//! ```yaml
//! dead_letter: { max_age: 90d, then: skip } # was halt_key
//! ```
//! Write instead:
//! ```yaml
//! dead_letter: { max_age: 90d, then: halt_key }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "dead-letter-changed",
    summary: "a stream that treats failed events in another way",
    level: Level::Error,
    group: Group::Breaking,
    source: include_str!("dead_letter_changed.rs"),
};
