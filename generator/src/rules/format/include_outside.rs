//! ## What it does
//! Reports include patterns that are absolute, contain `..`, or reach a link leading out of the folder of the root file.
//!
//! ## Why it matters
//! A catalogue must mean the same in every checkout.
//!
//! ## Example
//! ```yaml
//! include: [../shared/*.yaml]
//! ```
//! Write instead:
//! ```yaml
//! include: [contexts/*.yaml]
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "include-outside",
    summary: "an include that leads out of the catalogue's folder",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("include_outside.rs"),
};
