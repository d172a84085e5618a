//! Which files a catalogue includes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use crate::diagnostic::{Diagnostic, Meta};
use crate::rules::format::{bad_value, include_matches_nothing, include_outside, too_large};
use crate::source::Span;
use crate::yaml::Node;

/// An included file.
pub(super) struct Found {
    /// Relative to the root file's folder.
    pub(super) path: PathBuf,
    /// The pattern that brought it in.
    pub(super) pattern: Span,
    bytes: u64,
}

/// Files and folders that patterns may look at. One that needs more walks through something that is no catalogue.
const MOST_ENTRIES: usize = 200_000;

/// The files that `include` of the root file names: by pattern in the order written, then by path; each once. Adds the
/// folders that were searched to `folders`.
pub(super) fn find(
    root_file: &Path,
    root: &Node,
    folders: &mut BTreeSet<PathBuf>,
    findings: &mut Vec<Diagnostic>,
) -> Vec<Found> {
    let folder = match root_file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let (Ok(canonical_folder), Ok(canonical_root)) = (folder.canonicalize(), root_file.canonicalize()) else {
        return Vec::new();
    };
    let mut seen = BTreeSet::from([canonical_root]);
    let mut found = Vec::new();
    let mut entries_left = MOST_ENTRIES;
    for pattern in root.get("include").map(Node::items).unwrap_or_default() {
        let Some(text) = pattern.as_str() else { continue };
        let files = match compile(text) {
            Ok(files) => files,
            Err((meta, message, help)) => {
                findings.push(Diagnostic::new(meta, pattern.span, message).help(help));
                continue;
            }
        };
        let mut walk = Walk::new(folder, &canonical_folder, files, entries_left);
        walk.start(text);
        entries_left = walk.entries_left;
        if entries_left == 0 {
            let message = format!("pattern `{text}` looks at more than {MOST_ENTRIES} files");
            let help = "name the folders that hold the catalogue";
            findings.push(Diagnostic::new(&too_large::META, pattern.span, message).help(help));
        } else if walk.matches.is_empty() && walk.outside.is_empty() {
            let message = format!("pattern `{text}` matches no file");
            let help = "patterns are relative to the folder of the root file, such as `contexts/*.yaml`";
            findings.push(Diagnostic::new(&include_matches_nothing::META, pattern.span, message).help(help));
        }
        for path in &walk.outside {
            let message = format!("link `{}` leads out of the catalogue's folder", path.to_string_lossy());
            let help = "put the files themselves below the folder of the root file";
            findings.push(Diagnostic::new(&include_outside::META, pattern.span, message).help(help));
        }
        folders.append(&mut walk.entered);
        walk.matches.sort();
        for (path, canonical, bytes) in walk.matches {
            if seen.insert(canonical) {
                found.push(Found { path, pattern: pattern.span, bytes });
            }
        }
    }
    found
}

/// Runs of files that have at most `bytes` together, or are a single file.
pub(super) fn batches(files: &[Found], bytes: u64) -> impl Iterator<Item = &[Found]> {
    let mut rest = files;
    std::iter::from_fn(move || {
        let mut sum = 0u64;
        let fits = rest.iter().take_while(|file| {
            sum = sum.saturating_add(file.bytes);
            sum <= bytes
        });
        let (batch, behind) = rest.split_at(fits.count().max(1).min(rest.len()));
        rest = behind;
        (!batch.is_empty()).then_some(batch)
    })
}

/// Rule, message and help of a pattern that is not searched for.
type Refusal = (&'static Meta, String, &'static str);

fn compile(pattern: &str) -> Result<GlobMatcher, Refusal> {
    let is_absolute = pattern.starts_with(['/', '\\']) || pattern.chars().nth(1) == Some(':');
    if is_absolute || pattern.split(['/', '\\']).any(|part| part == "..") {
        let message = format!("pattern `{pattern}` leads out of the catalogue's folder");
        let help = "name files below the folder of the root file, such as `contexts/*.yaml`";
        return Err((&include_outside::META, message, help));
    }
    let built = GlobBuilder::new(below(pattern)).literal_separator(true).build();
    built.map(|glob| glob.compile_matcher()).map_err(|error| {
        let message = format!("pattern `{pattern}` cannot be understood: {}", error.kind());
        (&bad_value::META, message, "write a path with `*`, `**`, `?`, `[…]` or `{…}`")
    })
}

fn below(pattern: &str) -> &str {
    pattern.strip_prefix("./").unwrap_or(pattern)
}

/// The search for the files of one pattern.
struct Walk<'a> {
    folder: &'a Path,
    canonical_folder: &'a Path,
    matcher: GlobMatcher,
    /// Path below the folder, the same with links resolved, and size.
    matches: Vec<(PathBuf, PathBuf, u64)>,
    outside: BTreeSet<PathBuf>,
    /// Folders that were entered, so that no link leads round in circles.
    entered: BTreeSet<PathBuf>,
    entries_left: usize,
}

impl<'a> Walk<'a> {
    fn new(folder: &'a Path, canonical_folder: &'a Path, matcher: GlobMatcher, entries_left: usize) -> Self {
        let (outside, entered) = (BTreeSet::new(), BTreeSet::new());
        Self { folder, canonical_folder, matcher, matches: Vec::new(), outside, entered, entries_left }
    }

    /// Looks through the folders that `pattern` can match in.
    fn start(&mut self, pattern: &str) {
        let parts: Vec<&str> = below(pattern).split('/').collect();
        let literal = parts.iter().take_while(|part| !part.contains(['*', '?', '[', '{', '\\'])).count();
        let levels = if pattern.contains("**") { usize::MAX } else { parts.len() - literal };
        let mut open = vec![(parts[..literal].iter().collect::<PathBuf>(), levels)];
        while let Some((path, levels)) = open.pop() {
            for name in self.visit(&path, levels) {
                if self.entries_left == 0 {
                    return;
                }
                self.entries_left -= 1;
                open.push((path.join(name), levels - 1));
            }
        }
    }

    /// Takes a file that matches; names what is in a folder that may hold matches `levels` below. Hidden files are
    /// left alone.
    fn visit(&mut self, path: &Path, levels: usize) -> Vec<std::ffi::OsString> {
        let full = self.folder.join(path);
        let Ok(metadata) = fs::metadata(&full) else { return Vec::new() };
        let is_match = metadata.is_file() && self.matcher.is_match(path);
        let is_folder = metadata.is_dir() && levels > 0;
        let canonical = if is_match || is_folder { full.canonicalize().ok() } else { None };
        let Some(canonical) = canonical else { return Vec::new() };
        if !canonical.starts_with(self.canonical_folder) {
            self.outside.insert(path.to_owned());
        } else if is_match {
            self.matches.push((path.to_owned(), canonical, metadata.len()));
        } else if self.entered.insert(canonical) {
            let names = fs::read_dir(&full).into_iter().flatten().flatten().map(|entry| entry.file_name());
            let mut names: Vec<_> = names.filter(|name| !name.as_encoded_bytes().starts_with(b".")).collect();
            names.sort_by(|a, b| b.cmp(a));
            return names;
        }
        Vec::new()
    }
}
