//! The folder of a site: what is there already stays, and what is no longer of the site goes.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use rayon::prelude::*;
use tidings_generator::digest::Digest;
use tidings_generator::emit::OutFile;

/// Tells that a folder is a site, so that what is in it may be replaced: the paths of its files.
const MARK: &str = ".tidings-site";

/// What was written, by path.
pub(super) type Written = HashMap<String, Digest>;

/// Writes the files that are not there as they are, and takes away what was there and is no longer. Files that this process
/// has `written` are not read again.
pub(super) fn write(files: &[OutFile], out: &Path, written: &mut Written) -> anyhow::Result<()> {
    let is_site = out.join(MARK).is_file();
    let is_empty = !fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some());
    anyhow::ensure!(
        is_site || is_empty,
        "`{}` is no site of an earlier run, and not empty: nothing there is touched; name another folder",
        out.display()
    );
    fs::create_dir_all(out).with_context(|| format!("cannot make `{}`", out.display()))?;
    let before = fs::read_to_string(out.join(MARK)).unwrap_or_default();
    let paths: HashSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    for path in before.lines().filter(|path| !paths.contains(path)) {
        // What somebody else took away is away.
        let _ = OutFile::new(path, "").map(|file| fs::remove_file(out.join(file.path)));
    }
    // What is only half done is looked at again.
    let known = std::mem::take(written);
    let all: BTreeSet<&str> = paths.iter().copied().chain(before.lines()).collect();
    mark(out, all)?;
    files.par_iter().try_for_each(|file| {
        let path = out.join(&file.path);
        let is_there = match known.get(&file.path) {
            Some(digest) => *digest == file.contents.digest() && path.is_file(),
            None => fs::read(&path).is_ok_and(|there| there == file.contents.as_bytes()),
        };
        if is_there {
            return Ok(());
        }
        let written = fs::create_dir_all(path.parent().unwrap_or(out)).and_then(|()| fs::write(&path, &*file.contents));
        written.with_context(|| format!("cannot write `{}`", path.display()))
    })?;
    *written = files.iter().map(|file| (file.path.clone(), file.contents.digest())).collect();
    mark(out, files.iter().map(|file| file.path.as_str()))
}

/// Writes down which files are the site's.
fn mark<'a>(out: &Path, paths: impl IntoIterator<Item = &'a str>) -> anyhow::Result<()> {
    let lines: String = paths.into_iter().flat_map(|path| [path, "\n"]).collect();
    fs::write(out.join(MARK), lines).with_context(|| format!("cannot write into `{}`", out.display()))
}
