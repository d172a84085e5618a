//! The model to files: one target per kind of output.
//!
//! A target is a pure function of the model and the templates: no clock, no environment, no disk.

#![expect(missing_docs, reason = "names of fields in errors and reports say what they hold")]

mod asyncapi;
mod codeowners;
mod definitions;
mod docs;
mod envelope;
mod escape;
#[cfg(test)]
mod hostile;
mod kubernetes;
mod markdown;
mod migrations;
mod ops;
mod rust;
mod schemas;
mod templates;
mod terraform;
pub(crate) mod words;
mod yaml;

use std::path::PathBuf;

use serde_json::Value;

pub use escape::Escape;
pub use escape::code as code_span;
pub use markdown::{anchor, fenced, markdown_block, markdown_line};
pub use templates::Templates;

use crate::event_cache::EventCache;
use crate::model::Model;
use crate::text::Text;

/// A file to write, with its path below the output folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutFile {
    /// `/` between parts; never absolute, never with `.` or `..`.
    pub path: String,
    pub contents: Text,
}

/// A kind of output.
pub trait Target: Sync {
    /// Name for `gen --only`, such as `schemas`.
    fn name(&self) -> &'static str;
    /// One line for `gen --help`.
    fn about(&self) -> &'static str;
    /// All files of this kind. A target that makes expensive texts asks `cache` for them.
    ///
    /// # Errors
    /// When a template is broken; a catalogue that passed its checks is never the reason.
    fn emit(&self, model: &Model, templates: &Templates, cache: &EventCache<'_>) -> Result<Vec<OutFile>, EmitError>;
}

/// Why a target could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmitError {
    #[error("template `{template}` failed: {cause}")]
    Template { template: String, cause: String },
    #[error("`{template}` is the name of no template; did you mean `{nearest}`?")]
    UnknownTemplate { template: String, nearest: &'static str },
    #[error("cannot read the template `{}`", path.display())]
    UnreadableTemplate {
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
    #[error("`{path}` is not a path inside the output folder")]
    UnsafePath { path: String },
    /// The serializer refused a document.
    #[error("`{path}` cannot be written as YAML")]
    Yaml {
        /// Of the file.
        path: String,
        /// What the serializer said.
        #[source]
        cause: serde_yaml::Error,
    },
    #[error("the types of `{unit}` could not be generated: {cause}")]
    Types { unit: String, cause: String },
}

impl OutFile {
    /// A file at `path`.
    ///
    /// # Errors
    /// When the path would leave the output folder.
    pub fn new(path: impl Into<String>, contents: impl Into<Text>) -> Result<Self, EmitError> {
        let path = path.into();
        if Self::is_inside(&path) {
            Ok(Self { path, contents: contents.into() })
        } else {
            Err(EmitError::UnsafePath { path })
        }
    }

    /// Whether `path` stays below the output folder, wherever that is.
    pub(crate) fn is_inside(path: &str) -> bool {
        let part_is_safe =
            |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':', '\0']);
        path.split('/').all(part_is_safe)
    }

    /// A JSON document, indented, with a line break at its end.
    ///
    /// # Errors
    /// When the path would leave the output folder.
    pub fn json(path: impl Into<String>, document: &Value) -> Result<Self, EmitError> {
        Self::new(path, json_text(document))
    }
}

/// A JSON document, indented, with a line break at its end.
fn json_text(document: &Value) -> String {
    format!("{document:#}\n")
}

/// Every target, in the order they are written.
pub const TARGETS: &[&dyn Target] = &[
    &rust::Rust,
    &schemas::Schemas,
    &definitions::Definitions,
    &terraform::Terraform,
    &kubernetes::Kubernetes,
    &migrations::Migrations,
    &asyncapi::AsyncApi,
    &codeowners::Codeowners,
    &ops::Ops,
    &docs::Docs,
];
