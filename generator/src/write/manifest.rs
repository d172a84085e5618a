//! The list of files the generator owns, kept beside them and committed with them.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::WriteError;
use crate::digest::Digest;

/// Name of the manifest in the output folder.
pub const MANIFEST: &str = ".tidings-manifest.json";

/// What the generator wrote, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Manifest {
    pub(super) files: BTreeMap<String, Entry>,
    /// The text it was read from; empty where there was none.
    #[serde(skip)]
    text: String,
}

/// A file as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Target that made it.
    pub(super) target: String,
    pub(super) blake3: Digest,
}

impl Manifest {
    pub(super) fn new(files: BTreeMap<String, Entry>) -> Self {
        Self { files, text: String::new() }
    }

    /// The manifest in `out`; an empty one where there is none.
    pub(super) fn read(out: &Path) -> Result<Self, WriteError> {
        let path = out.join(MANIFEST);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(cause) => return Err(WriteError::BrokenManifest { path, cause: cause.to_string() }),
        };
        let broken = |cause: String| WriteError::BrokenManifest { path: path.clone(), cause };
        let manifest: Self = serde_json::from_str(&text).map_err(|cause| broken(cause.to_string()))?;
        if let Some(outside) = manifest.files.keys().find(|path| !super::paths::is_inside(path)) {
            return Err(broken(format!("it lists `{outside}`, which is not a path inside the output folder")));
        }
        Ok(Self { text, ..manifest })
    }

    /// The text as it was read.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// One line for each file, so that a change of one file is a change of one line.
    pub(super) fn render(&self) -> String {
        let quote = |text: &str| serde_json::Value::from(text).to_string();
        let lines: Vec<String> = self
            .files
            .iter()
            .map(|(path, entry)| {
                let target = quote(&entry.target);
                format!("    {}: {{ \"target\": {target}, \"blake3\": \"{}\" }}", quote(path), entry.blake3)
            })
            .collect();
        let version = env!("CARGO_PKG_VERSION");
        format!("{{\n  \"generator\": \"tidings {version}\",\n  \"files\": {{\n{}\n  }}\n}}\n", lines.join(",\n"))
    }
}
