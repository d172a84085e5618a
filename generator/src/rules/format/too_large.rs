//! ## What it does
//! Reports files above 16 MiB and catalogues above 256 MiB.
//!
//! ## Why it matters
//! Reading is bounded so that no file can exhaust a machine.
//!
//! ## Example
//! ```yaml
//! # one file of 20 MiB
//! ```
//! Write instead:
//! ```yaml
//! include: [contexts/*.yaml]
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "too-large",
    summary: "a file that is too large",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("too_large.rs"),
};
