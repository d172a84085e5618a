//! A judge's share of the pairs, in a process of its own. Shared by path with the programs in `xtask/peers`.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Whether a change is compatible backward and forward: readers of the new schema with documents of the old, and the
/// other way round. `None` is no answer.
pub(crate) type Answers = [Option<bool>; 2];

/// The line that is printed for a pair.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) answers: Answers,
    pub(crate) seconds: f64,
}

/// Lets `judge` judge each `step`th line of the file `pairs`, from the line `from` on. Only judging is timed, not
/// reading.
pub(crate) fn run(
    pairs: &Path,
    from: usize,
    step: usize,
    judge: impl Fn(&Value, &Value) -> Answers,
) -> Result<(), Box<dyn Error>> {
    for line in BufReader::new(File::open(pairs)?).lines().skip(from).step_by(step) {
        let (old, new): (Value, Value) = serde_json::from_str(&line?)?;
        let started = Instant::now();
        let answers = judge(&old, &new);
        let line = Line { answers, seconds: started.elapsed().as_secs_f64() };
        writeln!(io::stdout(), "{}", serde_json::to_string(&line)?)?;
    }
    Ok(())
}

/// A panic is no answer.
pub(crate) fn unless_it_panics<T: Default>(answer: impl FnOnce() -> T) -> T {
    panic::catch_unwind(AssertUnwindSafe(answer)).unwrap_or_default()
}
