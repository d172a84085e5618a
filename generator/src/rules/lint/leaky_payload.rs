//! ## What it does
//! Reports property names that belong to a database, such as `row_version` or `is_deleted`.
//!
//! ## Why it matters
//! Consumers come to depend on how a service stores its data, which then cannot change any more.
//!
//! ## Example
//! ```yaml,fails
//! contexts:
//!   orders:
//!     types: { Order: { properties: { row_version: { type: integer } } } }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     types: { Order: { properties: { revision: { type: integer } } } }
//! ```

use crate::case::snake_case;
use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::Model;
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "leaky-payload",
        summary: "names of storage in a payload",
        level: Level::Warning,
        group: Group::Lint,
        source: include_str!("leaky_payload.rs"),
    },
    check,
};

/// Names that speak of tables and not of the business.
const NAMES: &[&str] = &[
    "created_by_user_fk",
    "db_id",
    "deleted_at",
    "is_deleted",
    "last_modified_by",
    "optimistic_lock",
    "pk",
    "primary_key",
    "record_id",
    "record_version",
    "row_id",
    "row_number",
    "row_version",
    "rowid",
    "rowversion",
    "surrogate_key",
    "table_name",
    "xmin",
];
/// Beginnings and ends of such names.
const AFFIXES: (&[&str], &[&str]) = (&["tbl_", "fk_", "pk_", "col_", "db_"], &["_fk", "_pk", "_tbl", "_col"]);

fn check(_: &Model, now: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for (event, version, fields) in &now.payloads {
        for field in fields {
            let name = snake_case(field.name);
            let leaks = NAMES.contains(&&*name)
                || AFFIXES.0.iter().any(|prefix| name.starts_with(prefix))
                || AFFIXES.1.iter().any(|suffix| name.ends_with(suffix));
            if leaks {
                out.push(
                    Diagnostic::new(
                        LINT.meta,
                        field.span,
                        format!("`{}` of `{}` speaks of storage", field.path, version.id(event)),
                    )
                    .why("consumers would depend on how the data is stored")
                    .help("leave it out, or name what it means to the business"),
                );
            }
        }
    }
}
