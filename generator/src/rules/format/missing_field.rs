//! # What it does
//! Reports a mapping that lacks a key the format requires.
//!
//! # Why it matters
//! Nothing sensible can be generated without it.
//!
//! # Example
//! Wrong:
//! ```yaml
//! flows:
//!   fulfilment:
//!     steps: []
//! ```
//! Right:
//! ```yaml
//! flows:
//!   fulfilment:
//!     style: choreography
//!     steps: []
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "missing-field",
    summary: "a required field is missing",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("missing_field.rs"),
};
