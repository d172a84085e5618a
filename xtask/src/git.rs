//! The catalogue as it was at a commit.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

/// The commit that `revision` names.
///
/// # Errors
/// When there is none, with what to do about it.
pub(crate) fn commit(revision: &str) -> anyhow::Result<String> {
    ensure!(!revision.starts_with('-'), "`{revision}` is not a git revision");
    let found = git(&["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")]).map_err(|_| {
        let help = if is_shallow() {
            "this clone is shallow; fetch it first, such as with `git fetch --depth=1 origin BRANCH`, or clone with the \
             whole history"
        } else {
            "name a branch, a tag or a commit that is here, such as `origin/main`"
        };
        anyhow::anyhow!("`{revision}` is neither a folder nor a git revision; {help}")
    })?;
    Ok(found.trim().to_owned())
}

/// Whether the history ends before its beginning.
pub(crate) fn is_shallow() -> bool {
    git(&["rev-parse", "--is-shallow-repository"]).is_ok_and(|answer| answer.trim() == "true")
}

/// The YAML files of the catalogue's folder at `commit`, under the paths they have in the workspace; `None` where there
/// was no `catalogue` yet.
///
/// # Errors
/// When git cannot give them, or they cannot be written.
pub(crate) fn files_at(commit: &str, catalogue: &Path) -> anyhow::Result<Option<TempDir>> {
    ensure!(
        catalogue.is_relative(),
        "`{}` lies outside of this workspace; name a folder to compare with",
        catalogue.display()
    );
    let files = git(&["ls-tree", "-r", "-z", "--name-only", commit, "--", &folder_of(catalogue)])?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let is_yaml = |path: &&str| Path::new(path).extension().is_some_and(|it| it == "yaml" || it == "yml");
    for path in files.split('\0').filter(is_yaml) {
        // Relative to the current folder, which is the workspace and may lie below the root of the repository.
        let text = git(&["show", &format!("{commit}:./{path}")])?;
        let place = folder.path().join(path);
        fs::create_dir_all(place.parent().unwrap_or(folder.path()))?;
        fs::write(place, text)?;
    }
    Ok(folder.path().join(catalogue).is_file().then_some(folder))
}

/// A commit that touched the catalogue.
pub(crate) struct Commit {
    pub(crate) id: String,
    /// As in `git log`, enough to name it.
    pub(crate) short: String,
    /// Day of the commit, `2027-03-31`.
    pub(crate) day: String,
    /// First line of its message.
    pub(crate) title: String,
}

/// The commits on the way to the current one that touched the catalogue's folder, oldest first, at most the `most`
/// latest. Merges count by what they brought to the branch.
///
/// # Errors
/// When this is no repository with commits.
pub(crate) fn history(catalogue: &Path, most: usize) -> anyhow::Result<Vec<Commit>> {
    let most = format!("--max-count={most}");
    let format = "--format=%H%x00%h%x00%cs%x00%s%x00";
    let log = git(&["log", "--first-parent", &most, format, "--", &folder_of(catalogue)])?;
    let mut commits = Vec::new();
    for line in log.lines() {
        if let [id, short, day, title, ..] = line.split('\0').collect::<Vec<_>>()[..] {
            let [id, short, day, title] = [id, short, day, title].map(str::to_owned);
            commits.push(Commit { id, short, day, title });
        }
    }
    commits.reverse();
    Ok(commits)
}

fn folder_of(catalogue: &Path) -> String {
    let below = catalogue.parent().filter(|folder| !folder.as_os_str().is_empty());
    below.map_or_else(|| ".".to_owned(), |folder| folder.display().to_string())
}

fn git(arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("git").args(arguments).output().context("cannot run git; name a folder instead")?;
    ensure!(output.status.success(), "git {}: {}", arguments[0], String::from_utf8_lossy(&output.stderr).trim());
    String::from_utf8(output.stdout).context("git gave no text")
}
