//! What was expected and what was found.

use std::fmt;

/// Longest part of a value that is shown; values may hold personal data and be of any size.
const SHOWN: usize = 40;

/// A value that its schema does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    path: String,
    expected: String,
    found: String,
}

impl Violation {
    /// A violation of the value itself. Of `found` only the beginning is kept.
    #[must_use]
    pub fn new(expected: impl Into<String>, found: impl fmt::Display) -> Self {
        let found = found.to_string();
        let found = match found.char_indices().nth(SHOWN) {
            Some((cut, _)) => format!("{}…", &found[..cut]),
            None => found,
        };
        Self { path: String::new(), expected: expected.into(), found }
    }

    /// The same violation, seen from what holds the value: `part` is `[3]` or `.name`.
    #[must_use]
    pub fn within(mut self, part: impl fmt::Display) -> Self {
        self.path.insert_str(0, &part.to_string());
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found)?;
        if self.path.is_empty() { Ok(()) } else { write!(f, " at {}", self.path) }
    }
}

impl std::error::Error for Violation {}

/// A text that is not one of an enumeration's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAKeyword;

impl fmt::Display for NotAKeyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not one of the values of this enumeration")
    }
}

impl std::error::Error for NotAKeyword {}

impl From<&'static str> for NotAKeyword {
    fn from(_: &'static str) -> Self {
        Self
    }
}
