//! What stands in the output folder now.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::WriteError;
use crate::digest::Digest;
use crate::stamp::{Stamp, Stamps};

/// The output folder, read as little as possible.
pub(super) struct Disk<'a> {
    out: &'a Path,
    known: &'a Stamps,
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    File(Stamp),
    Folder,
    /// A symbolic link, a socket, …: never what the generator left there.
    Special,
    /// Nothing, and nothing can: this path above it is a file.
    Below(String),
}

impl<'a> Disk<'a> {
    pub(super) fn new(out: &'a Path, known: &'a Stamps) -> Self {
        Self { out, known }
    }

    pub(super) fn find(&self, path: &str) -> Result<Found, WriteError> {
        let place = self.out.join(path);
        let metadata = match fs::symlink_metadata(&place) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) if error.kind() == ErrorKind::NotADirectory => return Ok(self.below(path)),
            Err(cause) => return Err(WriteError::io("look at", place)(cause)),
        };
        if metadata.is_dir() {
            return Ok(Found::Folder);
        }
        if !metadata.is_file() {
            return Ok(Found::Special);
        }
        if let Some(stamp) = self.known.0.get(path).filter(|stamp| stamp.holds(&metadata)) {
            return Ok(Found::File(*stamp));
        }
        let contents = fs::read(&place).map_err(WriteError::io("read", place))?;
        Ok(Found::File(Stamp::new(&metadata, Digest::of(contents))))
    }

    fn below(&self, path: &str) -> Found {
        let above = path.match_indices('/').map(|(end, _)| &path[..end]).find(|part| self.out.join(part).is_file());
        above.map_or(Found::Nothing, |part| Found::Below(part.to_owned()))
    }
}
