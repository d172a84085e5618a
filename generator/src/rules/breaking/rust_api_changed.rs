//! ## What it does
//! Reports changes of a published payload that are understood on the wire, and after which code that uses the generated
//! types does not compile.
//!
//! ## Why it matters
//! Nothing breaks in production. Whoever takes the new events crate has to change code with it: a struct literal lacks
//! the new field, a `match` the new value, an `i64` is an `f64`.
//!
//! ## Example
//! ```yaml
//! 1: { status: active, data: { type: object, properties: { note: { type: string }, gift: { type: boolean } } } } # `gift` is new
//! ```
//! Write instead, if that is too much to ask of them now:
//! ```yaml
//! 1: { status: active, data: { type: object, properties: { note: { type: string } } } }
//! 2: { status: draft, upcast: {}, data: { type: object, properties: { note: { type: string }, gift: { type: boolean } } } }
//! ```

use crate::diagnostic::{Group, Level, Meta};

/// The rule's identity card.
pub const META: Meta = Meta {
    id: "rust-api-changed",
    summary: "generated types change, so that existing code has to change too",
    level: Level::Warning,
    group: Group::Breaking,
    source: include_str!("rust_api_changed.rs"),
};
