//! Documents that were counterexamples once, kept in files beside a crate's `Cargo.toml`: they are tried first, whatever the
//! seed. To be committed.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tidings_generator::model::EventVersion;

use crate::evidence::Fault;

/// The folder, from the crate whose test it is.
const FOLDER: &str = "contract-regressions";

/// Documents that are kept of one version, at most.
const MOST: usize = 1_000;

fn file(folder: &Path, id: &EventVersion) -> PathBuf {
    folder.join(format!("{}.v{}.jsonl", id.event, id.version))
}

/// The documents that are kept of a version.
///
/// # Errors
/// When a line is no JSON: in words, with the place.
pub(crate) fn of(id: &EventVersion) -> Result<Vec<Value>, String> {
    read(&file(Path::new(FOLDER), id))
}

fn read(path: &Path) -> Result<Vec<Value>, String> {
    let Ok(text) = fs::read_to_string(path) else { return Ok(Vec::new()) };
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let document = |(number, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| format!("`{}`, line {number}: {error}", path.display()))
    };
    lines.map(document).collect()
}

/// Keeps the documents of faults that were made, not proven.
///
/// # Errors
/// When the file cannot be written: in words.
pub(crate) fn keep(id: &EventVersion, faults: &[Fault]) -> Result<(), String> {
    append(&file(Path::new(FOLDER), id), faults)
}

fn append(path: &Path, faults: &[Fault]) -> Result<(), String> {
    let known = read(path)?;
    let made = faults.iter().filter(|fault| fault.seed.is_some()).filter_map(|fault| fault.document.as_ref());
    let new: Vec<String> =
        made.filter(|document| !known.contains(document)).map(|document| format!("{document}\n")).collect();
    if new.is_empty() || known.len() >= MOST {
        return Ok(());
    }
    let parent = path.parent().unwrap_or(Path::new(""));
    let appended = fs::create_dir_all(parent)
        .and_then(|()| OpenOptions::new().create(true).append(true).open(path))
        .and_then(|mut file| file.write_all(new.concat().as_bytes()));
    appended.map_err(|error| format!("a document cannot be kept in `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{append, read};
    use crate::documents::Seed;
    use crate::evidence::Fault;

    #[test]
    fn what_was_a_counterexample_is_kept_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("regressions/order.placed.v2.jsonl");
        assert_eq!(read(&path), Ok(Vec::new()));
        let made = Fault::new("refused").shown_by(json!({ "id": 1 })).made_by(Seed::new(1));
        let by_hand = Fault::new("refused").shown_by(json!({ "id": 2 }));
        for _ in 0..2 {
            append(&path, &[made.clone(), by_hand.clone()]).unwrap();
        }
        assert_eq!(read(&path), Ok(vec![json!({ "id": 1 })]));
        std::fs::write(&path, "{\n").unwrap();
        assert!(read(&path).unwrap_err().contains("line 1"));
    }
}
