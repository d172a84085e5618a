//! Publishing ids of partitions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The next publishing id of each partition, from 1. In JSON, a list for each stream: `{"orders": [17, 1, 4]}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PublishingIds(BTreeMap<String, Vec<u64>>);

impl PublishingIds {
    /// The next id of a partition.
    #[must_use]
    pub fn next(&self, stream: &str, partition: u32) -> u64 {
        let next = self.0.get(stream).and_then(|ids| ids.get(partition as usize));
        next.copied().unwrap_or(1).max(1)
    }

    /// Uses up an id of a partition.
    pub(super) fn take(&mut self, stream: &str, partition: u32) -> u64 {
        // Most streams are known, and then no name is copied.
        if !self.0.contains_key(stream) {
            self.0.insert(stream.to_owned(), Vec::new());
        }
        let Some(ids) = self.0.get_mut(stream) else { return 1 };
        let index = partition as usize;
        if ids.len() <= index {
            ids.resize(index + 1, 1);
        }
        let id = ids[index].max(1);
        ids[index] = id + 1;
        id
    }

    /// At least the ids of `other`.
    pub(super) fn raise(&mut self, other: &Self) {
        for (stream, ids) in &other.0 {
            let own = self.0.entry(stream.clone()).or_default();
            own.resize(own.len().max(ids.len()), 1);
            own.iter_mut().zip(ids).for_each(|(own, id)| *own = (*own).max(*id));
        }
    }

    /// Every partition of which an id was used, with its next.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u32, u64)> {
        self.0.iter().flat_map(|(stream, ids)| {
            (0u32..).zip(ids).filter(|(_, id)| **id > 1).map(move |(partition, id)| (stream.as_str(), partition, *id))
        })
    }
}
