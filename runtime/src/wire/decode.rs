//! Reading with the place of the fault in the error.

use std::fmt::Display;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Longest cause, and longest place, that is told: both may quote what was read, which may be of any size.
const TOLD: usize = 200;

/// JSON that is not what a type needs.
#[derive(Debug, thiserror::Error)]
#[error("{} (at `{}`)", told(cause), told(path))]
pub struct InvalidJson {
    path: String,
    cause: serde_json::Error,
}

impl InvalidJson {
    /// Where: `lines[2].quantity`, or `.` for the whole.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

fn told(text: impl Display) -> String {
    let mut text = text.to_string();
    if let Some((cut, _)) = text.char_indices().nth(TOLD) {
        text.truncate(cut);
        text.push('…');
    }
    text
}

impl From<serde_path_to_error::Error<serde_json::Error>> for InvalidJson {
    fn from(error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        Self { path: error.path().to_string(), cause: error.into_inner() }
    }
}

/// Reads a value from JSON text.
///
/// # Errors
/// When the text is not JSON, has something behind the value, or violates the schema of `T`.
pub fn from_slice<T: DeserializeOwned>(json: &[u8]) -> Result<T, InvalidJson> {
    // Keeping track of the place takes as long as reading.
    serde_json::from_slice(json).or_else(|_| {
        let mut reader = serde_json::Deserializer::from_slice(json);
        let value = serde_path_to_error::deserialize(&mut reader)?;
        reader.end().map_err(|cause| InvalidJson { path: ".".to_owned(), cause })?;
        Ok(value)
    })
}

/// Reads a value from JSON text.
///
/// # Errors
/// As [`from_slice`].
pub fn from_str<T: DeserializeOwned>(json: &str) -> Result<T, InvalidJson> {
    from_slice(json.as_bytes())
}

/// Reads a value from parsed JSON.
///
/// # Errors
/// When it violates the schema of `T`.
pub fn from_value<T: DeserializeOwned>(json: Value) -> Result<T, InvalidJson> {
    T::deserialize(&json).or_else(|_| Ok(serde_path_to_error::deserialize(json)?))
}
