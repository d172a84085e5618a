//! One file to text, or to the reason why it is none.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Meta};
use crate::rules::format::{not_utf8, too_large, unreadable_file};
use crate::source::{FileId, Span};
use crate::yaml::Limits;

/// A file as read.
pub(super) struct Contents {
    /// Without a byte order mark; what can be shown of the file when there is a fault.
    pub(super) text: Arc<str>,
    pub(super) fault: Option<Fault>,
}

/// Why a file cannot be parsed.
pub(super) struct Fault {
    meta: &'static Meta,
    start: usize,
    end: usize,
    message: String,
    help: &'static str,
}

impl Fault {
    /// The finding, in the file it was found in.
    pub(super) fn at(self, file: FileId) -> Diagnostic {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let span = Span { file, start: offset(self.start), end: offset(self.end) };
        Diagnostic::new(self.meta, span, self.message).help(self.help)
    }
}

/// Reads a file, but not more of it than the limit.
pub(super) fn read(path: &Path, limits: &Limits) -> io::Result<Contents> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(limits.file_bytes).unwrap_or(u64::MAX);
    File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(Contents::of(bytes, limits))
}

impl Contents {
    /// What a file of these bytes says.
    pub(super) fn of(bytes: Vec<u8>, limits: &Limits) -> Self {
        if bytes.len() > limits.file_bytes {
            let message = format!("this file has more than {} bytes", limits.file_bytes);
            return Self::without_text(&too_large::META, message, "split it into several files");
        }
        match String::from_utf8(bytes) {
            Ok(text) => Self { text: text.strip_prefix('\u{feff}').unwrap_or(&text).into(), fault: None },
            Err(error) => Self::not_utf8(error.as_bytes(), error.utf8_error().valid_up_to()),
        }
    }

    /// An included file that the operating system refuses.
    pub(super) fn unreadable(cause: &io::Error) -> Self {
        let message = format!("this file cannot be read: {cause}");
        Self::without_text(&unreadable_file::META, message, "check that it exists and that you may read it")
    }

    fn without_text(meta: &'static Meta, message: String, help: &'static str) -> Self {
        Self { text: "".into(), fault: Some(Fault { meta, start: 0, end: 0, message, help }) }
    }

    fn not_utf8(bytes: &[u8], valid: usize) -> Self {
        let (message, help) = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            ("this file is UTF-16, not UTF-8", "save it as UTF-8, for example with `iconv -f UTF-16 -t UTF-8`")
        } else {
            ("this file is not UTF-8 from here on", "save it as UTF-8")
        };
        // What is valid keeps its offsets; the rest is shown as replacement characters.
        let text: Arc<str> = String::from_utf8_lossy(bytes).into();
        let end = text[valid..].chars().next().map_or(valid, |first| valid + first.len_utf8());
        Self { text, fault: Some(Fault { meta: &not_utf8::META, start: valid, end, message: message.into(), help }) }
    }
}
