//! Files to one merged tree and its typed form, with every problem found on the way.
//!
//! `include → read → yaml → merge → shape`: which files, their text, a tree of each, all as one tree, and that tree
//! held against the format.

mod fault;
mod include;
mod merge;
mod read;
mod shape;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::cache::Cache;
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::format::Catalogue;
use crate::rules::format::too_large;
use crate::source::{FileId, Sources};
use crate::yaml::{self, Limits, Node, kept};
use read::Contents;

/// What reading a catalogue gave.
#[derive(Debug)]
pub struct Loaded {
    /// Everything that was read, also when it is faulty.
    pub sources: Sources,
    /// `None` when the files are too broken to be understood; then there is at least one error below.
    pub tree: Option<Tree>,
    /// What was found, in no particular order.
    pub diagnostics: Vec<Diagnostic>,
    /// Folders that were searched for included files: a new file in one of them may belong to the catalogue.
    pub folders: BTreeSet<PathBuf>,
}

/// A catalogue as written: all files merged, as if they were one. Parts that could not be understood are cut out, so
/// that the rest can be checked in the same run; each has an error.
#[derive(Debug)]
pub struct Tree {
    /// The merged root, each node with its place in the file it came from.
    pub root: Node,
    /// The same, typed.
    pub catalogue: Catalogue,
    /// Names that were declared in what was cut out. To refer to one of them is no further fault.
    pub cut: BTreeSet<String>,
}

/// Why nothing could be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The root file is missing or unreadable.
    #[error("cannot read `{}`: {cause}; name the catalogue with `--catalogue FILE`", path.display())]
    Unreadable {
        /// The root file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
}

/// Reads the catalogue at `path` and the files it includes. Paths in diagnostics begin with `path`'s own folder.
///
/// # Errors
/// When `path` itself cannot be read. Everything else is a diagnostic.
pub fn load(path: &Path) -> Result<Loaded, LoadError> {
    load_with(path, &Limits::default(), &Cache::off())
}

/// [`load`], sparing the parsing of files that `trees` has from an earlier run. Files without a finding are kept there.
///
/// # Errors
/// As [`load`].
pub fn load_remembering(path: &Path, trees: &Cache) -> Result<Loaded, LoadError> {
    load_with(path, &Limits::default(), trees)
}

/// [`load`] with limits of one's own.
///
/// # Errors
/// As [`load`].
pub fn load_within(path: &Path, limits: &Limits) -> Result<Loaded, LoadError> {
    // What is kept was read within the usual limits.
    load_with(path, limits, &Cache::off())
}

fn load_with(path: &Path, limits: &Limits, trees: &Cache) -> Result<Loaded, LoadError> {
    let contents = read::read(path, limits).map_err(|cause| LoadError::Unreadable { path: path.to_owned(), cause })?;
    let mut loading = Loading::new(limits, trees);
    let Some(root) = loading.parse(vec![(path.to_owned(), contents)]).pop() else {
        return Ok(loading.finish(None, Vec::new()));
    };
    let files = include::find(path, &root, &mut loading.folders, &mut loading.diagnostics);
    let included = loading.included(path, &files);
    Ok(loading.finish(Some(root), included))
}

/// Reads a catalogue of one file from memory. Includes are not followed.
#[must_use]
pub fn load_text(path: &str, text: &str) -> Loaded {
    let (limits, trees) = (Limits::default(), Cache::off());
    let mut loading = Loading::new(&limits, &trees);
    let root = loading.parse(vec![(path.into(), Contents::of(text.as_bytes().to_vec(), &limits))]).pop();
    loading.finish(root, Vec::new())
}

/// A run in progress.
struct Loading<'l> {
    limits: &'l Limits,
    trees: &'l Cache,
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
    folders: BTreeSet<PathBuf>,
}

/// Bytes of files that are read and parsed at the same time, so that limits stop a hostile catalogue before it fills
/// the memory.
const BATCH_BYTES: u64 = 32 << 20;

impl<'l> Loading<'l> {
    fn new(limits: &'l Limits, trees: &'l Cache) -> Self {
        Self { limits, trees, sources: Sources::default(), diagnostics: Vec::new(), folders: BTreeSet::new() }
    }

    /// Trees of those files that are YAML, in the order given.
    fn parse(&mut self, files: Vec<(PathBuf, Contents)>) -> Vec<Node> {
        let files: Vec<_> =
            files.into_iter().map(|(path, contents)| (self.sources.add(path, contents.text), contents.fault)).collect();
        let parsed: Vec<_> = files
            .into_par_iter()
            .map(|(id, fault)| match fault {
                Some(fault) => (None, vec![fault.at(id)]),
                None => self.tree(id),
            })
            .collect();
        let mut nodes = Vec::new();
        for (node, findings) in parsed {
            nodes.extend(node);
            self.diagnostics.extend(findings);
        }
        nodes
    }

    fn tree(&self, id: FileId) -> (Option<Node>, Vec<Diagnostic>) {
        let text = &*self.sources.file(id).text;
        let key = Digest::of(text);
        if let Some(known) = self.trees.get(&key).and_then(|bytes| kept::from_bytes(bytes, id)) {
            return (Some(known), Vec::new());
        }
        let (tree, findings) = yaml::parse(text, id, self.limits);
        if let Some(tree) = &tree
            && findings.is_empty()
        {
            self.trees.keep(key, || kept::to_bytes(tree));
        }
        (tree, findings)
    }

    fn included(&mut self, root_file: &Path, files: &[include::Found]) -> Vec<Node> {
        let folder = root_file.parent().unwrap_or(Path::new(""));
        let mut nodes = Vec::new();
        let (mut count, mut bytes) = (0, 0);
        for batch in include::batches(files, BATCH_BYTES) {
            let read = |file: &include::Found| {
                let path = folder.join(&file.path);
                let contents = read::read(&path, self.limits).unwrap_or_else(|cause| Contents::unreadable(&cause));
                (path, contents)
            };
            let contents: Vec<_> = batch.par_iter().map(read).collect();
            bytes += contents.iter().map(|(_, contents)| contents.text.len()).sum::<usize>();
            let parsed = self.parse(contents);
            count += parsed.iter().map(Node::count).sum::<usize>();
            nodes.extend(parsed);
            if bytes > self.limits.total_bytes || count > self.limits.nodes {
                let Limits { total_bytes, nodes: most, .. } = self.limits;
                let message = format!("included files have more than {total_bytes} bytes or {most} values together");
                let finding = Diagnostic::new(&too_large::META, batch[0].pattern, message)
                    .help("include fewer files, or split the estate into several catalogues");
                self.diagnostics.push(finding);
                break;
            }
        }
        nodes
    }

    fn finish(mut self, root: Option<Node>, included: Vec<Node>) -> Loaded {
        let tree = root.and_then(|root| {
            let root = merge::merge(root, included, &mut self.diagnostics);
            shape::check(root, self.limits, &mut self.diagnostics)
        });
        Loaded { sources: self.sources, tree, diagnostics: self.diagnostics, folders: self.folders }
    }
}
