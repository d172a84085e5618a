//! What is expensive to make, kept from run to run by a hash of everything it depends on.
//!
//! A cache is one file, safe to delete at any time, to which each run appends what it made. It is bound to one build
//! of the generator, and all that is kept is verified when it is used: a damaged file costs time, never correctness.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::digest::Digest;
use crate::text::Text;

const MAGIC: &[u8] = b"tidings cache 1\n";
/// Key, hash of what is kept, its length.
const HEAD: usize = 32 + 32 + 8;
/// What the last run did not use is kept up to this size: it is that of another branch or of other targets.
const MOST_BYTES: usize = 256 << 20;

/// Bytes by key. Shared by all threads of a run.
#[derive(Debug, Default)]
pub struct Cache {
    /// Where it is kept; `None`: nowhere.
    file: Option<PathBuf>,
    build: Vec<u8>,
    /// As far as the file is whole.
    bytes: Arc<Vec<u8>>,
    kept: HashMap<Digest, Kept>,
    made: Mutex<Vec<(Digest, Vec<u8>)>>,
    /// Texts that stay in memory; `None`: none do.
    held: Option<Mutex<HashMap<Digest, Held>>>,
}

/// A text in memory, and whether it was used since [`Cache::tidy`].
#[derive(Debug)]
struct Held {
    text: Text,
    is_used: bool,
}

/// Where something is in the file.
#[derive(Debug)]
struct Kept {
    hash: Digest,
    start: usize,
    len: usize,
    used: AtomicBool,
}

impl Cache {
    /// A cache that remembers nothing.
    #[must_use]
    pub fn off() -> Self {
        Self::default()
    }

    /// A cache for a process that makes the same things again and again. Of texts it remembers those that the last time
    /// used; bytes it does not.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { held: Some(Mutex::default()), ..Self::default() }
    }

    /// Forgets texts in memory that were not used since it was tidied last.
    pub fn tidy(&mut self) {
        let Some(held) = &mut self.held else { return };
        let held = held.get_mut().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, held| std::mem::take(&mut held.is_used));
    }

    /// The cache in `file`, as far as the same `build` of the generator wrote it.
    #[must_use]
    pub fn open(file: impl Into<PathBuf>, build: &str) -> Self {
        let file = file.into();
        let build = [MAGIC, Digest::of(build).as_bytes()].concat();
        let mut bytes = fs::read(&file).unwrap_or_default();
        let (kept, whole) = if bytes.starts_with(&build) { index(&bytes, build.len()) } else { (HashMap::new(), 0) };
        bytes.truncate(whole);
        Self { file: Some(file), build, bytes: bytes.into(), kept, made: Mutex::default(), held: None }
    }

    /// Whether anything is remembered.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.file.is_some() || self.held.is_some()
    }

    /// The text under `key`, made if it is not known. Equal keys must mean equal texts.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn get_or<E>(&self, key: Digest, make: impl FnOnce() -> Result<String, E>) -> Result<Text, E> {
        let known = self.kept.get(&key).and_then(|kept| kept.used(Text::kept(&self.bytes, kept.range(), kept.hash)));
        if let Some(text) = known {
            return Ok(text);
        }
        if let Some(text) = self.held(&key) {
            return Ok(text);
        }
        let text = make()?;
        self.keep(key, || text.clone().into_bytes());
        let text = Text::from(text);
        if let Some(held) = &self.held {
            let held_text = Held { text: text.clone(), is_used: true };
            held.lock().unwrap_or_else(PoisonError::into_inner).insert(key, held_text);
        }
        Ok(text)
    }

    /// What is in memory under `key`.
    fn held(&self, key: &Digest) -> Option<Text> {
        let mut all = self.held.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let held = all.get_mut(key)?;
        held.is_used = true;
        Some(held.text.clone())
    }

    /// What an earlier run kept under `key`.
    #[must_use]
    pub fn get(&self, key: &Digest) -> Option<&[u8]> {
        let kept = self.kept.get(key)?;
        kept.used(self.bytes.get(kept.range()).filter(|bytes| Digest::of(bytes) == kept.hash))
    }

    /// Keeps bytes for later runs, if there is a file for them. Equal keys must mean equal bytes.
    pub fn keep(&self, key: Digest, bytes: impl FnOnce() -> Vec<u8>) {
        if self.file.is_some() {
            self.made.lock().unwrap_or_else(PoisonError::into_inner).push((key, bytes()));
        }
    }

    /// Writes what was made in this run, if anything. What was used stays, the rest as long as there is room.
    ///
    /// # Errors
    /// When the file cannot be written. The next run is slow then, and right.
    pub fn save(self) -> io::Result<()> {
        let mut made = self.made.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (Some(file), false) = (self.file, made.is_empty()) else { return Ok(()) };
        made.sort_unstable_by(|(a, _), (b, _)| a.as_bytes().cmp(b.as_bytes()));
        made.dedup_by(|(a, _), (b, _)| a == b);
        let new: usize = made.iter().map(|(_, bytes)| HEAD + bytes.len()).sum();
        let used: Vec<_> = self.kept.iter().filter(|(_, kept)| kept.used.load(Ordering::Relaxed)).collect();
        let needed = new + used.iter().map(|(_, kept)| HEAD + kept.len).sum::<usize>();

        let has_room = self.bytes.len() + new <= MOST_BYTES.max(2 * needed);
        if has_room && !self.bytes.is_empty() {
            let mut end = File::options().write(true).open(&file)?;
            end.set_len(self.bytes.len() as u64)?;
            end.seek(SeekFrom::End(0))?;
            return write(end, &made, &[], &self.bytes).map(drop);
        }
        let folder = file.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder)?;
        let mut all = tempfile::NamedTempFile::new_in(folder)?;
        all.write_all(&self.build)?;
        write(all, &made, &used, &self.bytes)?.persist(file)?;
        Ok(())
    }
}

impl Kept {
    fn range(&self) -> Range<usize> {
        self.start..self.start + self.len
    }

    /// Notes that it was of use, if it was.
    fn used<T>(&self, use_of_it: Option<T>) -> Option<T> {
        self.used.fetch_or(use_of_it.is_some(), Ordering::Relaxed);
        use_of_it
    }
}

/// Where everything is, and where the last that is whole ends.
fn index(bytes: &[u8], mut at: usize) -> (HashMap<Digest, Kept>, usize) {
    let mut kept = HashMap::new();
    while let Some(head) = bytes.get(at..at + HEAD) {
        let digest = |from: usize| head[from..from + 32].try_into().map(Digest::from_bytes);
        let len = head[64..].try_into().map(u64::from_le_bytes);
        let (Ok(key), Ok(hash), Ok(len)) = (digest(0), digest(32), len) else { break };
        let start = at + HEAD;
        let end = usize::try_from(len).ok().and_then(|len| start.checked_add(len)).filter(|end| *end <= bytes.len());
        let Some(end) = end else { break };
        // What turned out to be damaged was made again: the later one counts.
        kept.insert(key, Kept { hash, start, len: end - start, used: AtomicBool::new(false) });
        at = end;
    }
    (kept, at)
}

/// Writes `made`, and of what is in `bytes` already, `kept`.
fn write<W: io::Write>(out: W, made: &[(Digest, Vec<u8>)], kept: &[(&Digest, &Kept)], bytes: &[u8]) -> io::Result<W> {
    let mut out = io::BufWriter::new(out);
    let made = made.iter().map(|(key, bytes)| (key, Digest::of(bytes), bytes.as_slice()));
    let kept = kept.iter().map(|(key, kept)| (*key, kept.hash, &bytes[kept.range()]));
    for (key, hash, bytes) in made.chain(kept) {
        out.write_all(key.as_bytes())?;
        out.write_all(hash.as_bytes())?;
        out.write_all(&(bytes.len() as u64).to_le_bytes())?;
        out.write_all(bytes)?;
    }
    out.into_inner().map_err(io::IntoInnerError::into_error)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::fs;
    use std::path::Path;

    use super::{Cache, Digest};

    /// The texts under keys 0 to 2, and how many of them had to be made.
    fn run(file: &Path, build: &str) -> (Vec<String>, usize) {
        let cache = Cache::open(file, build);
        let mut made = 0;
        let mut text = |n: u8| {
            let make = || {
                made += 1;
                Ok::<_, Infallible>(format!("text {n}"))
            };
            cache.get_or(Digest::of([n]), make).unwrap()
        };
        let texts = (0..3).map(|n| text(n).to_string()).collect();
        cache.save().unwrap();
        (texts, made)
    }

    #[test]
    fn a_text_is_made_once_per_build() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/texts");
        let (first, made) = run(&file, "build 1");
        assert_eq!(made, 3);
        assert_eq!(run(&file, "build 1"), (first.clone(), 0));
        assert_eq!(run(&file, "build 2"), (first, 3));
    }

    #[test]
    fn unused_texts_stay_while_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("texts");
        run(&file, "build");
        let cache = Cache::open(&file, "build");
        cache.get_or(Digest::of("other"), || Ok::<_, Infallible>("other".to_owned())).unwrap();
        cache.save().unwrap();
        assert_eq!(run(&file, "build").1, 0);
    }

    #[test]
    fn a_damaged_file_is_never_believed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("texts");
        let (texts, _) = run(&file, "build");
        let whole = fs::read(&file).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x20;
            fs::write(&file, &damaged).unwrap();
            assert_eq!(run(&file, "build").0, texts, "byte {at} changed");
            fs::write(&file, &whole[..at]).unwrap();
            assert_eq!(run(&file, "build").0, texts, "cut at byte {at}");
        }
    }
}
