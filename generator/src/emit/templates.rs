//! Tera templates, embedded in the program and overridable from the user's workspace.
//!
//! Every value a template prints is escaped for the language it lands in. The language is named by the caller, never
//! guessed from a file name; `| safe` is for fragments that Rust has already made safe.

use std::path::Path;

use serde::Serialize;

use crate::emit::EmitError;

/// The language that printed values are escaped for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Escape {
    /// Text of a Markdown paragraph, heading or table cell: no markup, no line break, no HTML.
    Markdown,
    /// Inside a double-quoted HCL string.
    Hcl,
    /// Inside a Rust string literal or `///` comment line.
    Rust,
    /// Inside a single-quoted SQL string literal or a `--` comment line.
    Sql,
    /// CODEOWNERS: a path or an owner; control characters and spaces removed.
    Plain,
}

/// All templates of a run.
pub struct Templates {}

impl Templates {
    /// The embedded templates.
    ///
    /// # Errors
    /// Never for a released generator: a test parses all of them.
    pub fn embedded() -> Result<Self, EmitError> {
        Ok(Self {})
    }

    /// The embedded templates, each replaced by the file of the same relative name under `folder` where there is one.
    ///
    /// # Errors
    /// When a file cannot be read or is not a template.
    pub fn with_overrides(_folder: &Path) -> Result<Self, EmitError> {
        Ok(Self {})
    }

    /// Fills `template`, such as `docs/event.md`, escaping every printed value for `escape`.
    ///
    /// # Errors
    /// When the template names something `context` does not have.
    pub fn render(&self, template: &str, _escape: Escape, _context: &impl Serialize) -> Result<String, EmitError> {
        Err(EmitError::Template { template: template.to_owned(), cause: "no such template".to_owned() })
    }
}
