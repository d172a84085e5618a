//! Size and time of files whose contents are known, so that the next run need not read them again.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// What is known about files, by path. Only ever a shortcut: a file without a stamp is read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stamps(pub BTreeMap<String, Stamp>);

/// A file whose contents were known when it had this size and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Size in bytes.
    pub len: u64,
    /// Nanoseconds since 1970. `None` where a later change could have left the same time, so it says nothing.
    pub modified: Option<u64>,
    /// Of the contents.
    pub hash: Digest,
}

impl Stamps {
    /// Whether every file, below `root`, still has the contents that are known of it.
    #[must_use]
    pub fn hold(&self, root: &Path) -> bool {
        self.0.par_iter().all(|(path, stamp)| {
            let place = root.join(path);
            fs::metadata(&place).is_ok_and(|metadata| stamp.holds(&metadata))
                || fs::read(&place).is_ok_and(|contents| Digest::of(contents) == stamp.hash)
        })
    }
}

impl Stamp {
    /// Contents with this hash were found in a file with this metadata, which was asked for first.
    #[must_use]
    pub fn new(metadata: &Metadata, hash: Digest) -> Self {
        Self { len: metadata.len(), modified: modified(metadata), hash }
    }

    /// Forgets the time unless it lies before `now`, the file system's own clock when the contents were known. File
    /// times move in steps of several milliseconds: a change within the same step would go unnoticed.
    #[must_use]
    pub fn settled(mut self, now: Option<u64>) -> Self {
        self.modified = self.modified.filter(|modified| now.is_some_and(|now| *modified < now));
        self
    }

    /// Whether a file with this metadata still has the known contents, as far as can be told without reading it.
    #[must_use]
    pub fn holds(&self, metadata: &Metadata) -> bool {
        self.modified.is_some() && self.modified == modified(metadata) && self.len == metadata.len()
    }
}

/// The time of the last change, in nanoseconds since 1970, where the file system keeps it.
pub(crate) fn modified(metadata: &Metadata) -> Option<u64> {
    let since = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH).duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_nanos()).ok().filter(|nanos| *nanos > 0)
}
