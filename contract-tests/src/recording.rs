//! Events as they were on a stream, one JSON object on each line: what replay tests read. [`Recorded::of`] makes them of
//! messages.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidings::{Message, RawEnvelope};

/// An event of a recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// The stream it was on.
    pub stream: String,
    /// The partition, from 0.
    pub partition: u32,
    /// What kept it in order with others.
    pub key: String,
    /// The envelope, with the payload.
    pub envelope: Value,
}

impl Recorded {
    /// An event as it is delivered.
    ///
    /// # Errors
    /// When the envelope is not one: in words.
    pub fn message(&self) -> Result<Message, String> {
        let envelope =
            RawEnvelope::from_json(self.envelope.to_string().as_bytes()).map_err(|error| error.to_string())?;
        Message::of(self.stream.clone(), self.partition, self.key.clone(), envelope).map_err(|error| error.to_string())
    }

    /// The event of a message.
    ///
    /// # Errors
    /// When its body is no JSON: in words.
    pub fn of(message: &Message) -> Result<Self, String> {
        let envelope = serde_json::from_slice(&message.body()).map_err(|error| error.to_string())?;
        let Message { stream, partition, key, .. } = message;
        Ok(Self { stream: stream.clone(), partition: *partition, key: key.clone(), envelope })
    }
}

/// The events of a recording, in order.
///
/// # Errors
/// When the file cannot be read, or a line is no event: in words, with the place.
pub fn read(path: &Path) -> Result<Vec<Recorded>, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("`{}` cannot be read: {error}", path.display()))?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let event = |(number, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| format!("`{}`, line {number}: {error}", path.display()))
    };
    lines.map(event).collect()
}
