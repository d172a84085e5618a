//! Moving many files as if they were one: stage, state the intent, move, forget.
//!
//! Until the intent is written, the tree is the old one and a leftover staging folder is discarded. From then on it is
//! the new one, and whoever comes next completes the move. This holds when the process ends at any point. Against a
//! loss of power it does not sync: everything here can be generated again.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::disk::{Disk, Found};
use super::manifest::MANIFEST;
use super::plan::{Finding, Plan, State};
use super::{WriteError, paths};
use crate::digest::Digest;
use crate::stamp::{Stamp, Stamps, modified};

/// Name of the folder that exists while a run writes.
pub(super) const STAGING: &str = ".tidings-staging";
const INTENT: &str = "intent.json";

/// Called before each change to the disk.
pub(super) type Pause<'a> = &'a (dyn Fn() -> io::Result<()> + Sync);

/// The staging folder, held by this run alone.
pub(super) struct Journal<'a> {
    out: &'a Path,
    staging: PathBuf,
    /// Keeps other runs away until it is dropped.
    _lock: File,
    opened: Option<u64>,
}

/// What is going to happen to the tree.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Intent {
    deletes: Vec<Delete>,
    moves: Vec<Move>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Delete {
    path: String,
    /// What is there.
    before: Option<Digest>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Move {
    /// Number of the staged file.
    staged: usize,
    path: String,
    /// What is there, if anything.
    before: Option<Digest>,
}

/// Whether a run that had stated its intent did not complete it.
pub(super) fn is_interrupted(out: &Path) -> bool {
    out.join(STAGING).join(INTENT).exists()
}

impl<'a> Journal<'a> {
    /// Makes the output folder and the staging folder, and locks the latter.
    pub(super) fn open(out: &'a Path) -> Result<Self, WriteError> {
        let staging = out.join(STAGING);
        if staging.is_symlink() {
            return Err(WriteError::Symlink { path: staging });
        }
        fs::create_dir_all(&staging).map_err(WriteError::io("create", &staging))?;
        let path = staging.join("lock");
        let mut lock = File::create(&path).map_err(WriteError::io("create", &path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(WriteError::Busy { out: out.to_owned() }),
            Err(TryLockError::Error(cause)) => return Err(WriteError::io("lock", path)(cause)),
        }
        lock.write_all(b"held by a run of the generator\n").map_err(WriteError::io("write", &path))?;
        let opened = modified(&lock.metadata().map_err(WriteError::io("look at", &path))?);
        Ok(Self { out, staging, _lock: lock, opened })
    }

    /// The file system's clock when the run began.
    pub(super) fn opened(&self) -> Option<u64> {
        self.opened
    }

    /// Completes the move of an interrupted run, if there was one. Refuses where a person has since changed a file that
    /// is still to be moved or deleted, unless `force` is set.
    pub(super) fn recover(&self, force: bool, pause: Pause<'_>) -> Result<bool, WriteError> {
        let path = self.staging.join(INTENT);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(cause) => return Err(WriteError::io("read", path)(cause)),
        };
        let broken = |cause: String| WriteError::BrokenJournal { path: path.clone(), cause };
        let intent: Intent = serde_json::from_str(&text).map_err(|cause| broken(cause.to_string()))?;
        for path in intent.paths() {
            if !paths::is_inside(path) || path.starts_with(STAGING) {
                return Err(broken(format!("it names `{path}`, which is not a path inside the output folder")));
            }
            paths::guard(self.out, path)?;
        }
        let changed = self.changed_since(&intent)?;
        if !force && !changed.is_empty() {
            return Err(WriteError::Refused(changed));
        }
        self.carry_out(&intent, pause)?;
        Ok(true)
    }

    /// Does what the plan says. Returns what is known of the files that were written.
    pub(super) fn commit(&self, plan: &Plan<'_>, pause: Pause<'_>) -> Result<Stamps, WriteError> {
        if plan.steps.is_empty() && plan.manifest.is_none() {
            return Ok(Stamps::default());
        }
        let mut intent = Intent::default();
        let mut contents = Vec::new();
        let manifest_hash = plan.manifest.as_ref().map(|text| (text.as_str(), Digest::of(text)));
        let steps = plan.steps.iter().map(|step| (step.path, step.before, step.contents));
        // The manifest comes last, so that it never claims a file that is not in place yet.
        for (path, before, new) in steps.chain(manifest_hash.map(|new| (MANIFEST, plan.manifest_before, Some(new)))) {
            let path = path.to_owned();
            match new {
                Some(new) => {
                    intent.moves.push(Move { staged: contents.len(), path, before });
                    contents.push(new);
                }
                None => intent.deletes.push(Delete { path, before }),
            }
        }
        let staged = contents
            .into_par_iter()
            .enumerate()
            .map(|(number, (text, hash))| self.stage(number, text, hash, pause))
            .collect::<Result<Vec<Stamp>, WriteError>>()?;
        let stated = self.state(&intent, pause)?;
        let paths = intent.moves.iter().map(|it| it.path.clone());
        let stamps = paths.zip(staged.into_iter().map(|stamp| stamp.settled(stated))).collect();
        self.carry_out(&intent, pause)?;
        Ok(Stamps(stamps))
    }

    /// Removes the staging folder unless a move is under way. Failing to is no failure of the run: the next one does it.
    pub(super) fn close(self) {
        if !self.staging.join(INTENT).exists() {
            let _ = fs::remove_dir_all(&self.staging);
        }
    }

    fn stage(&self, number: usize, text: &str, hash: Digest, pause: Pause<'_>) -> Result<Stamp, WriteError> {
        let path = self.staging.join(number.to_string());
        let write = || {
            pause()?;
            let mut file = File::create(&path)?;
            file.write_all(text.as_bytes())?;
            Ok(Stamp::new(&file.metadata()?, hash))
        };
        write().map_err(WriteError::io("write", &path))
    }

    /// From here on the run counts as done. Returns the file system's clock.
    fn state(&self, intent: &Intent, pause: Pause<'_>) -> Result<Option<u64>, WriteError> {
        let draft = self.staging.join("intent.draft");
        let path = self.staging.join(INTENT);
        let write = || {
            pause()?;
            let mut file = File::create(&draft)?;
            file.write_all(serde_json::to_string(intent)?.as_bytes())?;
            let clock = modified(&file.metadata()?);
            pause()?;
            fs::rename(&draft, &path)?;
            Ok(clock)
        };
        write().map_err(WriteError::io("write", &path))
    }

    /// Deletes first: a deleted file may make room for a folder, and a folder that became empty for a file.
    fn carry_out(&self, intent: &Intent, pause: Pause<'_>) -> Result<(), WriteError> {
        for Delete { path, .. } in &intent.deletes {
            let place = self.out.join(path);
            let delete = || {
                pause()?;
                // No file any more: an interrupted run had deleted it, and may have put a folder in its place.
                if place.symlink_metadata().is_ok_and(|metadata| !metadata.is_dir()) {
                    fs::remove_file(&place)?;
                }
                Ok(())
            };
            delete().map_err(WriteError::io("delete", &place))?;
            self.remove_empty_folders_above(&place);
        }
        for Move { staged, path, .. } in &intent.moves {
            let place = self.out.join(path);
            let rename = || {
                pause()?;
                if let Some(folder) = place.parent() {
                    fs::create_dir_all(folder)?;
                }
                match fs::rename(self.staging.join(staged.to_string()), &place) {
                    // An interrupted run had moved it already.
                    Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
                    result => result,
                }
            };
            rename().map_err(WriteError::io("replace", &place))?;
        }
        let path = self.staging.join(INTENT);
        let forget = || {
            pause()?;
            fs::remove_file(&path)
        };
        forget().map_err(WriteError::io("delete", &path))
    }

    fn remove_empty_folders_above(&self, place: &Path) {
        // A folder that is not empty cannot be removed; that ends the climb.
        let folders = place.ancestors().skip(1).take_while(|folder| *folder != self.out);
        for folder in folders {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }

    /// Files that are neither as they were when the intent was stated nor as it would leave them.
    fn changed_since(&self, intent: &Intent) -> Result<Vec<Finding>, WriteError> {
        let stamps = Stamps::default();
        let disk = Disk::new(self.out, &stamps);
        let still_to_move = intent.moves.iter().filter(|it| self.staging.join(it.staged.to_string()).exists());
        let moves = still_to_move.map(|it| (&it.path, it.before));
        let deletes = intent.deletes.iter().map(|it| (&it.path, it.before));
        let mut changed = Vec::new();
        for (path, before) in moves.chain(deletes) {
            let is_changed = match disk.find(path)? {
                Found::File(stamp) => before != Some(stamp.hash),
                Found::Special => true,
                Found::Nothing | Found::Folder | Found::Below(_) => false,
            };
            if is_changed {
                changed.push(Finding { path: path.clone(), state: State::Edited });
            }
        }
        Ok(changed)
    }
}

impl Intent {
    fn paths(&self) -> impl Iterator<Item = &str> {
        self.deletes.iter().map(|it| it.path.as_str()).chain(self.moves.iter().map(|it| it.path.as_str()))
    }
}
