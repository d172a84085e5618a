//! ## What it does
//! Reports teams, streams, services, events and payload fields that are named but not declared.
//!
//! ## Why it matters
//! Whatever is generated from it would be about something that does not exist.
//!
//! ## Example
//! ```yaml
//! services:
//!   order-service: { team: chekout }
//! ```
//! Write instead:
//! ```yaml
//! services:
//!   order-service: { team: checkout }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "unknown-reference",
    summary: "a name that leads nowhere",
    level: Level::Error,
    group: Group::Reference,
    source: include_str!("unknown_reference.rs"),
};
