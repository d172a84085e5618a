//! A directory to parsed files, within limits. Links are not followed, so nothing outside is read.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Effect, ImportError, Note};

/// Bytes of one file. The largest schema in public registries has a tenth of that.
const MAX_FILE_BYTES: u64 = 4 << 20;
/// Files of one import.
const MAX_FILES: usize = 20_000;
/// Levels of folders.
const MAX_FOLDERS: usize = 16;

/// One JSON Schema as read.
#[derive(Debug)]
pub(super) struct File {
    /// Index of the directory it came from.
    pub(super) release: usize,
    /// Unique among all files, `/` between parts: relative to that directory, with its `prefix` before it.
    pub(super) path: String,
    pub(super) json: Value,
}

/// Adds the schemas in `directory` to `files`, in order of path, each path behind `prefix`.
pub(super) fn read(
    directory: &Path,
    prefix: &str,
    release: usize,
    files: &mut Vec<File>,
    notes: &mut Vec<Note>,
) -> Result<(), ImportError> {
    let unreadable = |cause| ImportError::Unreadable { path: directory.to_owned(), cause };
    let entries = fs::read_dir(directory).map_err(unreadable)?;
    let mut reading = Reading { release, files, notes };
    reading.folder(entries, prefix, 0);
    Ok(())
}

struct Reading<'a> {
    release: usize,
    files: &'a mut Vec<File>,
    notes: &'a mut Vec<Note>,
}

impl Reading<'_> {
    fn folder(&mut self, entries: fs::ReadDir, prefix: &str, depth: usize) {
        let mut found: Vec<(String, fs::DirEntry)> = Vec::new();
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name();
            let shown = format!("{prefix}{}", name.to_string_lossy());
            match name.to_str() {
                Some(_) => found.push((shown, entry)),
                None => self.leave_out(&shown, "the name of this file is not UTF-8"),
            }
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        for (path, entry) in found {
            match entry.file_type() {
                Ok(kind) if kind.is_symlink() => self.leave_out(&path, "a link; links are not followed"),
                Ok(kind) if kind.is_dir() => self.below(&path, &entry.path(), depth),
                Ok(kind) if kind.is_file() => self.file(&path, &entry.path()),
                Ok(_) => self.leave_out(&path, "neither a file nor a folder"),
                Err(cause) => self.leave_out(&path, &format!("cannot be read: {cause}")),
            }
        }
    }

    fn below(&mut self, path: &str, folder: &Path, depth: usize) {
        if depth == MAX_FOLDERS {
            self.leave_out(path, &format!("more than {MAX_FOLDERS} levels of folders"));
            return;
        }
        match fs::read_dir(folder) {
            Ok(entries) => self.folder(entries, &format!("{path}/"), depth + 1),
            Err(cause) => self.leave_out(path, &format!("cannot be read: {cause}")),
        }
    }

    fn file(&mut self, path: &str, file: &Path) {
        if !Path::new(path).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            self.leave_out(path, "not JSON; only files that end in `.json` are read");
            return;
        }
        if self.files.len() == MAX_FILES {
            self.leave_out(path, &format!("more than {MAX_FILES} files; import them in parts"));
            return;
        }
        match fs::metadata(file).map(|data| data.len()) {
            Ok(bytes) if bytes > MAX_FILE_BYTES => {
                self.leave_out(path, &format!("{bytes} bytes; at most {MAX_FILE_BYTES} are read"));
                return;
            }
            Ok(_) => {}
            Err(cause) => {
                self.leave_out(path, &format!("cannot be read: {cause}"));
                return;
            }
        }
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            Err(cause) => {
                self.leave_out(path, &format!("cannot be read: {cause}"));
                return;
            }
        };
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        match serde_json::from_slice::<Value>(text) {
            Ok(json @ Value::Object(_)) => {
                self.files.push(File { release: self.release, path: path.to_owned(), json });
            }
            Ok(_) => self.leave_out(path, "JSON, but not a schema: a schema is an object"),
            Err(cause) => self.leave_out(path, &format!("not JSON: {cause}")),
        }
    }

    fn leave_out(&mut self, path: &str, reason: &str) {
        self.notes.push(Note::new(path, "", Effect::LeftOut, reason));
    }
}
