//! Nodes in columns, for graphs that a layered layout would take too long for: it makes a node of its own for each level that an
//! edge passes.

use super::layered::{Drawing, Pair};

/// Most places, nodes and levels that edges pass, of a layered layout. Its time grows with the square of them.
const MOST_PLACES: usize = 300;
/// What stays free between nodes, to the right and below, in pixels.
const GAP: Pair = (110.0, 16.0);

/// Whether a graph has too many places for a layered layout.
pub(super) fn are_needed(nodes: usize, edges: &[(usize, usize)]) -> bool {
    let levels = levels(nodes, edges);
    let passed = edges.iter().map(|(from, to)| levels[*from].abs_diff(levels[*to]).saturating_sub(1));
    nodes + passed.sum::<usize>() > MOST_PLACES
}

/// The graph of nodes of these sizes. Edges are curves that do not go around anything.
pub(super) fn drawing(sizes: &[Pair], edges: &[(usize, usize)]) -> Drawing {
    let places = places(sizes, edges);
    let mut drawing = Drawing::default();
    for (number, ((place, _), size)) in places.iter().zip(sizes).enumerate() {
        drawing.boxes.push((number, *place, *size));
        drawing.reach(*place);
        // And for the curves that leave it.
        drawing.reach((place.0 + size.0 + GAP.0 / 2.0, place.1 + size.1));
        drawing.reach((place.0 - GAP.0 / 2.0, place.1));
    }
    for (number, (from, to)) in edges.iter().enumerate() {
        let side = |node: usize, is_right: bool| {
            let ((x, y), size) = (places[node].0, sizes[node]);
            (if is_right { x + size.0 } else { x }, y + size.1 / 2.0)
        };
        let is_forward = places[*from].1 < places[*to].1;
        let is_back = places[*from].1 > places[*to].1;
        // Within a column it leaves and arrives on the right.
        let (start, end) = (side(*from, !is_back), side(*to, !is_forward));
        let bend = if is_back { -GAP.0 / 2.0 } else { GAP.0 / 2.0 };
        let arrival = if is_forward { -GAP.0 / 2.0 } else { GAP.0 / 2.0 };
        let path = format!(
            "M {:.1} {:.1} C {:.1} {:.1} {:.1} {:.1} {:.1} {:.1}",
            start.0,
            start.1,
            start.0 + bend,
            start.1,
            end.0 + arrival,
            end.1,
            end.0,
            end.1
        );
        drawing.arrows.push((number, path, (false, true)));
    }
    drawing
}

/// Where nodes of these sizes are, those that others lead to further to the right; and the column of each.
fn places(sizes: &[Pair], edges: &[(usize, usize)]) -> Vec<(Pair, usize)> {
    let levels = levels(sizes.len(), edges);
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|node| levels[*node]);
    // Somewhat higher than wide, because nodes are wider than high.
    let mut rows = 1;
    while rows * rows < sizes.len() * 2 {
        rows += 1;
    }
    let mut places = vec![((0.0, 0.0), 0); sizes.len()];
    let mut left = 0.0;
    for (column, members) in order.chunks(rows).enumerate() {
        let width = members.iter().map(|node| sizes[*node].0).fold(0.0, f64::max);
        let mut top = 0.0;
        for node in members {
            places[*node] = ((left + (width - sizes[*node].0) / 2.0, top), column);
            top += sizes[*node].1 + GAP.1;
        }
        left += width + GAP.0;
    }
    places
}

/// How many edges lead to each node, at most, one after the other. Edges that close a circle are taken the other way round.
fn levels(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    let mut before = vec![0; nodes];
    for &(from, to) in edges.iter().filter(|(from, to)| from != to) {
        let (from, to) = if leads(&next, to, from) { (to, from) } else { (from, to) };
        next[from].push(to);
        before[to] += 1;
    }
    let mut levels = vec![0; nodes];
    let mut ready: Vec<usize> = (0..nodes).filter(|node| before[*node] == 0).collect();
    while let Some(node) = ready.pop() {
        for &to in &next[node] {
            levels[to] = levels[to].max(levels[node] + 1);
            before[to] -= 1;
            if before[to] == 0 {
                ready.push(to);
            }
        }
    }
    levels
}

/// Whether there is a way from one node to another.
fn leads(next: &[Vec<usize>], from: usize, to: usize) -> bool {
    let mut seen = vec![false; next.len()];
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        if node == to {
            return true;
        }
        if !std::mem::replace(&mut seen[node], true) {
            open.extend(&next[node]);
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{are_needed, levels};

    #[test]
    fn circles_are_cut() {
        assert_eq!(levels(4, &[(0, 1), (1, 2), (2, 0), (0, 3), (3, 3)]), [0, 1, 2, 1]);
    }

    #[test]
    fn long_ways_need_columns() {
        let chain: Vec<_> = (0..199).map(|node| (node, node + 1)).collect();
        assert!(!are_needed(200, &chain));
        let with_jumps: Vec<_> = chain.iter().copied().chain((0..160).map(|node| (node, node + 30))).collect();
        assert!(are_needed(200, &with_jumps));
    }
}
