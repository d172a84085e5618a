//! What a run would do to the output folder, and what it must not do.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rayon::prelude::*;

use super::disk::{Disk, Found};
use super::manifest::{Entry, MANIFEST, Manifest};
use super::{Counts, Order, WriteError, paths};
use crate::digest::Digest;
use crate::emit::OutFile;
use crate::stamp::{Stamp, Stamps};

/// A file that is not as the generator would have it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Below the output folder.
    pub path: String,
    pub state: State,
}

/// In what way a file is not as the generator would have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Generated, but not there.
    Missing,
    /// As an earlier run left it; it would be different now.
    Stale,
    /// As an earlier run left it; it is no longer generated.
    Orphaned,
    /// A person changed it after it was generated.
    Edited,
    /// Not the generator's.
    Untracked,
    /// A migration that databases may have applied already; it would be different now.
    Rewritten,
    /// Something that is not a file is in its way.
    Obstructed,
    /// A run ended half way.
    Interrupted,
}

impl State {
    /// What to do about it.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Missing | Self::Stale | Self::Orphaned => "run `cargo xtask gen`",
            Self::Edited => "restore it from version control; change the catalogue or a template instead",
            Self::Untracked => "move it out of the output folder",
            Self::Rewritten => "keep the migration as it was committed; a change belongs into a new one",
            Self::Obstructed => "move what is there out of the output folder",
            Self::Interrupted => "run `cargo xtask gen`, which completes it",
        }
    }

    /// Whether a run may not go on without being told to.
    pub(super) fn loses_something(self) -> bool {
        matches!(self, Self::Edited | Self::Untracked | Self::Rewritten | Self::Obstructed)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "missing",
            Self::Stale => "stale",
            Self::Orphaned => "orphaned",
            Self::Edited => "edited",
            Self::Untracked => "untracked",
            Self::Rewritten => "rewritten",
            Self::Obstructed => "obstructed",
            Self::Interrupted => "interrupted",
        })
    }
}

/// One file to write or delete.
pub(super) struct Step<'a> {
    pub(super) path: &'a str,
    target: &'a str,
    pub(super) state: State,
    /// `None`: delete it.
    pub(super) contents: Option<(&'a str, Digest)>,
    /// What is there now.
    pub(super) before: Option<Digest>,
}

/// Everything a run would do.
pub(super) struct Plan<'a> {
    pub(super) steps: Vec<Step<'a>>,
    /// New text of the manifest, unless it stays as it is.
    pub(super) manifest: Option<String>,
    /// Hash of the old one, if there was one.
    pub(super) manifest_before: Option<Digest>,
    /// Files that stay, with the target that made them.
    unchanged: Vec<(&'a str, &'a OutFile, Stamp)>,
    /// What is known of files of targets that did not run.
    others: Stamps,
}

/// A generated file and what stands in its place.
struct Wanted<'a> {
    target: &'a str,
    file: &'a OutFile,
    hash: Digest,
    found: Found,
}

impl<'a> Plan<'a> {
    pub(super) fn new(order: &Order<'a>, before: &'a Manifest, disk: &Disk<'_>) -> Result<Self, WriteError> {
        let wanted = look(order.batches, disk)?;
        let paths: BTreeSet<&str> = wanted.iter().map(|wanted| wanted.file.path.as_str()).collect();
        let ran: BTreeSet<&str> = order.batches.iter().map(|batch| batch.target.as_str()).collect();
        let (gone, kept): (Vec<_>, Vec<_>) = before
            .files
            .iter()
            .filter(|(path, _)| !paths.contains(path.as_str()))
            // A migration that is no longer needed stays: databases have applied it, and miss it when it is gone.
            .partition(|(path, entry)| (order.complete || ran.contains(entry.target.as_str())) && !is_migration(path));

        let mut steps = orphans(&gone, disk)?;
        for folder in folders(paths.iter().copied().chain(steps.iter().map(|step| step.path))) {
            paths::guard(order.out, folder)?;
        }
        let vanishing: BTreeSet<&str> = steps.iter().map(|step| step.path).collect();
        let mut unchanged = Vec::new();
        let mut changed = Vec::new();
        for wanted in &wanted {
            match wanted.step(before.files.get(&wanted.file.path), &vanishing, order.out) {
                Ok(stamp) => unchanged.push((wanted.target, wanted.file, stamp)),
                Err(step) => changed.push(step),
            }
        }
        steps.extend(changed);

        let others = kept.iter().filter_map(|(path, _)| Some(((*path).clone(), *order.stamps.0.get(*path)?))).collect();
        let owned = wanted
            .iter()
            .map(|it| (it.file.path.clone(), Entry { target: it.target.to_owned(), blake3: it.hash }))
            .chain(kept.into_iter().map(|(path, entry)| (path.clone(), entry.clone())))
            .collect();
        let text = Manifest::new(owned).render();
        Ok(Self {
            steps,
            manifest: (text != before.text()).then_some(text),
            manifest_before: (!before.text().is_empty()).then(|| Digest::of(before.text())),
            unchanged,
            others: Stamps(others),
        })
    }

    /// What stands in the way of doing it, in order of path.
    pub(super) fn refused(&self) -> Vec<Finding> {
        let mut refused: Vec<_> = self.findings().filter(|finding| finding.state.loses_something()).collect();
        refused.sort();
        refused
    }

    /// Every difference.
    pub(super) fn findings(&self) -> impl Iterator<Item = Finding> + '_ {
        self.steps.iter().map(|step| Finding { path: step.path.to_owned(), state: step.state })
    }

    /// What it does, by target.
    pub(super) fn counts(&self) -> BTreeMap<String, Counts> {
        let mut targets: BTreeMap<String, Counts> = BTreeMap::new();
        for (target, ..) in &self.unchanged {
            targets.entry((*target).to_owned()).or_default().unchanged += 1;
        }
        for step in &self.steps {
            let counts = targets.entry(step.target.to_owned()).or_default();
            match (step.contents.is_some(), step.before.is_some()) {
                (true, false) => counts.created += 1,
                (true, true) => counts.updated += 1,
                (false, _) => counts.deleted += 1,
            }
        }
        targets
    }

    /// What is known of every file once the plan is carried out: `staged` of those that were written, and at `opened`
    /// of those that stay.
    pub(super) fn stamps(&self, staged: Stamps, opened: Option<u64>) -> Stamps {
        let mut stamps = self.others.clone();
        stamps.0.extend(self.unchanged.iter().map(|(_, file, stamp)| (file.path.clone(), stamp.settled(opened))));
        stamps.0.extend(staged.0);
        if self.manifest.is_none()
            && let Some(hash) = self.manifest_before
        {
            let unread = Stamp { len: 0, modified: None, hash };
            stamps.0.insert(MANIFEST.to_owned(), unread);
        }
        stamps
    }
}

impl<'a> Wanted<'a> {
    /// What to do about the file; `Ok` when it is there as it should be.
    fn step(
        &self,
        recorded: Option<&Entry>,
        vanishing: &BTreeSet<&str>,
        out: &std::path::Path,
    ) -> Result<Stamp, Step<'a>> {
        let recorded = recorded.map(|entry| entry.blake3);
        let rewritten = is_migration(&self.file.path) && recorded.is_some_and(|hash| hash != self.hash);
        let (state, before) = match &self.found {
            Found::File(stamp) if stamp.hash == self.hash => return Ok(*stamp),
            Found::File(stamp) => {
                let state = match recorded {
                    None => State::Untracked,
                    Some(hash) if hash != stamp.hash => State::Edited,
                    Some(_) if rewritten => State::Rewritten,
                    Some(_) => State::Stale,
                };
                (state, Some(stamp.hash))
            }
            Found::Nothing if rewritten => (State::Rewritten, None),
            Found::Nothing => (State::Missing, None),
            Found::Below(above) if vanishing.contains(above.as_str()) => (State::Missing, None),
            Found::Folder if only_holds(out, &self.file.path, vanishing) => (State::Missing, None),
            Found::Folder | Found::Special | Found::Below(_) => (State::Obstructed, None),
        };
        let contents = Some((&*self.file.contents, self.hash));
        Err(Step { path: &self.file.path, target: self.target, state, contents, before })
    }
}

/// Every generated file with its hash and what stands in its place.
fn look<'a>(batches: &'a [super::Batch], disk: &Disk<'_>) -> Result<Vec<Wanted<'a>>, WriteError> {
    let files: Vec<(&str, &OutFile)> =
        batches.iter().flat_map(|batch| batch.files.iter().map(|file| (batch.target.as_str(), file))).collect();
    files
        .into_par_iter()
        .map(|(target, file)| {
            let found = disk.find(&file.path)?;
            Ok(Wanted { target, file, hash: file.contents.digest(), found })
        })
        .collect()
}

/// Files of the manifest that are no longer generated and still there.
fn orphans<'a>(gone: &[(&'a String, &'a Entry)], disk: &Disk<'_>) -> Result<Vec<Step<'a>>, WriteError> {
    let mut steps = Vec::new();
    for (path, entry) in gone {
        let (state, before) = match disk.find(path)? {
            Found::File(stamp) if stamp.hash != entry.blake3 => (State::Edited, Some(stamp.hash)),
            Found::File(stamp) => (State::Orphaned, Some(stamp.hash)),
            Found::Nothing | Found::Folder | Found::Special | Found::Below(_) => continue,
        };
        steps.push(Step { path, target: &entry.target, state, contents: None, before });
    }
    Ok(steps)
}

/// Whether a file may have been applied to a database and so must never change.
fn is_migration(path: &str) -> bool {
    path.starts_with("migrations/") && path.rsplit('.').next() == Some("sql")
}

/// Whether every file below the folder at `path` is one of `files`.
fn only_holds(out: &std::path::Path, path: &str, files: &BTreeSet<&str>) -> bool {
    super::check::files_below(out, path).is_ok_and(|found| found.iter().all(|file| files.contains(file.as_str())))
}

/// The folders that hold these paths, each once; each is written so that its last part is looked at too.
fn folders<'p>(paths: impl Iterator<Item = &'p str>) -> BTreeSet<&'p str> {
    paths.filter_map(|path| path.rfind('/').map(|end| &path[..=end])).collect()
}
