//! The command line of a judge.

use std::error::Error;
use std::path::Path;

use serde_json::Value;

use crate::share::{self, Answers};

/// Judges what the process's arguments name: the file with pairs, the first line, and how far it is to the next.
pub(crate) fn run(judge: impl Fn(&Value, &Value) -> Answers) -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [pairs, from, step] = arguments.as_slice() else { return Err("name PAIRS, FROM and STEP".into()) };
    share::run(Path::new(pairs), from.parse()?, step.parse()?, judge)
}
