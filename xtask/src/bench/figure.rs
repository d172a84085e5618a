//! One number of a bench, and how all of them are printed.

use std::fmt::Write as _;

use clap::ValueEnum;
use serde_json::json;

/// How figures are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Layout {
    /// A table for people
    Table,
    /// One JSON object per line: bench, figure, value, unit, against, `against_value`, ratio
    Json,
}

/// One measured number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    /// What it is held against, in the same unit, measured in the same run.
    pub(crate) against: Option<(&'static str, f64)>,
}

impl Figure {
    pub(crate) fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit, against: None }
    }

    pub(crate) fn against(mut self, name: &'static str, value: f64) -> Self {
        self.against = Some((name, value));
        self
    }

    fn ratio(&self) -> Option<f64> {
        self.against.filter(|(_, value)| *value != 0.0).map(|(_, value)| self.value / value)
    }
}

/// What comes of two kinds of work that each keep all cores busy, when both have to be done: what they do in a second alone
/// becomes this.
#[cfg(feature = "services")]
pub(crate) fn by_turns(one: f64, other: f64) -> f64 {
    1.0 / (1.0 / one + 1.0 / other)
}

/// All figures of a bench as text, one per line.
pub(crate) fn render(bench: &str, figures: &[Figure], layout: Layout) -> String {
    match layout {
        Layout::Table => table(figures),
        Layout::Json => figures.iter().map(|figure| object(bench, figure) + "\n").collect(),
    }
}

fn object(bench: &str, figure: &Figure) -> String {
    json!({
        "bench": bench,
        "figure": figure.name,
        "value": figure.value,
        "unit": figure.unit,
        "against": figure.against.map(|(name, _)| name),
        "against_value": figure.against.map(|(_, value)| value),
        "ratio": figure.ratio(),
    })
    .to_string()
}

fn table(figures: &[Figure]) -> String {
    let width = figures.iter().map(|figure| figure.name.len()).max().unwrap_or_default();
    figures.iter().fold(String::new(), |mut text, figure| {
        let Figure { name, value, unit, .. } = figure;
        // Writing to a string does not fail.
        let _ = write!(text, "{name:width$}  {:>10} {unit:8}", number(*value));
        if let Some((against, value)) = figure.against {
            let ratio = figure.ratio().map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.3}"));
            let _ = write!(text, "  {ratio:>6} of {} {unit} ({against})", number(value));
        }
        let trimmed = text.trim_end().len();
        text.truncate(trimmed);
        text.push('\n');
        text
    })
}

/// Three significant digits, or all digits before the point, and no others for whole numbers.
fn number(value: f64) -> String {
    match value.abs() {
        value if value.fract() == 0.0 => format!("{value:.0}"),
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value if value >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// How often something happened in a second, since `began`.
#[cfg(feature = "services")]
pub(crate) fn rate(count: usize, began: std::time::Instant) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "no bench has 2^52 events")]
    let count = count as f64;
    count / began.elapsed().as_secs_f64()
}

/// The value that this share of them do not exceed; the largest where the share is 1.
#[cfg(feature = "services")]
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index"
    )]
    let index = (values.len() as f64 * share) as usize;
    values.get(index.min(values.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// The middle of several measurements of the same thing.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::{Figure, Layout, median, render};

    fn figures() -> [Figure; 2] {
        [
            Figure::new("cold run", 0.5, "s"),
            Figure::new("whole generation", 900.0, "events/s").against("typify and prettyplease alone", 1200.0),
        ]
    }

    #[test]
    fn a_table_shows_the_ratio_to_the_limit() {
        insta::assert_snapshot!(render("gen", &figures(), Layout::Table));
    }

    #[test]
    fn json_has_one_object_per_line_with_all_keys() {
        insta::assert_snapshot!(render("gen", &figures(), Layout::Json));
    }

    #[test]
    fn the_median_ignores_one_bad_run() {
        assert!((median(vec![3.0, 1.0, 900.0]) - 3.0).abs() < f64::EPSILON);
    }
}
