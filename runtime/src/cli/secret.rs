//! What is never shown.

use std::fmt;
use std::path::Path;

/// A password. It has no `Display`, and its `Debug` does not tell it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The first line of a file: tools that write such files like to end them with a line break.
    pub(crate) fn from_file(path: &Path) -> Result<Self, String> {
        let text =
            std::fs::read_to_string(path).map_err(|cause| format!("cannot read `{}`: {cause}", path.display()))?;
        match text.lines().next() {
            Some(line) if !line.is_empty() => Ok(Self::new(line)),
            _ => Err(format!("`{}` is empty or begins with an empty line", path.display())),
        }
    }

    /// For whoever logs in with it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
