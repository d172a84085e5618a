//! ## What it does
//! Reports streams of a catalogue with tenants whose partition key lacks `tenant_id`.
//!
//! ## Why it matters
//! Ids are unique within a tenant. Without the tenant, events of different tenants are taken for events of one
//! aggregate, and one that is stuck holds up the other.
//!
//! ## Example
//! ```yaml,fails
//! contexts:
//!   orders:
//!     streams: { orders: { partition_key: data.order_id } }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     streams: { orders: { partition_key: [tenant_id, data.order_id] } }
//! ```

use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::{KeySource, Model, TenancyMode};
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "tenant-not-in-key",
        summary: "a shared stream whose key does not carry the tenant",
        level: Level::Error,
        group: Group::Lint,
        source: include_str!("tenant_not_in_key.rs"),
    },
    check,
};

fn check(model: &Model, _: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    if model.tenancy != Some(TenancyMode::Partition) {
        return;
    }
    for stream in model.streams.values().filter(|stream| !stream.partition_key.is_empty()) {
        let Some(first) = stream.partition_key.iter().find(|key| key.source != KeySource::Tenant) else { continue };
        if stream.partition_key.iter().all(|key| key.source != KeySource::Tenant) {
            out.push(
                Diagnostic::new(
                    LINT.meta,
                    first.span,
                    format!("the key of stream `{}` does not carry the tenant", stream.name),
                )
                .related(stream.place.name, "the stream")
                .why("an event of one tenant that is stuck would hold up another tenant's")
                .help(format!("write `partition_key: [tenant_id, {}]`", first.source)),
            );
        }
    }
}
