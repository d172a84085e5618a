//! The commands, one file each.

mod bench;
mod breaking;
mod can_i_deploy;
mod changelog;
mod chaos;
mod compat;
mod contract;
mod demo;
mod diff;
mod docs;
mod explain;
mod generate;
mod import;
mod lint;
mod record;
mod services;
mod test;

pub(crate) use generate::build;

use std::path::Path;

use anyhow::Context as _;
use chrono::{NaiveDate, Utc};
use clap::{Subcommand, ValueEnum};
use tidings_generator::diagnostic::Level;
use tidings_generator::model::{Event, Model};
use tidings_generator::{pipeline, suggest};

use crate::workspace::{CATALOGUE, Workspace};
use crate::{Ending, output};

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Gen(generate::Args),
    Lint(lint::Args),
    Breaking(breaking::Args),
    Compat(compat::Args),
    Diff(diff::Args),
    Changelog(changelog::Args),
    Explain(explain::Args),
    Import(import::Args),
    Docs(docs::Args),
    Contract(contract::Args),
    CanIDeploy(can_i_deploy::Args),
    Record(record::Args),
    Test(test::Args),
    Services(services::Args),
    Demo(demo::Args),
    Bench(bench::Args),
    Chaos(chaos::Args),
}

impl Command {
    pub(crate) fn run(&self, workspace: &Workspace) -> anyhow::Result<Ending> {
        match self {
            Self::Gen(args) => generate::run(args, workspace),
            Self::Lint(args) => lint::run(args, workspace),
            Self::Breaking(args) => breaking::run(args, workspace),
            Self::Compat(args) => compat::run(args, workspace),
            Self::Diff(args) => diff::run(args, workspace),
            Self::Changelog(args) => changelog::run(args, workspace),
            Self::Explain(args) => explain::run(args),
            Self::Import(args) => import::run(args, workspace),
            Self::Docs(args) => docs::run(args, workspace),
            Self::Contract(args) => contract::run(args, workspace),
            Self::CanIDeploy(args) => can_i_deploy::run(args, workspace),
            Self::Record(args) => record::run(args, workspace),
            Self::Test(args) => test::run(args),
            Self::Services(args) => services::run(args),
            Self::Demo(args) => demo::run(args),
            Self::Bench(args) => bench::run(args, workspace),
            Self::Chaos(args) => chaos::run(args),
        }
    }
}

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Document {
    /// For people, and for pull requests
    Markdown,
    /// One object
    Json,
}

/// The catalogue as it stands; `None` where errors, which are printed, leave no meaning.
pub(crate) fn model(catalogue: Option<&Path>, workspace: &Workspace) -> anyhow::Result<Option<Model>> {
    let examined = pipeline::examine(&workspace.path(catalogue, CATALOGUE), today(), None, &())?;
    let errors: Vec<_> = examined.diagnostics.into_iter().filter(|finding| finding.level == Level::Error).collect();
    output::findings(&errors, &examined.sources);
    Ok(examined.model)
}

/// The event of this name.
pub(crate) fn event<'m>(model: &'m Model, name: &str) -> anyhow::Result<&'m Event> {
    model.events.get(name).with_context(|| {
        let help = suggest::hint(name, model.events.keys().map(String::as_str));
        format!("there is no event `{name}`{help}")
    })
}

/// The day that sunsets and expiries are held against, the same in every time zone.
pub(crate) fn today() -> NaiveDate {
    Utc::now().date_naive()
}
