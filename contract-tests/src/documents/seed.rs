//! What makes the same documents again.

use std::fmt;
use std::str::FromStr;

/// The beginning of a run of documents, or one of them. It is written as sixteen hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seed(u64);

/// A text that is no seed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no seed, which is up to sixteen hexadecimal digits")]
pub struct InvalidSeed(String);

impl Seed {
    /// The seed of this number.
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self(number)
    }

    /// The seed that belongs to a name under this one: what is tried for one event does not depend on others.
    #[must_use]
    pub fn of(self, name: &str) -> Self {
        // FNV-1a, 64 bits: the same on every machine and in every version of Rust, which is all that is asked of it.
        let hash = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        Self(mixed(self.0 ^ hash))
    }

    /// The seeds of so many documents. The first is this one, so that a document is the first of its own seed.
    pub(super) fn cases(self, cases: u64) -> impl Iterator<Item = Self> {
        (0..cases).map(move |case| if case == 0 { self } else { Self(mixed(self.0.wrapping_add(case))) })
    }

    /// The seeds of attempts at one document, of which the first is this one.
    pub(super) fn attempts(self, tries: u64) -> impl Iterator<Item = Self> {
        (0..tries).map(
            move |attempt| {
                if attempt == 0 { self } else { Self(mixed(self.0 ^ mixed(attempt).rotate_left(17))) }
            },
        )
    }

    /// For a generator of random numbers.
    pub(crate) fn bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (index, chunk) in (0_u64..).zip(bytes.chunks_exact_mut(8)) {
            chunk.copy_from_slice(&mixed(self.0.wrapping_add(index)).to_le_bytes());
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
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Seed {
    type Err = InvalidSeed;

    fn from_str(text: &str) -> Result<Self, InvalidSeed> {
        let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = is_hex.then(|| u64::from_str_radix(text, 16).ok()).flatten();
        number.map(Self).ok_or_else(|| InvalidSeed(text.to_owned()))
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
        for text in ["", "+1", "g", "11112222333344445"] {
            assert!(text.parse::<Seed>().is_err(), "{text}");
        }
    }

    #[test]
    fn seeds_of_documents_differ_and_a_document_is_the_first_of_its_own() {
        let seed = Seed::new(7).of("order.placed@2");
        let cases: Vec<Seed> = seed.cases(1_000).collect();
        assert_eq!(cases[0], seed);
        assert_eq!(cases.iter().map(ToString::to_string).collect::<BTreeSet<_>>().len(), 1_000);
        assert_eq!(cases[17].cases(1).next(), Some(cases[17]));
        assert_ne!(seed, Seed::new(7).of("order.placed@1"));
    }
}
