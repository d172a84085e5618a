//! # What it does
//! Reports a second document, behind `---`, in one file.
//!
//! # Why it matters
//! Only the first would be read. Several parts of a catalogue are several files.
//!
//! # Example
//! Wrong:
//! ```yaml
//! context: orders
//! ---
//! context: payments
//! ```
//! Right:
//! ```yaml
//! # contexts/orders.yaml
//! context: orders
//! # contexts/payments.yaml
//! context: payments
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// Identity card of the rule.
pub const META: Meta = Meta {
    id: "several-documents",
    summary: "a file holds more than one YAML document",
    level: Level::Error,
    group: Group::Format,
    source: include_str!("several_documents.rs"),
};
