//! Graphs in layers, laid out by `layout-rs`: it places nodes and leads edges around them.

use std::fmt::Write as _;

use layout::core::base::Orientation;
use layout::core::format::{ClipHandle, RenderBackend};
use layout::core::geometry::Point;
use layout::core::style::{LineStyleKind, StyleAttr};
use layout::std_shapes::shapes::{Arrow, Element, LineEndKind, ShapeKind};
use layout::topo::layout::VisualGraph;

/// A point or a size, in pixels to the right and down.
pub(super) type Pair = (f64, f64);

/// What the layout draws, by the numbers of nodes and edges.
#[derive(Debug)]
pub(super) struct Drawing {
    pub(super) boxes: Vec<(usize, Pair, Pair)>,
    pub(super) arrows: Vec<(usize, String, (bool, bool))>,
    pub(super) least: Pair,
    pub(super) most: Pair,
}

impl Default for Drawing {
    fn default() -> Self {
        Self { boxes: Vec::new(), arrows: Vec::new(), least: (f64::MAX, f64::MAX), most: (f64::MIN, f64::MIN) }
    }
}

impl Drawing {
    /// Makes room for a point.
    pub(super) fn reach(&mut self, (x, y): Pair) {
        self.least = (self.least.0.min(x), self.least.1.min(y));
        self.most = (self.most.0.max(x), self.most.1.max(y));
    }
}

impl RenderBackend for Drawing {
    fn draw_rect(&mut self, xy: Point, size: Point, _: &StyleAttr, properties: Option<String>, _: Option<ClipHandle>) {
        if let Some(number) = properties.and_then(|number| number.parse().ok()) {
            self.boxes.push((number, (xy.x, xy.y), (size.x, size.y)));
            self.reach((xy.x, xy.y));
            self.reach((xy.x + size.x, xy.y + size.y));
        }
    }

    fn draw_line(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn draw_circle(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn draw_text(&mut self, _: Point, _: &str, _: &StyleAttr) {}

    fn draw_arrow(
        &mut self,
        path: &[(Point, Point)],
        _: bool,
        head: (bool, bool),
        _: &StyleAttr,
        properties: Option<String>,
        _: &str,
    ) {
        let Some(number) = properties.and_then(|number| number.parse().ok()) else { return };
        // The first pair leaves the first node, the others arrive: a curve, and smooth ones behind it.
        let [(from, leaves), (arrives, to), rest @ ..] = path else { return };
        let mut curve = format!(
            "M {:.1} {:.1} C {:.1} {:.1} {:.1} {:.1} {:.1} {:.1}",
            from.x, from.y, leaves.x, leaves.y, arrives.x, arrives.y, to.x, to.y
        );
        for (arrives, to) in rest {
            let _ = write!(curve, " S {:.1} {:.1} {:.1} {:.1}", arrives.x, arrives.y, to.x, to.y);
        }
        for point in path.iter().flat_map(|(one, other)| [*one, *other]) {
            self.reach((point.x, point.y));
        }
        self.arrows.push((number, curve, head));
    }

    fn create_clip(&mut self, _: Point, _: Point, _: usize) -> ClipHandle {
        0
    }
}

/// The graph of nodes of these sizes.
pub(super) fn drawing(sizes: &[Pair], edges: &[(usize, usize)], is_upright: bool) -> Drawing {
    let orientation = || if is_upright { Orientation::TopToBottom } else { Orientation::LeftToRight };
    let mut graph = VisualGraph::new(orientation());
    let look = StyleAttr::simple();
    let mut handles = Vec::new();
    for (number, size) in sizes.iter().enumerate() {
        let (shape, size) = (ShapeKind::new_box(""), Point::new(size.0, size.1));
        let element = Element::create_with_properties(shape, look.clone(), orientation(), size, number.to_string());
        handles.push(graph.add_node(element));
    }
    for (number, (from, to)) in edges.iter().enumerate() {
        let (Some(from), Some(to)) = (handles.get(*from), handles.get(*to)) else { continue };
        let arrow = Arrow::with_properties(
            LineEndKind::None,
            LineEndKind::Arrow,
            LineStyleKind::Normal,
            "",
            &look,
            number.to_string(),
            &None,
            &None,
        );
        graph.add_edge(arrow, *from, *to);
    }
    let mut drawing = Drawing::default();
    graph.do_it(false, false, false, &mut drawing);
    drawing
}
