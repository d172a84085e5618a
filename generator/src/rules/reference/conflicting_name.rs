//! ## What it does
//! Reports two streams, events or generated Rust names that cannot be told apart.
//!
//! ## Why it matters
//! Only one of them could exist in the generated code or on the broker.
//!
//! ## Example
//! ```yaml
//! events:
//!   order.placed: {}
//!   order_placed: {}
//! ```
//! Write instead:
//! ```yaml
//! events:
//!   order.placed: {}
//!   order.replaced: {}
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "conflicting-name",
    summary: "two declarations under one name",
    level: Level::Error,
    group: Group::Reference,
    source: include_str!("conflicting_name.rs"),
};
