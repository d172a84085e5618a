//! ## What it does
//! Reports values of `format` other than `date`, `date-time`, `email`, `ipv4`, `ipv6`, `uri`, `uri-reference` and `uuid`.
//!
//! ## Why it matters
//! JSON Schema treats unknown formats as decoration: the promise would not be kept by anybody.
//!
//! ## Example
//! ```yaml
//! phone: { type: string, format: phone }
//! ```
//! Write instead:
//! ```yaml
//! phone: { type: string, pattern: '^\+[0-9]{6,15}$' }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "unenforced-format",
    summary: "a format that nobody checks",
    level: Level::Error,
    group: Group::Payload,
    source: include_str!("unenforced_format.rs"),
};
