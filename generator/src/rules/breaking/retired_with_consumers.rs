//! ## What it does
//! Reports retired versions that a service names in `consumes`.
//!
//! ## Why it matters
//! The service waits for events that nobody publishes any more.
//!
//! ## Example
//! ```yaml
//! services: { mailer: { consumes: [order.placed@1] } } # 1 is retired
//! ```
//! Write instead:
//! ```yaml
//! services: { mailer: { consumes: [order.placed@2] } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "retired-with-consumers",
    summary: "a version that is retired while a service still consumes it",
    level: Level::Error,
    group: Group::Breaking,
    source: include_str!("retired_with_consumers.rs"),
};
