//! ## What it does
//! Reports properties whose name or format speaks of a person and that have no `x-classification`.
//!
//! ## Why it matters
//! Personal data that nobody has marked is kept too long, logged, and copied to where it must not be.
//!
//! ## Example
//! ```yaml,fails
//! contexts:
//!   orders:
//!     types: { Order: { properties: { email: { type: string, format: email } } } }
//! ```
//! Write instead:
//! ```yaml,passes
//! contexts:
//!   orders:
//!     types: { Order: { properties: { email: { type: string, format: email, x-classification: personal } } } }
//! ```

use crate::case::snake_case;
use crate::diagnostic::{Diagnostic, Group, Level, Meta};
use crate::model::Model;
use crate::payload::{FieldRow, Kind, TextFormat};
use crate::rules::lint::{Circumstances, Lint};

/// The rule.
pub(super) const LINT: Lint = Lint {
    meta: &Meta {
        id: "unclassified-personal-data",
        summary: "personal data that is not classified",
        level: Level::Error,
        group: Group::Lint,
        source: include_str!("unclassified_personal_data.rs"),
    },
    check,
};

/// Names of data about a person.
const NAMES: &[&str] = &[
    "birth_date",
    "birthday",
    "date_of_birth",
    "email",
    "email_address",
    "family_name",
    "first_name",
    "full_name",
    "given_name",
    "iban",
    "ip",
    "ip_address",
    "last_name",
    "maiden_name",
    "mobile",
    "mobile_number",
    "national_id",
    "passport_number",
    "phone",
    "phone_number",
    "postal_address",
    "recipient_name",
    "social_security_number",
    "ssn",
    "street",
    "surname",
    "tax_id",
    "telephone",
];

fn check(_: &Model, now: &Circumstances<'_>, out: &mut Vec<Diagnostic>) {
    for (event, version, fields) in &now.payloads {
        for field in fields {
            // A shared type is reported once for each payload that uses it only if it is not classified there.
            if field.classification.is_none() && is_personal(field) {
                out.push(
                    Diagnostic::new(
                        LINT.meta,
                        field.span,
                        format!("`{}` looks like personal data and is not classified", field.name),
                    )
                    .why(format!(
                        "unmarked, it is logged and kept like any other data; it is part of `{}`",
                        version.id(event)
                    ))
                    .help("add `x-classification: personal`, or another class if it is not about a person"),
                );
            }
        }
    }
    // One finding for each place, however many payloads share it.
    let mut seen = std::collections::BTreeSet::new();
    out.retain(|finding| finding.rule != LINT.meta.id || seen.insert(finding.span));
}

fn is_personal(field: &FieldRow<'_>) -> bool {
    let name = snake_case(field.name);
    let by_format = matches!(
        &field.shape.kind,
        Kind::Text(rules) if matches!(rules.format, Some(TextFormat::Email | TextFormat::Ipv4 | TextFormat::Ipv6))
    );
    let is_known = |known: &&str| name.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'));
    by_format || NAMES.iter().any(is_known)
}
