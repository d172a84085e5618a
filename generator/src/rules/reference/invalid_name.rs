//! ## What it does
//! Reports names of contexts, streams, events, services and teams with characters they cannot have. Contexts, services,
//! teams, flows and projections are kebab-case; events and streams may have dots and underscores.
//!
//! ## Why it matters
//! Names become file names, broker resources, routing keys and Rust identifiers.
//!
//! ## Example
//! ```yaml
//! events:
//!   Order Placed: {}
//! ```
//! Write instead:
//! ```yaml
//! events:
//!   order.placed: {}
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "invalid-name",
    summary: "a name that cannot be used",
    level: Level::Error,
    group: Group::Reference,
    source: include_str!("invalid_name.rs"),
};
