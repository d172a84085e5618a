//! What it costs to repeat a part of a tree.

use super::{Kind, Node};

/// What a subtree costs.
#[derive(Clone, Copy, Default)]
pub(super) struct Size {
    /// Values, itself included.
    pub(super) nodes: usize,
    pub(super) bytes: usize,
    /// Levels of mappings and sequences below it.
    pub(super) height: usize,
}

/// Rough bytes of a node beside its text.
const NODE_BYTES: usize = 16;

impl Size {
    pub(super) fn of(node: &Node) -> Self {
        let text = if let Kind::String(text) = &node.kind { text.len() } else { 0 };
        let items = node.items().iter().map(|item| (0, item));
        let entries = node.entries().iter().map(|entry| (entry.key.len(), &entry.value));
        let leaf = Self { nodes: 1, bytes: NODE_BYTES + text, height: 0 };
        items.chain(entries).fold(leaf, |sum, (key, child)| {
            let size = Self::of(child);
            Self {
                nodes: sum.nodes + size.nodes,
                bytes: sum.bytes + key + size.bytes,
                height: sum.height.max(size.height + 1),
            }
        })
    }
}
