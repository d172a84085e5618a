//! ## What it does
//! Reports partition keys that are not required, or may be `null`, in some event of the stream.
//!
//! ## Why it matters
//! Events without the key all go to one partition, and out of order with those that have it.
//!
//! ## Example
//! ```yaml,fails
//! contexts:
//!   orders:
//!     types: { Order: { required: [total] } }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     types: { Order: { required: [order_id, total] } }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::{KeySource, Model};
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "partition-key-optional",
        summary: "a partition key that may be absent",
        level: Level::Error,
        group: Group::Lint,
        source: include_str!("partition_key_optional.rs"),
    },
    check,
};

fn check(model: &Model, _: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for stream in model.streams.values() {
        for key in &stream.partition_key {
            let KeySource::Data(path) = &key.source else { continue };
            for (_, version) in stream.carries.iter().filter_map(|id| model.version(id)) {
                if let Some((shape, false)) = version.payload.shape_at(path) {
                    out.push(
                        Diagnostic::new(
                            LINT.meta,
                            key.span,
                            format!("`{}` is not always there in `{}`", key.source, version.payload.root),
                        )
                        .related(shape.span, "not required, or `null`")
                        .why("events without it would lose their order")
                        .help("make the field required and never `null`, or use another key"),
                    );
                }
            }
        }
    }
}
