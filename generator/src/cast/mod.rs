//! How a document of one version becomes one of another, and the proof that it does.
//!
//! A mapping is applied to documents by the runtime (`tidings::versions`) and to schemas here ([`image`]): the image of
//! a version's schema is what a mapping makes of its documents. If readers of the other version accept every document
//! of the image, which [`crate::compat`] decides, then no valid document becomes an invalid one.

mod image;
mod step;
#[cfg(test)]
mod tests;

use serde::Serialize;
use serde_json::Value;

pub use image::{Refusal, image};

use crate::compat::{ContentModel, Direction, Schema, Verdict, judge};
use crate::format::Convert;
use crate::payload::Payload;
use crate::source::Span;

/// How a document of one version becomes one of another.
#[derive(Debug, Clone, Serialize)]
pub enum Cast {
    /// Somebody writes it in Rust.
    ByHand,
    /// Field by field.
    Mapping(Mapping),
}

/// Fields of one version to fields of another. What is not named keeps its name and value.
#[derive(Debug, Clone, Serialize)]
pub struct Mapping {
    /// Fields of the other version, each once.
    pub rules: Vec<(FieldPath, Rule)>,
    /// Fields that are left behind.
    pub drop: Vec<FieldPath>,
    /// The whole mapping.
    #[serde(skip)]
    pub span: Span,
}

/// A field, by the names that lead to it from the root.
#[derive(Debug, Clone, Serialize)]
pub struct FieldPath {
    /// At least one.
    pub parts: Vec<String>,
    /// Where it is written.
    #[serde(skip)]
    pub span: Span,
}

/// Where the value of a field comes from.
#[derive(Debug, Clone, Serialize)]
pub enum Rule {
    /// Always the same.
    Constant(Value),
    /// From a field of the version that is read.
    Field {
        /// That field.
        from: FieldPath,
        /// What is done to its value; `null` stays `null`.
        step: Step,
        /// The value where the field is absent or `null`.
        default: Option<Value>,
    },
}

/// What is done to a value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Step {
    /// Nothing.
    Same,
    /// Texts by what stands for them, and what stands for all others; without it they stay.
    Values(Vec<(String, Value)>, Option<Value>),
    /// The text up to this, or all of it.
    Before(String),
    /// The text behind this, or no value.
    Behind(String),
    /// The integer, multiplied.
    Times(i64),
    /// The value in another shape.
    Convert(Convert),
}

impl Cast {
    /// `mapping` or `by hand`.
    #[must_use]
    pub fn in_words(&self) -> &'static str {
        match self {
            Self::ByHand => "by hand",
            Self::Mapping(_) => "mapping",
        }
    }
}

impl std::fmt::Display for FieldPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.parts.join("."))
    }
}

/// Whether every valid document of `old` becomes a valid document of `new`.
///
/// # Errors
/// When the mapping does not fit the fields.
pub fn prove(mapping: &Mapping, old: &Payload, new: &Payload) -> Result<Verdict, Refusal> {
    let image = image(&old.schema, &new.schema, mapping)?;
    let schema = |schema: &Value| Schema::new(schema, ContentModel::TolerantReader);
    Ok(match (schema(&image), schema(&new.schema)) {
        (Ok(image), Ok(new)) => judge(&image, &new, Direction::Backward),
        (Err(error), _) | (_, Err(error)) => Verdict::Undecided { reason: error.to_string() },
    })
}
