//! What a site was made of, so that the next time only what has changed is made again.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use tidings_generator::cache::Cache;
use tidings_generator::digest::Digest;
use tidings_generator::emit::OutFile;
use tidings_generator::text::Text;

use super::files::{self, Written};
use super::html::Rendered;

/// What a process remembers of the site it made last.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Texts about single events.
    pub(crate) texts: Cache,
    /// Pages by where they are in the site.
    pub(crate) pages: Pages,
    written: Written,
}

/// Pages as they were last, by where they are in the site.
pub(crate) type Pages = HashMap<String, Known>;

/// A page as it was last.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// The Markdown and the names that may become links in it.
    pub(super) made_of: Digest,
    pub(super) rendered: Arc<Rendered>,
    /// That and all else that is on the page.
    pub(super) filled_with: Digest,
    pub(super) text: Text,
}

impl Memory {
    /// For a process that makes the site again and again.
    pub(crate) fn of_process() -> Self {
        Self { texts: Cache::in_memory(), ..Self::default() }
    }

    /// Brings the folder of the site in line with its files, and forgets what they did not need.
    pub(crate) fn write(&mut self, files: &[OutFile], out: &Path) -> anyhow::Result<()> {
        self.texts.tidy();
        files::write(files, out, &mut self.written)
    }
}
