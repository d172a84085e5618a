//! A recorded stream and the read model that it makes.

use std::fs;
use std::path::Path;

use super::run::Run;
use super::{Handling, block_on};
use crate::contract::Contract;
use crate::evidence::{Fault, Outcome, Subject};
use crate::{recording, settings};

impl Contract {
    /// The service makes of a recorded stream what it made of it before: what it knows at the end is held against a
    /// snapshot beside the recording. With `TIDINGS_UPDATE=1` it is written; without a snapshot it is written, and the test
    /// fails, once.
    ///
    /// # Panics
    /// When there is no runtime to be had for handlers.
    #[must_use]
    pub fn replays(mut self, handling: &Handling, recording: impl AsRef<Path>) -> Self {
        // Without one, that was said before.
        let Some(service) = self.service() else { return self };
        let run = Run { handling, service };
        let outcome = match block_on(replayed(run, recording.as_ref())) {
            Ok(events) => Outcome::Tried { documents: events },
            Err(fault) => Outcome::Failed { faults: vec![fault] },
        };
        self.add(Subject::Replay, "", 0, outcome);
        self
    }
}

/// Events that were replayed.
async fn replayed(run: Run<'_>, path: &Path) -> Result<u64, Fault> {
    let recorded = recording::read(path).map_err(Fault::new)?;
    let messages: Result<Vec<_>, String> = recorded.iter().map(recording::Recorded::message).collect();
    let messages = messages.map_err(|error| Fault::new(format!("`{}`: {error}", path.display())))?;
    let ran = run.over(messages.iter(), &[]).await.map_err(|failure| failure.into_fault(&[]).1)?;
    let (found, snapshot) = (ran.state.to_string(), path.with_extension("snapshot"));
    if messages.is_empty() {
        return Err(Fault::new(format!("`{}` has no events", path.display())));
    }
    let updates = std::env::var(settings::UPDATE).is_ok_and(|value| !value.is_empty() && value != "0");
    let expected = fs::read_to_string(&snapshot);
    match expected {
        Ok(expected) if !updates => match difference(&expected, &found) {
            None => Ok(messages.len() as u64),
            Some(difference) => Err(Fault::new(format!(
                "what `{}` makes differs from `{}`: {difference}; if it should, run again with `{}=1`",
                path.display(),
                snapshot.display(),
                settings::UPDATE
            ))),
        },
        Err(error) if !updates && error.kind() != std::io::ErrorKind::NotFound => {
            Err(Fault::new(format!("`{}` cannot be read: {error}", snapshot.display())))
        }
        expected => {
            let written = fs::write(&snapshot, found);
            written.map_err(|error| Fault::new(format!("`{}` cannot be written: {error}", snapshot.display())))?;
            if expected.is_err() && !updates {
                let message =
                    format!("there was no `{}`; it is written now: look at it, and commit it", snapshot.display());
                return Err(Fault::new(message));
            }
            Ok(messages.len() as u64)
        }
    }
}

/// The first line that differs.
fn difference(expected: &str, found: &str) -> Option<String> {
    let (mut expected, mut found) = (expected.lines(), found.lines());
    for number in 1.. {
        match (expected.next(), found.next()) {
            (None, None) => return None,
            (one, other) if one == other => {}
            (one, other) => {
                let line =
                    |line: Option<&str>| line.map_or_else(|| "no line".to_owned(), |line| format!("`{}`", line.trim()));
                return Some(format!("line {number} is {}, and was {}", line(other), line(one)));
            }
        }
    }
    None
}
