//! Whether a set of paths can exist side by side on every file system, inside one folder.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use super::{Batch, WriteError};
use crate::emit::OutFile;

/// Names in the output folder that begin like this are the writer's own.
pub(super) const RESERVED: &str = ".tidings-";

/// Refuses paths that lead outside, that clash, or that take the writer's own names.
pub(super) fn verify(batches: &[Batch]) -> Result<(), WriteError> {
    let mut seen: HashMap<String, Part<'_>> = HashMap::new();
    for file in batches.iter().flat_map(|batch| &batch.files) {
        let path = file.path.as_str();
        if !is_inside(path) || path.starts_with(RESERVED) {
            return Err(WriteError::UnsafePath { path: path.to_owned() });
        }
        for (end, is_file) in part_ends(path) {
            let part = Part { path: &path[..end], is_file };
            match seen.entry(part.path.to_lowercase()) {
                Entry::Vacant(vacant) => {
                    vacant.insert(part);
                }
                Entry::Occupied(other) => part.beside(*other.get())?,
            }
        }
    }
    Ok(())
}

/// Whether a path from a file that anybody could have written stays below the output folder.
pub(super) fn is_inside(path: &str) -> bool {
    OutFile::is_inside(path)
}

/// Refuses a folder between the output folder and `path` that is a symbolic link.
pub(super) fn guard(out: &Path, path: &str) -> Result<(), WriteError> {
    for (end, is_file) in part_ends(path) {
        let folder = out.join(&path[..end]);
        if !is_file && folder.is_symlink() {
            return Err(WriteError::Symlink { path: folder });
        }
    }
    Ok(())
}

/// A file, or a folder above one.
#[derive(Clone, Copy)]
struct Part<'a> {
    path: &'a str,
    is_file: bool,
}

impl Part<'_> {
    fn beside(self, other: Part<'_>) -> Result<(), WriteError> {
        let path = self.path.to_owned();
        if self.path != other.path {
            return Err(WriteError::CaseClash { first: other.path.to_owned(), second: path });
        }
        match (self.is_file, other.is_file) {
            (false, false) => Ok(()),
            (true, true) => Err(WriteError::Duplicate { path }),
            _ => Err(WriteError::FolderClash { path }),
        }
    }
}

/// Where each part of `path` ends, and whether it is the file itself.
fn part_ends(path: &str) -> impl Iterator<Item = (usize, bool)> + '_ {
    path.match_indices('/').map(|(at, _)| (at, false)).chain(std::iter::once((path.len(), true)))
}
