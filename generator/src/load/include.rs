//! Which files a catalogue includes.

use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;

use crate::diagnostic::Diagnostic;
use crate::rules::format as rule;
use crate::yaml::Node;

/// Most files and folders that are looked at.
const MAX_ENTRIES: usize = 100_000;

/// The files that `root`'s patterns name, below `folder`, each once, in order of path.
pub(super) fn files(folder: &Path, root_file: &Path, root: &Node, out: &mut Vec<Diagnostic>) -> Vec<PathBuf> {
    let Some(include) = root.get("include") else { return Vec::new() };
    let mut all: Option<Vec<PathBuf>> = None;
    let mut found: Vec<PathBuf> = Vec::new();
    for pattern in include.items() {
        let Some(text) = pattern.as_str() else { continue };
        let path = Path::new(text);
        if path.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir)) {
            out.push(
                Diagnostic::new(
                    &rule::include_outside::META,
                    pattern.span,
                    format!("`{text}` leads out of the catalogue's folder"),
                )
                .help("keep all files of a catalogue below its root file, and name them relative to it"),
            );
            continue;
        }
        let text = text.strip_prefix("./").unwrap_or(text);
        let matcher = match GlobBuilder::new(text).literal_separator(true).build() {
            Ok(glob) => glob.compile_matcher(),
            Err(cause) => {
                out.push(
                    Diagnostic::new(
                        &rule::bad_value::META,
                        pattern.span,
                        format!("`{text}` is not a pattern: {}", cause.kind()),
                    )
                    .help("write a path or a pattern such as `contexts/*.yaml`"),
                );
                continue;
            }
        };
        let all = all.get_or_insert_with(|| below(folder));
        let matches: Vec<&PathBuf> =
            all.iter().filter(|file| matcher.is_match(file) && folder.join(file) != root_file).collect();
        if matches.is_empty() {
            out.push(
                Diagnostic::new(
                    &rule::include_matches_nothing::META,
                    pattern.span,
                    format!("no file matches `{text}`"),
                )
                .help("correct the pattern, or remove it"),
            );
        }
        for file in matches {
            if leads_out(folder, file) {
                let message = format!("`{}` is a link that leads out of the catalogue's folder", file.display());
                out.push(
                    Diagnostic::new(&rule::include_outside::META, pattern.span, message)
                        .help("copy the file into the folder"),
                );
            } else {
                found.push(folder.join(file));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Every file below `folder`, relative to it, in order. Links to folders are not followed.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![PathBuf::new()];
    let mut seen = 0;
    while let Some(relative) = open.pop() {
        let Ok(entries) = std::fs::read_dir(if folder.as_os_str().is_empty() && relative.as_os_str().is_empty() {
            PathBuf::from(".")
        } else {
            folder.join(&relative)
        }) else {
            continue;
        };
        for entry in entries.flatten() {
            seen += 1;
            if seen > MAX_ENTRIES {
                return files;
            }
            let path = relative.join(entry.file_name());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(path),
                Ok(_) => files.push(path),
                Err(_) => {}
            }
        }
    }
    files.sort();
    files
}

fn leads_out(folder: &Path, file: &Path) -> bool {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match (folder.canonicalize(), folder.join(file).canonicalize()) {
        (Ok(folder), Ok(file)) => !file.starts_with(folder),
        _ => false,
    }
}
