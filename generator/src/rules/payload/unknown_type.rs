//! ## What it does
//! Reports `$ref` to a name that is under `types` neither of the context nor of the catalogue.
//!
//! ## Why it matters
//! The payload could not be generated.
//!
//! ## Example
//! ```yaml
//! total: { $ref: Mony }
//! ```
//! Write instead:
//! ```yaml
//! total: { $ref: Money }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "unknown-type",
    summary: "a reference to a type that does not exist",
    level: Level::Error,
    group: Group::Payload,
    source: include_str!("unknown_type.rs"),
};
