//! What `<<` means.

use std::collections::BTreeSet;

use super::{Entry, Kind, Node};

/// Inserts what `<<` brings in at the places where it stands; keys written out win, then earlier sources.
pub(super) fn merge(entries: Vec<Entry>, merges: Vec<(usize, Vec<Node>)>) -> Vec<Entry> {
    let mut taken: BTreeSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    let mut all = Vec::new();
    let mut merges = merges.into_iter().peekable();
    let mut bring_in = |position: usize, all: &mut Vec<Entry>| {
        while let Some((_, sources)) = merges.next_if(|(at, _)| *at <= position) {
            for source in sources {
                if let Kind::Mapping(entries) = source.kind {
                    all.extend(entries.into_iter().filter(|entry| taken.insert(entry.key.clone())));
                }
            }
        }
    };
    for (position, entry) in entries.into_iter().enumerate() {
        bring_in(position, &mut all);
        all.push(entry);
    }
    bring_in(usize::MAX, &mut all);
    all
}
