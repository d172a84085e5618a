//! Which partition an event goes to.

use std::fmt::{self, Display};

/// What keeps events in order: events with equal keys go to the same partition.
///
/// ```
/// use tidings::PartitionKey;
///
/// let key = PartitionKey::from_parts([&"acme" as &dyn std::fmt::Display, &42]);
/// assert_eq!(key.as_str(), "acme/42");
/// assert_ne!(PartitionKey::from_parts([&"a/b" as &dyn std::fmt::Display]), PartitionKey::from_parts([&"a" as &dyn std::fmt::Display, &"b"]));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionKey(String);

/// Seed with which RabbitMQ's clients hash routing keys of super streams.
const SEED: u32 = 104_729;

impl PartitionKey {
    /// The parts joined by `/`; `/` and `%` inside a part become `%2F` and `%25`, so that different parts never make
    /// the same key. No parts at all make the key `%`, which no part can be.
    pub fn from_parts<'a>(parts: impl IntoIterator<Item = &'a dyn Display>) -> Self {
        let parts: Vec<String> =
            parts.into_iter().map(|part| part.to_string().replace('%', "%25").replace('/', "%2F")).collect();
        if parts.is_empty() { Self("%".to_owned()) } else { Self(parts.join("/")) }
    }

    /// The key as it is sent with the event.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its partition among `partitions`, from 0: the same that RabbitMQ's own clients choose for this routing key.
    #[must_use]
    pub fn partition(&self, partitions: u32) -> u32 {
        murmur3_32(self.0.as_bytes(), SEED) % partitions.max(1)
    }
}

impl fmt::Display for PartitionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `MurmurHash3_x86_32` by Austin Appleby (public domain): twenty lines, so no dependency for it.
pub(crate) fn murmur3_32(bytes: &[u8], seed: u32) -> u32 {
    let scramble = |k: u32| k.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
    let mut blocks = bytes.chunks_exact(4);
    let mut hash = seed;
    for block in &mut blocks {
        let block = u32::from_le_bytes([block[0], block[1], block[2], block[3]]);
        hash = (hash ^ scramble(block)).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    let tail = blocks.remainder().iter().rev().fold(0, |tail, byte| (tail << 8) | u32::from(*byte));
    hash ^= scramble(tail);
    #[expect(clippy::cast_possible_truncation, reason = "the algorithm takes the length modulo 2^32")]
    let length = bytes.len() as u32;
    hash ^= length;
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_agrees_with_published_values() {
        for (text, seed, expected) in [
            ("", 0, 0),
            ("", 1, 0x514e_28b7),
            ("test", 0, 0xba6b_d213),
            ("Hello, world!", 0, 0xc036_3e43),
            ("The quick brown fox jumps over the lazy dog", 0x9747_b28c, 0x2fa8_26cd),
        ] {
            assert_eq!(murmur3_32(text.as_bytes(), seed), expected, "{text}");
        }
    }

    /// The table that RabbitMQ's Go, .NET, Python and Java stream clients share as a test, for three partitions.
    #[test]
    fn keys_go_where_other_clients_send_them() {
        for (key, partition) in [
            ("hello1", 1),
            ("hello2", 0),
            ("hello3", 1),
            ("hello4", 2),
            ("hello5", 0),
            ("hello6", 2),
            ("hello7", 0),
            ("hello8", 1),
            ("hello9", 0),
            ("hello10", 2),
            ("hello88", 1),
        ] {
            assert_eq!(PartitionKey::from_parts([&key as &dyn Display]).partition(3), partition, "{key}");
        }
    }

    #[test]
    fn different_parts_make_different_keys() {
        let lists: [&[&str]; 9] = [&[], &[""], &["", ""], &["%"], &["/"], &["%2F"], &["a/b"], &["a", "b"], &["a%2Fb"]];
        let keys: Vec<PartitionKey> =
            lists.iter().map(|parts| PartitionKey::from_parts(parts.iter().map(|part| part as &dyn Display))).collect();
        for (index, key) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(key), "{:?} makes a key that others make: {key}", lists[index]);
        }
    }

    #[test]
    fn a_stream_without_partitions_does_not_divide_by_zero() {
        assert_eq!(PartitionKey::from_parts([&"a" as &dyn Display]).partition(0), 0);
    }
}
