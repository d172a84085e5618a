//! Whether the output folder is as a run would leave it, without writing.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::disk::Disk;
use super::manifest::{MANIFEST, Manifest};
use super::plan::{Finding, Plan, State};
use super::{Order, WriteError, journal, paths};

/// Marks a folder of derived data (`cargo` puts it into `target`); its contents are nobody's work.
const CACHE_TAG: &str = "CACHEDIR.TAG";

/// Every difference between the output folder and what was generated, in order of path. Nothing is written.
///
/// # Errors
/// When a path or the folder is unfit, or cannot be read.
pub fn check(order: &Order<'_>) -> Result<Vec<Finding>, WriteError> {
    paths::verify(order.batches)?;
    let manifest = Manifest::read(order.out)?;
    let plan = Plan::new(order, &manifest, &Disk::new(order.out, order.stamps))?;
    let mut findings: BTreeSet<Finding> = plan.findings().collect();
    if plan.manifest.is_some() {
        let state = if manifest.text().is_empty() { State::Missing } else { State::Stale };
        findings.insert(Finding { path: MANIFEST.to_owned(), state });
    }
    if journal::is_interrupted(order.out) {
        findings.insert(Finding { path: journal::STAGING.to_owned(), state: State::Interrupted });
    }
    let wanted: BTreeSet<&str> = order.batches.iter().flat_map(|it| &it.files).map(|file| file.path.as_str()).collect();
    let untracked = files_below(order.out, "")?
        .into_iter()
        .filter(|path| !wanted.contains(path.as_str()) && !manifest.files.contains_key(path));
    findings.extend(untracked.map(|path| Finding { path, state: State::Untracked }));
    Ok(findings.into_iter().collect())
}

/// Every file below the folder `path` of `out`, but for the writer's own and for caches. Links are not followed.
pub(super) fn files_below(out: &Path, path: &str) -> Result<Vec<String>, WriteError> {
    let mut files = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let place = out.join(&folder);
        if place.join(CACHE_TAG).exists() {
            continue;
        }
        let entries = match fs::read_dir(&place) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(cause) => return Err(WriteError::io("list", place)(cause)),
        };
        for entry in entries {
            let entry = entry.map_err(WriteError::io("list", &place))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if path.starts_with(paths::RESERVED) {
                continue;
            }
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder { &mut folders } else { &mut files }.push(path);
        }
    }
    Ok(files)
}
