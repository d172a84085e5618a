//! # What it does
//! Reports a team, type, context, service, projection or flow that is defined in two places of the merged catalogue.
//!
//! # Why it matters
//! One of the two would win silently, depending on the order of files.
//!
//! # Example
//! Wrong:
//! ```yaml
//! # services/orders.yaml
//! services:
//!   order-service: { team: checkout }
//! # services/old.yaml
//! services:
//!   order-service: { team: legacy }
//! ```
//! Right:
//! ```yaml
//! # services/orders.yaml
//! services:
//!   order-service: { team: checkout }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "duplicate-definition",
    summary: "two files define the same name",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("duplicate_definition.rs"),
};
