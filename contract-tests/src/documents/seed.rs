//! What makes the same documents again.

use std::fmt;
use std::str::FromStr;

/// What a run of documents begins with, written as sixteen hexadecimal digits; or what makes one document, with `=` before
/// them, whatever it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seed {
    number: u64,
    is_document: bool,
}

/// A text that is no seed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no seed, which is up to sixteen hexadecimal digits, or a document's, with `=` before them")]
pub struct InvalidSeed(String);

impl Seed {
    /// The seed of this number.
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self { number, is_document: false }
    }

    fn document(number: u64) -> Self {
        Self { number, is_document: true }
    }

    /// The seed that belongs to a name under this one: what is tried for one event does not depend on others. That of a
    /// document stays what it is.
    #[must_use]
    pub fn of(self, name: &str) -> Self {
        if self.is_document {
            return self;
        }
        // FNV-1a, 64 bits: the same on every machine and in every version of Rust, which is all that is asked of it.
        let hash = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        Self::new(mixed(self.number ^ hash))
    }

    /// The seeds of so many documents; of a document, its own.
    pub(super) fn cases(self, cases: u64) -> impl Iterator<Item = Self> {
        let cases = if self.is_document { cases.min(1) } else { cases };
        (0..cases).map(move |case| {
            Self::document(if self.is_document { self.number } else { mixed(self.number.wrapping_add(case)) })
        })
    }

    /// The seeds of attempts at one document, of which the first is this one.
    pub(super) fn attempts(self, tries: u64) -> impl Iterator<Item = Self> {
        (0..tries).map(move |attempt| {
            Self::document(if attempt == 0 { self.number } else { mixed(self.number ^ mixed(attempt).rotate_left(17)) })
        })
    }

    /// Another seed that follows from this one, also from that of a document.
    #[cfg(feature = "handlers")]
    pub(crate) fn next(self, step: u64) -> Self {
        Self { number: mixed(self.number ^ mixed(step)), ..self }
    }

    /// For a generator of random numbers.
    pub(crate) fn bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (index, chunk) in (0_u64..).zip(bytes.chunks_exact_mut(8)) {
            chunk.copy_from_slice(&mixed(self.number.wrapping_add(index)).to_le_bytes());
        }
        bytes
    }
}

/// A step of `SplitMix64` (Steele, Lea and Flood, 2014): near numbers become far ones.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:016x}", if self.is_document { "=" } else { "" }, self.number)
    }
}

impl FromStr for Seed {
    type Err = InvalidSeed;

    fn from_str(text: &str) -> Result<Self, InvalidSeed> {
        let digits = text.strip_prefix('=').unwrap_or(text);
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = is_hex.then(|| u64::from_str_radix(digits, 16).ok()).flatten();
        let number = number.ok_or_else(|| InvalidSeed(text.to_owned()))?;
        Ok(Self { number, is_document: digits.len() < text.len() })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Seed;

    #[test]
    fn a_seed_is_read_as_it_is_written() {
        let seed = Seed::new(0x1f);
        assert_eq!(seed.to_string(), "000000000000001f");
        assert_eq!("1f".parse(), Ok(seed));
        assert_eq!("=1f".parse::<Seed>().unwrap().to_string(), "=000000000000001f");
        for text in ["", "=", "+1", "g", "==1", "11112222333344445"] {
            assert!(text.parse::<Seed>().is_err(), "{text}");
        }
    }

    #[test]
    fn seeds_of_documents_differ_and_a_document_has_but_one() {
        let seed = Seed::new(7).of("order.placed@2");
        let cases: Vec<Seed> = seed.cases(1_000).collect();
        assert_eq!(cases.iter().map(ToString::to_string).collect::<BTreeSet<_>>().len(), 1_000);
        // Whatever it is asked for, and however many.
        assert_eq!(cases[17].of("valid").cases(9).collect::<Vec<_>>(), [cases[17]]);
        assert_ne!(seed, Seed::new(7).of("order.placed@1"));
    }
}
