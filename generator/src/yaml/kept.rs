//! A tree as bytes: what is kept of a file that was read without a finding, so that it need not be parsed again.
//!
//! Each node is its range, a tag, and what the tag asks for; numbers are LEB128 (DWARF 5, section 7.6). The bytes are
//! read by the build of the generator that wrote them, from a cache that verifies them; bytes that are no tree are none.

use super::{Entry, Kind, Node};
use crate::source::{FileId, Span};

mod tag {
    pub(super) const NULL: u8 = 0;
    pub(super) const FALSE: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    /// An integer from 0.
    pub(super) const NATURAL: u8 = 3;
    /// An integer below 0.
    pub(super) const NEGATIVE: u8 = 4;
    pub(super) const DECIMAL: u8 = 5;
    pub(super) const STRING: u8 = 6;
    pub(super) const SEQUENCE: u8 = 7;
    pub(super) const MAPPING: u8 = 8;
}

/// The tree without the file that it is from.
pub(crate) fn to_bytes(node: &Node) -> Vec<u8> {
    let mut out = Vec::new();
    write(node, &mut out);
    out
}

/// The tree of `file`; `None` when the bytes are not a tree.
pub(crate) fn from_bytes(bytes: &[u8], file: FileId) -> Option<Node> {
    let mut rest = Rest { bytes, file };
    let node = rest.node()?;
    rest.bytes.is_empty().then_some(node)
}

fn write(node: &Node, out: &mut Vec<u8>) {
    write_span(node.span, out);
    match &node.kind {
        Kind::Null => out.push(tag::NULL),
        Kind::Bool(false) => out.push(tag::FALSE),
        Kind::Bool(true) => out.push(tag::TRUE),
        Kind::Number(number) => write_number(number, out),
        Kind::String(text) => {
            out.push(tag::STRING);
            write_text(text, out);
        }
        Kind::Sequence(items) => {
            out.push(tag::SEQUENCE);
            write_natural(items.len() as u64, out);
            for item in items {
                write(item, out);
            }
        }
        Kind::Mapping(entries) => {
            out.push(tag::MAPPING);
            write_natural(entries.len() as u64, out);
            for entry in entries {
                write_text(&entry.key, out);
                write_span(entry.key_span, out);
                write(&entry.value, out);
            }
        }
    }
}

fn write_number(number: &serde_json::Number, out: &mut Vec<u8>) {
    if let Some(natural) = number.as_u64() {
        out.push(tag::NATURAL);
        write_natural(natural, out);
    } else if let Some(negative) = number.as_i64() {
        out.push(tag::NEGATIVE);
        write_natural(negative.unsigned_abs(), out);
    } else {
        out.push(tag::DECIMAL);
        out.extend(number.as_f64().unwrap_or(f64::NAN).to_le_bytes());
    }
}

fn write_span(span: Span, out: &mut Vec<u8>) {
    write_natural(span.start.into(), out);
    write_natural((span.end - span.start).into(), out);
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    write_natural(text.len() as u64, out);
    out.extend(text.as_bytes());
}

fn write_natural(mut number: u64, out: &mut Vec<u8>) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}

/// What is still to be read.
struct Rest<'b> {
    bytes: &'b [u8],
    file: FileId,
}

impl<'b> Rest<'b> {
    fn node(&mut self) -> Option<Node> {
        let span = self.span()?;
        let kind = match self.take(1)?[0] {
            tag::NULL => Kind::Null,
            tag::FALSE => Kind::Bool(false),
            tag::TRUE => Kind::Bool(true),
            tag::NATURAL => Kind::Number(self.natural()?.into()),
            tag::NEGATIVE => Kind::Number(0i64.checked_sub_unsigned(self.natural()?)?.into()),
            tag::DECIMAL => {
                Kind::Number(serde_json::Number::from_f64(f64::from_le_bytes(self.take(8)?.try_into().ok()?))?)
            }
            tag::STRING => Kind::String(self.text()?),
            tag::SEQUENCE => Kind::Sequence(self.several(Self::node)?),
            tag::MAPPING => Kind::Mapping(self.several(Self::entry)?),
            _ => return None,
        };
        Some(Node { span, kind })
    }

    fn several<T>(&mut self, one: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.count()?;
        let mut several = Vec::with_capacity(count);
        for _ in 0..count {
            several.push(one(self)?);
        }
        Some(several)
    }

    fn entry(&mut self) -> Option<Entry> {
        Some(Entry { key: self.text()?, key_span: self.span()?, value: self.node()? })
    }

    fn span(&mut self) -> Option<Span> {
        let start = u32::try_from(self.natural()?).ok()?;
        let end = start.checked_add(u32::try_from(self.natural()?).ok()?)?;
        Some(Span { file: self.file, start, end })
    }

    fn text(&mut self) -> Option<String> {
        let len = self.count()?;
        Some(std::str::from_utf8(self.take(len)?).ok()?.to_owned())
    }

    /// A number of things that take a byte or more each.
    fn count(&mut self) -> Option<usize> {
        usize::try_from(self.natural()?).ok().filter(|count| *count <= self.bytes.len())
    }

    fn natural(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::{from_bytes, to_bytes};
    use crate::source::FileId;
    use crate::yaml::{Limits, Node, parse};

    const TEXT: &str = "
base: &base { a: null, b: [true, false, ~], 'c d': \"x\\ny\" }
again: { <<: *base, a: *base }
numbers: [0, 127, 128, 18446744073709551615, -1, -9223372036854775808, 0.5, -1.5e300]
ü: |
  Many
  lines.
empty: [[], {}, '']
";

    fn tree(file: FileId) -> Node {
        let (tree, findings) = parse(TEXT, file, &Limits::default());
        assert!(findings.is_empty(), "{findings:?}");
        tree.expect("a tree")
    }

    #[test]
    fn a_tree_is_the_same_again() {
        let bytes = to_bytes(&tree(FileId(0)));
        assert_eq!(from_bytes(&bytes, FileId(7)).expect("a tree"), tree(FileId(7)));
    }

    #[test]
    fn bytes_that_are_no_tree_are_none() {
        let bytes = to_bytes(&tree(FileId(0)));
        for at in 0..bytes.len() {
            assert_eq!(from_bytes(&bytes[..at], FileId(0)), None, "cut at byte {at}");
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                let _ = from_bytes(&damaged, FileId(0));
            }
        }
        assert_eq!(from_bytes(&[bytes.as_slice(), &[0]].concat(), FileId(0)), None);
    }
}
