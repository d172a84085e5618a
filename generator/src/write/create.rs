//! New files that belong to the user from the moment they are written, such as an imported catalogue. No manifest.

use std::fs;
use std::path::Path;

use super::{Batch, Finding, State, WriteError, paths};
use crate::emit::OutFile;

/// Writes `files` below `out`. Nothing is written when one of them is there already, unless `force` is set.
///
/// # Errors
/// [`WriteError::Refused`] with the files that are there; others where a path or the folder is unfit.
pub fn create(out: &Path, files: Vec<OutFile>, force: bool) -> Result<(), WriteError> {
    let batch = Batch { target: String::new(), files };
    paths::verify(std::slice::from_ref(&batch))?;
    let mut there = Vec::new();
    for OutFile { path, .. } in &batch.files {
        paths::guard(out, path)?;
        match out.join(path).symlink_metadata() {
            Ok(metadata) if metadata.is_file() => there.push(Finding { path: path.clone(), state: State::Untracked }),
            Ok(_) => {
                let obstacle = Finding { path: path.clone(), state: State::Obstructed };
                return Err(WriteError::Obstructed(vec![obstacle]));
            }
            Err(_) => {}
        }
    }
    if !force && !there.is_empty() {
        return Err(WriteError::Refused(there));
    }
    for OutFile { path, contents } in &batch.files {
        let place = out.join(path);
        let folder = place.parent().unwrap_or(out);
        fs::create_dir_all(folder).map_err(WriteError::io("create", folder))?;
        fs::write(&place, contents.as_bytes()).map_err(WriteError::io("write", &place))?;
    }
    Ok(())
}
