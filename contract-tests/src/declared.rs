//! What packages say of themselves: `[package.metadata.tidings]` in a `Cargo.toml`, held against the catalogue.
//!
//! ```toml
//! [package.metadata.tidings.services.payment-service]
//! publishes = ["payment.*"]
//! consumes = ["order.placed@2"]
//! ```

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::Metadata;
use serde::Deserialize;
use tidings_generator::model::{EventVersion, Model, Selection};
use tidings_generator::suggest;

use crate::evidence::Fault;

/// The services of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Name of the package.
    pub package: String,
    /// Its version, which is that of its services.
    pub version: String,
    /// By name.
    pub services: BTreeMap<String, Declaration>,
}

/// What a service says of itself. Patterns are those of the catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// What it publishes.
    #[serde(default)]
    pub publishes: Vec<String>,
    /// What it consumes.
    #[serde(default)]
    pub consumes: Vec<String>,
}

/// The table of a package.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    services: BTreeMap<String, Declaration>,
}

/// A table that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("`[package.metadata.tidings]` of package `{package}`: {cause}")]
pub struct DeclaredError {
    package: String,
    cause: serde_json::Error,
}

/// The packages of a workspace that have services, or only contract tests, in order of name.
///
/// # Errors
/// When a table is not what it should be.
pub fn declared(workspace: &Metadata) -> Result<Vec<Declared>, DeclaredError> {
    let mut found = Vec::new();
    for package in workspace.workspace_packages() {
        let Some(table) = package.metadata.get("tidings") else { continue };
        let unreadable = |cause| DeclaredError { package: package.name.to_string(), cause };
        let table = Table::deserialize(table).map_err(unreadable)?;
        let (package, version) = (package.name.to_string(), package.version.to_string());
        found.push(Declared { package, version, services: table.services });
    }
    found.sort_by(|one, other| one.package.cmp(&other.package));
    Ok(found)
}

impl Declaration {
    /// How it differs from what the catalogue says of the service.
    #[must_use]
    pub fn faults(&self, service: &str, model: &Model) -> Vec<Fault> {
        let Some(of_catalogue) = model.services.get(service) else {
            let near = suggest::nearest(service, model.services.keys().map(String::as_str));
            let help = near.map_or_else(|| "declare it there".to_owned(), |near| format!("did you mean `{near}`?"));
            return vec![Fault::new(format!("the catalogue has no service `{service}`; {help}"))];
        };
        let publishes = differences("publishes", &self.publishes, &of_catalogue.publishes, model);
        publishes.into_iter().chain(differences("consumes", &self.consumes, &of_catalogue.consumes, model)).collect()
    }
}

fn differences(what: &str, here: &[String], there: &[Selection], model: &Model) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut says: BTreeSet<EventVersion> = BTreeSet::new();
    for pattern in here {
        let (name, version) =
            pattern.split_once('@').map_or((pattern.as_str(), None), |(name, version)| (name, Some(version)));
        let number = version.map(str::parse).transpose();
        let found = number.map(|number| model.select(name, number)).unwrap_or_default();
        if found.is_empty() {
            let help = suggest::hint(name, model.events.keys().map(String::as_str));
            faults.push(Fault::new(format!(
                "`{what}` of its package says `{pattern}`, which the catalogue has not{help}"
            )));
        }
        says.extend(found);
    }
    let knows: BTreeSet<EventVersion> = there.iter().flat_map(|selection| selection.versions.iter().cloned()).collect();
    faults.extend(says.difference(&knows).map(|id| {
        Fault::new(format!(
            "its package says that it {what} `{id}`, and the catalogue does not: add it to `{what}` there"
        ))
    }));
    faults.extend(knows.difference(&says).map(|id| {
        Fault::new(format!(
            "the catalogue says that it {what} `{id}`, and its package does not: add it to `{what}` in \
             `[package.metadata.tidings]`"
        ))
    }));
    faults
}
