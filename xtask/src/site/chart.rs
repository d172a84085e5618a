//! Bars along an axis as SVG: how long a stream keeps its events, and when versions of an event began and end.

use std::fmt::Write as _;

use tidings_generator::emit::Escape;

use super::figure::{CHARACTER, MARGIN, figure, linked};

/// Width of the axis, height of a row and of its bar, in pixels.
const AXIS: f64 = 560.0;
const ROW: f64 = 32.0;
const BAR: f64 = 24.0;

/// Bars below each other, above one axis.
#[derive(Debug, Default)]
pub(super) struct Chart {
    bars: Vec<Bar>,
    /// Places on the axis, from 0 to 1, and what stands below them.
    ticks: Vec<(f64, String)>,
}

/// A bar and what stands to the left of it.
#[derive(Debug)]
pub(super) struct Bar {
    /// `event`, `service` or `undo`: its colour.
    pub(super) kind: &'static str,
    pub(super) label: String,
    /// From where to where on the axis, from 0 to 1.
    pub(super) span: (f64, f64),
    pub(super) text: String,
    /// Relative to the page.
    pub(super) href: Option<String>,
    /// `orders-0 keeps events for 30d`
    pub(super) words: String,
}

impl Chart {
    pub(super) fn bar(&mut self, bar: Bar) {
        self.bars.push(bar);
    }

    pub(super) fn tick(&mut self, at: f64, text: String) {
        if (0.0..=1.0).contains(&at) {
            self.ticks.push((at, text));
        }
    }

    /// The chart as a figure with a text that says the same.
    pub(super) fn figure(&self, id: &str, title: &str) -> String {
        let longest = self.bars.iter().map(|bar| width(&bar.label)).fold(0.0, f64::max);
        let left = MARGIN + longest + 12.0;
        #[expect(clippy::cast_precision_loss, reason = "there are a few rows")]
        let below = MARGIN + self.bars.len() as f64 * ROW;
        let (wide, high) = (left + AXIS + MARGIN + 48.0, below + 28.0);
        let name = Escape::Html.apply(title);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"group\" aria-labelledby=\"{id}\" width=\"{wide:.0}\" \
             height=\"{high:.0}\" viewBox=\"0 0 {wide:.0} {high:.0}\"><title id=\"{id}\">{name}</title>\n"
        );
        for (at, text) in &self.ticks {
            let x = left + at * AXIS;
            let text = Escape::Html.apply(text);
            let _ = writeln!(
                svg,
                "<path class=\"tick\" d=\"M {x:.1} {MARGIN} V {below:.1}\"/>\
                 <text class=\"soft\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>",
                below + 18.0
            );
        }
        let mut top = MARGIN;
        for bar in &self.bars {
            let (from, to) = (left + bar.span.0 * AXIS, left + bar.span.1 * AXIS);
            let baseline = top + ROW / 2.0 + 4.5;
            // Text that is longer than its bar ends with the axis.
            let text = (from + 8.0).min(left + AXIS + 40.0 - width(&bar.text)).max(left);
            let inner = format!(
                "<title>{}</title><rect x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{BAR}\" rx=\"4\"/>\
                 <text x=\"{text:.1}\" y=\"{baseline:.1}\">{}</text>",
                Escape::Html.apply(&bar.words),
                top + (ROW - BAR) / 2.0,
                (to - from).max(4.0),
                Escape::Html.apply(&bar.text),
            );
            let _ = writeln!(
                svg,
                "<g class=\"{}\"><text x=\"{:.1}\" y=\"{baseline:.1}\" text-anchor=\"end\">{}</text>{}</g>",
                bar.kind,
                left - 12.0,
                Escape::Html.apply(&bar.label),
                linked(bar.href.as_deref(), &inner)
            );
            top += ROW;
        }
        svg.push_str("</svg>");
        figure(title, &svg, self.bars.iter().map(|bar| bar.words.as_str()))
    }
}

#[expect(clippy::cast_precision_loss, reason = "texts are short")]
fn width(text: &str) -> f64 {
    text.chars().count() as f64 * CHARACTER
}
