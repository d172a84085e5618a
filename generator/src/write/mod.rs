//! Files to disk: the last step of a run, and the only module that writes into the output folder.
//!
//! A run first compares what it made with the folder and its manifest (`plan`) and refuses, before it has touched
//! anything, where that would lose something a person wrote. Then it stages all new contents beside the old, states its
//! intent, and moves the files into place one by one (`journal`), so that an interrupted run leaves the old tree or
//! one that the next run completes.

#![expect(missing_docs, reason = "names of fields in errors and reports say what they hold")]

mod check;
mod create;
mod disk;
mod journal;
mod manifest;
mod paths;
mod plan;

#[cfg(test)]
mod interruption_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::emit::OutFile;
use crate::stamp::Stamps;
use disk::Disk;
use journal::Journal;
use manifest::Manifest;
use plan::Plan;

pub use check::check;
pub use create::create;
pub use manifest::MANIFEST;
pub use plan::{Finding, State};

/// The files of one target.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Name of the target.
    pub target: String,
    pub files: Vec<OutFile>,
}

/// What to write where.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The output folder. It need not exist.
    pub out: &'a Path,
    /// What was generated, one batch for each target that ran. Files of other targets stay as they are.
    pub batches: &'a [Batch],
    /// Whether every target ran, so that files of a target that no longer exists are removed too.
    pub complete: bool,
    /// Overwrite and delete what people changed.
    pub force: bool,
    /// Files whose hash is known without reading them. Empty is always right.
    pub stamps: &'a Stamps,
}

/// What was done.
#[derive(Debug, Clone, Default)]
pub struct Written {
    /// By target.
    pub targets: BTreeMap<String, Counts>,
    /// What people had changed and `force` overwrote or deleted.
    pub forced: Vec<Finding>,
    /// Whether an earlier run had been interrupted and was completed first.
    pub recovered: bool,
    /// What is known now about every file of the folder.
    pub stamps: Stamps,
}

/// How many files of a target were treated how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub created: usize,
    pub updated: usize,
    pub deleted: usize,
    pub unchanged: usize,
}

impl Counts {
    /// Files that are different now.
    #[must_use]
    pub fn changed(self) -> usize {
        self.created + self.updated + self.deleted
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.created += other.created;
        self.updated += other.updated;
        self.deleted += other.deleted;
        self.unchanged += other.unchanged;
    }
}

/// Why nothing was written, or not all of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// Going on would lose something. Nothing was written.
    #[error("{} would be lost; undo the changes, or overwrite them with `--force`", plural(.0.len()))]
    Refused(Vec<Finding>),
    /// Folders or links stand where files belong. Not even `force` removes those.
    #[error("{} cannot be written, because something else stands there; move it away", plural(.0.len()))]
    Obstructed(Vec<Finding>),
    #[error("`{path}` is not a path inside the output folder")]
    UnsafePath { path: String },
    #[error("`{first}` and `{second}` are one file where upper and lower case are the same; rename one of them")]
    CaseClash { first: String, second: String },
    #[error("`{path}` is a file and a folder at once; rename one of the things it is named for")]
    FolderClash { path: String },
    #[error("two targets write `{path}`")]
    Duplicate { path: String },
    #[error("`{}` is a symbolic link that could lead outside the output folder; remove it", path.display())]
    Symlink { path: PathBuf },
    #[error("`{}` cannot be read ({cause}); restore it from version control, or delete it and run with `--force`", path.display())]
    BrokenManifest { path: PathBuf, cause: String },
    #[error("`{}` is left from an interrupted run and cannot be read ({cause}); delete that folder", path.display())]
    BrokenJournal { path: PathBuf, cause: String },
    #[error("another run is writing to `{}`; wait for it to end", out.display())]
    Busy { out: PathBuf },
    #[error("cannot {action} `{}`", path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
}

/// Brings the output folder in line with what was generated.
///
/// # Errors
/// [`WriteError::Refused`] where a file that people changed, a file that is not the generator's or a migration that is
/// already there would be overwritten or deleted, unless `force` is set; other variants where a path or the folder is
/// unfit. In all these cases nothing has been written. After [`WriteError::Io`] the next run completes the move or
/// starts again from the old tree.
pub fn write(order: &Order<'_>) -> Result<Written, WriteError> {
    write_with(order, &|| Ok(()))
}

/// [`write`], calling `pause` before each change to the disk, so that tests can fail there.
fn write_with(order: &Order<'_>, pause: journal::Pause<'_>) -> Result<Written, WriteError> {
    paths::verify(order.batches)?;
    let journal = Journal::open(order.out)?;
    let written = write_locked(order, &journal, pause);
    journal.close();
    written
}

fn write_locked(order: &Order<'_>, journal: &Journal<'_>, pause: journal::Pause<'_>) -> Result<Written, WriteError> {
    let recovered = journal.recover(order.force, pause)?;
    let before = Manifest::read(order.out)?;
    let plan = Plan::new(order, &before, &Disk::new(order.out, order.stamps))?;
    let forced = plan.refused();
    let (obstacles, lost): (Vec<_>, Vec<_>) = forced.iter().cloned().partition(|it| it.state == State::Obstructed);
    if !obstacles.is_empty() {
        return Err(WriteError::Obstructed(obstacles));
    }
    if !order.force && !lost.is_empty() {
        return Err(WriteError::Refused(lost));
    }
    let staged = journal.commit(&plan, pause)?;
    Ok(Written { targets: plan.counts(), forced, recovered, stamps: plan.stamps(staged, journal.opened()) })
}

/// Whether every file the last run left, as recorded in `stamps`, still has the same contents.
#[must_use]
pub fn untouched(out: &Path, stamps: &Stamps) -> bool {
    !journal::is_interrupted(out) && stamps.hold(out)
}

fn plural(files: usize) -> String {
    if files == 1 { "1 file".to_owned() } else { format!("{files} files") }
}

impl WriteError {
    fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        move |cause| Self::Io { action, path: path.into(), cause }
    }
}
