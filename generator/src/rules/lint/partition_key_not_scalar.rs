//! ## What it does
//! Reports partition keys whose field is not a text, a number or a boolean.
//!
//! ## Why it matters
//! There is no one way to write an object or a list as a key, so that producers in different languages would choose
//! different partitions.
//!
//! ## Example
//! ```yaml,fails
//! contexts:
//!   orders:
//!     types: { Order: { properties: { order_id: { type: array, items: { type: string } } } } }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     types: { Order: { properties: { order_id: { type: string } } } }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::{KeySource, Model};
use crate::payload::{Body, Kind, Payload, Shape};
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "partition-key-not-scalar",
        summary: "a partition key that is an object or a list",
        level: Level::Error,
        group: Group::Lint,
        source: include_str!("partition_key_not_scalar.rs"),
    },
    check,
};

fn check(model: &Model, _: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for stream in model.streams.values() {
        for key in &stream.partition_key {
            let KeySource::Data(path) = &key.source else { continue };
            for (_, version) in stream.carries.iter().filter_map(|id| model.version(id)) {
                if let Some((shape, _)) =
                    version.payload.shape_at(path).filter(|(shape, _)| !is_scalar(&version.payload, shape))
                {
                    out.push(
                        Diagnostic::new(
                            LINT.meta,
                            key.span,
                            format!("`{}` of `{}` is not a single value", key.source, version.payload.root),
                        )
                        .related(shape.span, "its type")
                        .why("producers in different languages would write it differently and choose different partitions")
                        .help("use a text, a number or a boolean as the key"),
                    );
                }
            }
        }
    }
}

fn is_scalar(payload: &Payload, shape: &Shape) -> bool {
    match &shape.kind {
        Kind::Bool | Kind::Integer(_) | Kind::Text(_) => true,
        Kind::Any | Kind::Number(_) | Kind::List { .. } | Kind::Map { .. } => false,
        Kind::Named(name) => match payload.type_def(name).map(|def| &def.body) {
            Some(Body::Enum(_)) => true,
            Some(Body::Alias(inner)) => is_scalar(payload, inner),
            _ => false,
        },
    }
}
