//! Faults of the files themselves: not YAML, or not in the catalogue's format.
//!
//! These rules have no code of their own. [`crate::yaml`] and [`crate::load`] report them while reading.

pub mod alias_expansion;
pub mod bad_value;
pub mod duplicate_definition;
pub mod duplicate_key;
pub mod empty_file;
pub mod include_matches_nothing;
pub mod include_nested;
pub mod include_outside;
pub mod inexact_number;
pub mod missing_field;
pub mod not_utf8;
pub mod several_documents;
pub mod too_deep;
pub mod too_large;
pub mod too_many_findings;
pub mod unknown_field;
pub mod unknown_value;
pub mod unreadable_file;
pub mod unsupported_tag;
pub mod wrong_type;
pub mod yaml_syntax;

use crate::diagnostic::Meta;

/// Every rule of this group, by id.
pub const ALL: &[&Meta] = &[
    &alias_expansion::META,
    &bad_value::META,
    &duplicate_definition::META,
    &duplicate_key::META,
    &empty_file::META,
    &include_matches_nothing::META,
    &include_nested::META,
    &include_outside::META,
    &inexact_number::META,
    &missing_field::META,
    &not_utf8::META,
    &several_documents::META,
    &too_deep::META,
    &too_large::META,
    &too_many_findings::META,
    &unknown_field::META,
    &unknown_value::META,
    &unreadable_file::META,
    &unsupported_tag::META,
    &wrong_type::META,
    &yaml_syntax::META,
];

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn every_rule_has_a_page_and_a_place_in_the_order_of_ids() {
        assert!(ALL.is_sorted_by(|a, b| a.id < b.id));
        for meta in ALL {
            let page = meta.page();
            let headings: Vec<_> = page.lines().filter(|line| line.starts_with("# ")).collect();
            assert!(headings.starts_with(&["# What it does", "# Why it matters", "# Example"]), "{}: {page}", meta.id);
            assert!(meta.source.contains(&format!("id: \"{}\"", meta.id)), "{} includes another file", meta.id);
        }
    }
}
