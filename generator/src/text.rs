//! A text that was made in this run or is still where an earlier run kept it.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::{Arc, OnceLock};

use crate::digest::Digest;

/// A text, hashed once however often its hash is asked for. Copies of it share its bytes.
#[derive(Clone)]
pub struct Text {
    held: Held,
    digest: OnceLock<Digest>,
}

#[derive(Clone)]
enum Held {
    Made(Arc<str>),
    /// The range is UTF-8.
    Kept(Arc<Vec<u8>>, Range<usize>),
}

impl Text {
    /// The text in `range` of what an earlier run kept, if it is the one that `digest` was taken of.
    pub(crate) fn kept(file: &Arc<Vec<u8>>, range: Range<usize>, digest: Digest) -> Option<Self> {
        let bytes = file.get(range.clone())?;
        if Digest::of(bytes) != digest || std::str::from_utf8(bytes).is_err() {
            return None;
        }
        Some(Self { held: Held::Kept(file.clone(), range), digest: digest.into() })
    }

    /// The hash of the text.
    #[must_use]
    pub fn digest(&self) -> Digest {
        *self.digest.get_or_init(|| Digest::of(&**self))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { held: Held::Made(text.into()), digest: OnceLock::new() }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.held {
            Held::Made(text) => text,
            Held::Kept(file, range) => std::str::from_utf8(&file[range.clone()]).expect("was checked in `kept`"),
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text {}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
