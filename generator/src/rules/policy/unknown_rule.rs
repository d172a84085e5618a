//! ## What it does
//! Reports rule ids under `lints.severity` and in `allow` that no lint has. Faults of the format, of references and of payload
//! schemas cannot be turned down.
//!
//! ## Why it matters
//! The setting has no effect, and whoever wrote it believes that it has.
//!
//! ## Example
//! ```yaml
//! lints: { severity: { orphan-events: off } }
//! ```
//! Write instead:
//! ```yaml
//! lints: { severity: { orphan-event: off } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "unknown-rule",
    summary: "a severity or an exception for a rule that does not exist",
    level: Level::Error,
    group: Group::Policy,
    source: include_str!("unknown_rule.rs"),
};
