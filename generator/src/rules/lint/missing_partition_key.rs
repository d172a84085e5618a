//! ## What it does
//! Reports streams with several partitions and no partition key.
//!
//! ## Why it matters
//! Events of one order would be spread over partitions and could overtake each other.
//!
//! ## Example
//! ```yaml,fails
//! defaults: { partition_key: null }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     streams: { orders: { partition_key: [tenant_id, data.order_id] } }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::Model;
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "missing-partition-key",
        summary: "a stream without a partition key",
        level: Level::Error,
        group: Group::Lint,
        source: include_str!("missing_partition_key.rs"),
    },
    check,
};

fn check(model: &Model, _: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for stream in model.streams.values().filter(|stream| stream.partition_key.is_empty() && stream.partitions > 1) {
        out.push(
            Diagnostic::new(LINT.meta, stream.place.name, format!("stream `{}` has no partition key", stream.name))
                .why("events of one aggregate could overtake each other")
                .help("add `partition_key: data.<id of the aggregate>` to it or to `defaults`"),
        );
    }
}
