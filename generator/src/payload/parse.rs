//! JSON Schema to [`Payload`], refusing what the profile does not hold.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::payload::{Payload, Scope, TypeDef};
use crate::yaml::Node;

/// The types that payloads may share, by scope and name.
#[derive(Debug, Clone, Default)]
pub struct SharedTypes {
    pub defs: BTreeMap<(Scope, String), TypeDef>,
}

/// Reads the schema of one payload. `root` is the Rust name of its struct, `context` the context whose shared types
/// it may name besides the catalogue's.
#[must_use]
pub fn parse(_schema: &Node, _root: &str, _context: &str, _shared: &SharedTypes) -> (Option<Payload>, Vec<Diagnostic>) {
    (None, Vec::new())
}
