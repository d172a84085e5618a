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

use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::{Event, Model, Version};
use crate::rules::lint::{Circumstances, Lint};

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

fn check(model: &Model, now: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    let events: Vec<_> = model.events.values().collect();
    let found: Vec<Vec<Diagnostic>> = events
        .par_iter()
        .filter_map(|event| {
            // Nothing to say is all that is remembered.
            let verdict = || {
                let found: Vec<_> = event.versions.values().flat_map(|version| refused(event, version)).collect();
                if found.is_empty() { Ok(String::new()) } else { Err(found) }
            };
            now.cache.get_or(&[LINT.meta.id], event, verdict).err()
        })
        .collect();
    out.extend(found.into_iter().flatten());
}

/// What is wrong with the examples of a version.
fn refused(event: &Event, version: &Version) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if version.examples.is_empty() {
        return found;
    }
    // A payload that was understood is a schema.
    let validator = jsonschema::options().should_validate_formats(true).build(&version.payload.schema);
    let Ok(validator) = validator else { return found };
    for (index, example) in version.examples.iter().enumerate() {
        if let Some(error) = validator.iter_errors(example).next() {
            let path = error.instance_path().to_string();
            let at = if path.is_empty() { String::new() } else { format!(" at `{path}`") };
            found.push(
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
    found
}
