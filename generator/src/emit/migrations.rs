//! `migrations/`: the tables that the runtime needs in a service's own database.
//!
//! A database may have applied a migration the day it was committed, so its text depends on nothing in the catalogue:
//! the catalogue decides only which files there are. Numbers are given once and for all; a change is a new number. The
//! writer refuses to rewrite a migration and never deletes one that is no longer needed.

use serde_json::json;

use crate::emit::{EmitError, Escape, OutFile, Target, Templates};
use crate::event_cache::EventCache;
use crate::model::{FlowStyle, Model};

/// The target.
#[derive(Debug)]
pub(super) struct Migrations;

/// Whether a catalogue needs a migration.
type Needed = fn(&Model) -> bool;

const MIGRATIONS: &[(&str, Needed)] = &[
    ("0001_outbox.sql", |_| true),
    ("0002_consumer.sql", |_| true),
    ("0003_failures.sql", |_| true),
    ("0004_projections.sql", |model| !model.projections.is_empty()),
    ("0005_sagas.sql", |model| model.flows.values().any(|flow| flow.style == FlowStyle::Orchestration)),
];

const DATABASES: &[&str] = &["postgres", "sqlite"];

impl Target for Migrations {
    fn name(&self) -> &'static str {
        "migrations"
    }

    fn about(&self) -> &'static str {
        "outbox, ledger, cursors and dead letters for PostgreSQL and SQLite"
    }

    fn emit(&self, model: &Model, templates: &Templates, _: &EventCache<'_>) -> Result<Vec<OutFile>, EmitError> {
        let files = MIGRATIONS.iter().filter(|(_, needed)| needed(model)).map(|(file, _)| file);
        let paths = DATABASES
            .iter()
            .flat_map(|database| files.clone().map(move |file| format!("migrations/{database}/{file}")));
        paths
            .map(|path| {
                let text = templates.render(&path, Escape::Sql, &json!({}))?;
                OutFile::new(path, text)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_migration_is_never_rewritten() {
        let templates = Templates::embedded().unwrap();
        let digests: Vec<_> = DATABASES
            .iter()
            .flat_map(|database| MIGRATIONS.iter().map(move |(file, _)| format!("migrations/{database}/{file}")))
            .map(|path| {
                let text = templates.render(&path, Escape::Sql, &json!({})).unwrap();
                format!("{path} {}", blake3::hash(text.as_bytes()).to_hex())
            })
            .collect();
        insta::assert_snapshot!(
            "digests",
            digests.join("\n"),
            "databases have applied these: add a migration instead of changing one"
        );
    }
}
