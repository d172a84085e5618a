//! What the judges beside ours have in common: their command line, and that they are asked in both directions.

#[path = "../../src/bench/compat/share.rs"]
mod share;

use std::error::Error;
use std::path::Path;

use serde_json::Value;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Whether a change is compatible backward and forward; `None` is no answer.
pub type Answers = share::Answers;

/// Judges what the process's arguments name: the file with pairs, the first line, and how far it is to the next.
///
/// # Errors
/// When the arguments or the file are not these, or nobody reads the answers.
pub fn run(judge: impl Fn(&Value, &Value) -> Answers) -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [pairs, from, step] = arguments.as_slice() else { return Err("name PAIRS, FROM and STEP".into()) };
    share::run(Path::new(pairs), from.parse()?, step.parse()?, judge)
}

/// Asks in both directions whether a reader's schema takes what a writer's allows, each after the other. A panic is no
/// answer.
pub fn both<S>(old: &S, new: &S, is_compatible: impl Fn(&S, &S) -> Option<bool>) -> Answers {
    [(old, new), (new, old)].map(|(writer, reader)| share::unless_it_panics(|| is_compatible(writer, reader)))
}
