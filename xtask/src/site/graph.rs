//! Graphs as SVG, drawn so that nodes are links and colours follow the page's.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use tidings_generator::emit::Escape;

use super::figure::{CHARACTER, MARGIN, figure, linked};
use super::layered::{Drawing, Pair};
use super::{columns, layered};

/// Height of a node, and what stands beside its text, in pixels.
const NODE: (f64, f64) = (34.0, 24.0);
/// Longest text of a node, in characters; the whole is in its title.
const LONGEST: usize = 34;

/// Widest picture that may shrink, in pixels: text of a wider one could not be read any more.
const WIDEST: f64 = 1_100.0;

/// Who sends what to whom, or any other graph.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// From top to bottom, and not from left to right.
    is_upright: bool,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    known: BTreeSet<(usize, usize, bool)>,
}

#[derive(Debug)]
struct Node {
    kind: &'static str,
    label: String,
    /// Relative to the page.
    href: Option<String>,
    /// More than the label, for who points at it.
    title: String,
    is_here: bool,
}

#[derive(Debug)]
struct Edge {
    from: usize,
    to: usize,
    /// `order-service sends order.placed`
    words: String,
    is_dashed: bool,
}

impl Graph {
    /// A graph that goes from top to bottom.
    pub(super) fn upright() -> Self {
        Self { is_upright: true, ..Self::default() }
    }

    /// Adds a node, or finds the one of this kind and label.
    pub(super) fn node(&mut self, kind: &'static str, label: &str, href: Option<String>, title: &str) -> usize {
        if let Some(at) = self.nodes.iter().position(|node| node.kind == kind && node.label == label) {
            return at;
        }
        self.nodes.push(Node { kind, label: label.to_owned(), href, title: title.to_owned(), is_here: false });
        self.nodes.len() - 1
    }

    /// The node that the page is about.
    pub(super) fn here(&mut self, node: usize) {
        self.nodes[node].is_here = true;
        self.nodes[node].href = None;
    }

    pub(super) fn edge(&mut self, from: usize, to: usize, words: String, is_dashed: bool) {
        if self.known.insert((from, to, is_dashed)) {
            self.edges.push(Edge { from, to, words, is_dashed });
        }
    }

    /// How many nodes it has.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.edges.is_empty()
    }

    /// The graph as a figure with a text that says the same.
    pub(super) fn figure(&self, id: &str, title: &str) -> String {
        let mut svg = String::new();
        self.svg(&mut svg, id, title);
        figure(title, &svg, self.edges.iter().map(|edge| edge.words.as_str()))
    }

    fn svg(&self, out: &mut String, id: &str, title: &str) {
        let drawn = self.laid_out();
        let (width, height) =
            (drawn.most.0 - drawn.least.0 + 2.0 * MARGIN, drawn.most.1 - drawn.least.1 + 2.0 * MARGIN);
        let (left, top) = (drawn.least.0 - MARGIN, drawn.least.1 - MARGIN);
        let title = Escape::Html.apply(title);
        let class = if width > WIDEST { " class=\"large\"" } else { "" };
        let _ = writeln!(
            out,
            "<svg{class} xmlns=\"http://www.w3.org/2000/svg\" role=\"group\" aria-labelledby=\"{id}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" viewBox=\"{left:.0} {top:.0} {width:.0} {height:.0}\"><title id=\"{id}\">{title}</title>\
             <defs><marker id=\"{id}-head\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" markerHeight=\"7\" \
             orient=\"auto-start-reverse\"><path d=\"M 0 0 L 10 5 L 0 10 z\"/></marker></defs>"
        );
        for (number, path, head) in &drawn.arrows {
            let Some(edge) = self.edges.get(*number) else { continue };
            let class = if edge.is_dashed { " class=\"dashed\"" } else { "" };
            let start = if head.0 { format!(" marker-start=\"url(#{id}-head)\"") } else { String::new() };
            let end = if head.1 { format!(" marker-end=\"url(#{id}-head)\"") } else { String::new() };
            let words = Escape::Html.apply(&edge.words);
            let _ = writeln!(out, "<path{class} d=\"{path}\"{start}{end}><title>{words}</title></path>");
        }
        for (number, at, size) in &drawn.boxes {
            let Some(node) = self.nodes.get(*number) else { continue };
            let here = if node.is_here { " here" } else { "" };
            let (label, title) = (Escape::Html.apply(&short(&node.label)), Escape::Html.apply(&node.title));
            let (middle, baseline) = (at.0 + size.0 / 2.0, at.1 + size.1 / 2.0 + 4.5);
            let inner = format!(
                "<title>{title}</title><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"6\"/>\
                 <text x=\"{middle:.1}\" y=\"{baseline:.1}\" text-anchor=\"middle\">{label}</text>",
                at.0, at.1, size.0, size.1
            );
            let _ = writeln!(out, "<g class=\"{}{here}\">{}</g>", node.kind, linked(node.href.as_deref(), &inner));
        }
        out.push_str("</svg>");
    }

    fn laid_out(&self) -> Drawing {
        let size = |node: &Node| {
            #[expect(clippy::cast_precision_loss, reason = "a text has at most `LONGEST` characters")]
            let width = short(&node.label).chars().count() as f64 * CHARACTER + NODE.1;
            (width, NODE.0)
        };
        let sizes: Vec<Pair> = self.nodes.iter().map(size).collect();
        let edges: Vec<(usize, usize)> = self.edges.iter().map(|edge| (edge.from, edge.to)).collect();
        if columns::are_needed(sizes.len(), &edges) {
            columns::drawing(&sizes, &edges)
        } else {
            layered::drawing(&sizes, &edges, self.is_upright)
        }
    }
}

fn short(label: &str) -> String {
    match label.char_indices().nth(LONGEST) {
        Some(_) => label.chars().take(LONGEST - 1).chain(['…']).collect(),
        None => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Graph;

    /// Two hundred services, of which each sends to three others.
    fn large() -> Graph {
        let mut graph = Graph::default();
        let name = |number: usize| format!("area-{number}-service");
        for number in 0..200 {
            for step in [1, 7, 31] {
                let [one, other] = [number, (number + step) % 200]
                    .map(|it| graph.node("service", &name(it), Some(format!("{it}.html")), &name(it)));
                graph.edge(one, other, format!("{number} sends to {other}"), false);
            }
        }
        graph
    }

    #[test]
    fn nodes_of_a_large_picture_neither_cover_each_other_nor_leave_it() {
        let drawn = large().laid_out();
        assert_eq!(drawn.boxes.iter().map(|(number, ..)| number).collect::<BTreeSet<_>>().len(), 200);
        for (at, (number, place, size)) in drawn.boxes.iter().enumerate() {
            assert!(place.0 >= drawn.least.0 && place.1 >= drawn.least.1, "{number} is outside");
            assert!(place.0 + size.0 <= drawn.most.0 && place.1 + size.1 <= drawn.most.1, "{number} is outside");
            for (other, there, its) in &drawn.boxes[at + 1..] {
                let is_apart = place.0 + size.0 <= there.0
                    || there.0 + its.0 <= place.0
                    || place.1 + size.1 <= there.1
                    || there.1 + its.1 <= place.1;
                assert!(is_apart, "{number} covers {other}");
            }
        }
        let picture = large().figure("picture", "Who sends to whom");
        assert_eq!(picture.matches("<a href").count(), 200);
        assert_eq!(picture.matches("<li>").count(), 600);
        // It keeps its size, so that its text can be read, and is scrolled.
        assert!(picture.contains("<svg class=\"large\""), "{}", &picture[..400]);
    }
}
