//! Where the process works: the folder that holds the catalogue, whichever folder below it the user is in.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// Root file of the catalogue, unless `--catalogue` names another.
pub(crate) const CATALOGUE: &str = "catalogue/catalogue.yaml";
/// Output folder, unless `--out` names another.
pub(crate) const OUT: &str = "generated";

/// The root, which is the current folder once [`Workspace::enter`] has returned.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    /// The folder the user was in.
    started_in: PathBuf,
}

impl Workspace {
    /// Finds the root and makes it the current folder, so that paths in messages are short and the same everywhere.
    pub(crate) fn enter() -> anyhow::Result<Self> {
        let started_in = env::current_dir().context("the current folder cannot be used")?;
        let root = root(&started_in).unwrap_or(&started_in).to_owned();
        env::set_current_dir(&root).with_context(|| format!("cannot enter `{}`", root.display()))?;
        Ok(Self { root, started_in })
    }

    /// A path as the user gave it, or the default below the root. Relative to the root where it lies below it.
    pub(crate) fn path(&self, given: Option<&Path>, default: &str) -> PathBuf {
        let Some(given) = given else { return default.into() };
        let whole = self.started_in.join(given);
        whole.strip_prefix(&self.root).map(Path::to_owned).unwrap_or(whole)
    }

    /// The folder with somebody's own templates, if one is given.
    ///
    /// # Errors
    /// When it is not there.
    pub(crate) fn templates(&self, given: Option<&Path>) -> anyhow::Result<Option<PathBuf>> {
        let folder = given.map(|given| self.path(Some(given), ""));
        if let Some(folder) = folder.as_deref().filter(|folder| !folder.is_dir()) {
            anyhow::bail!(
                "there is no folder `{}`; `--templates` names the folder that holds your templates",
                folder.display()
            );
        }
        Ok(folder)
    }

    /// What is kept from run to run. May be deleted at any time.
    pub(crate) fn memory(&self) -> PathBuf {
        let target = env::var_os("CARGO_TARGET_DIR").filter(|folder| !folder.is_empty());
        self.root.join(target.as_deref().unwrap_or(OsStr::new("target"))).join("tidings")
    }
}

/// The nearest folder at or above `folder` that has a catalogue or is a cargo workspace.
fn root(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.join(CATALOGUE).is_file() || is_cargo_workspace(folder))
}

fn is_cargo_workspace(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    manifest.lines().any(|line| line.trim() == "[workspace]" || line.starts_with("[workspace."))
}
