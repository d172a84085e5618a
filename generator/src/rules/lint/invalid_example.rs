//! ## What it does
//! Reports examples of an event version that do not satisfy its schema.
//!
//! ## Why it matters
//! People copy examples, and tests send them.
//!
//! ## Example
//! ```yaml,fails
//! contexts:
//!   orders:
//!     events: { order.placed: { versions: { 1: { examples: [{ order_id: 7 }] } } } }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     events: { order.placed: { versions: { 1: { examples: [{ order_id: o-1, total: 500 }] } } } }
//! ```

use chrono::NaiveDate;

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::Model;
use crate::rules::lint::Lint;

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "invalid-example",
        summary: "an example that its own schema refuses",
        level: Level::Error,
        group: Group::Lint,
        source: include_str!("invalid_example.rs"),
    },
    check,
};

fn check(model: &Model, _: NaiveDate, out: &mut Vec<Diagnostic>) {
    for (event, version) in model.versions().filter(|(_, version)| !version.examples.is_empty()) {
        let validator = jsonschema::options().should_validate_formats(true).build(&version.payload.schema);
        let Ok(validator) = validator else { continue };
        for (index, example) in version.examples.iter().enumerate() {
            if let Some(error) = validator.iter_errors(example).next() {
                let path = error.instance_path().to_string();
                let at = if path.is_empty() { String::new() } else { format!(" at `{path}`") };
                out.push(
                    Diagnostic::new(
                        LINT.meta,
                        version.place.name,
                        format!("example {} of `{}` does not satisfy its schema{at}", index + 1, version.id(event)),
                    )
                    .why(error.to_string())
                    .help("correct the example, or the schema"),
                );
            }
        }
    }
}
