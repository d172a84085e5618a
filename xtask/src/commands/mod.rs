//! The commands, one file each.

mod bench;
mod breaking;
mod compat;
mod explain;
mod generate;
mod import;
mod lint;
mod services;
mod test;

pub(crate) use generate::build;

use chrono::{NaiveDate, Utc};
use clap::Subcommand;

use crate::Ending;
use crate::workspace::Workspace;

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Gen(generate::Args),
    Lint(lint::Args),
    Breaking(breaking::Args),
    Compat(compat::Args),
    Explain(explain::Args),
    Import(import::Args),
    Test(test::Args),
    Services(services::Args),
    Bench(bench::Args),
}

impl Command {
    pub(crate) fn run(&self, workspace: &Workspace) -> anyhow::Result<Ending> {
        match self {
            Self::Gen(args) => generate::run(args, workspace),
            Self::Lint(args) => lint::run(args, workspace),
            Self::Breaking(args) => breaking::run(args, workspace),
            Self::Compat(args) => compat::run(args, workspace),
            Self::Explain(args) => explain::run(args),
            Self::Import(args) => import::run(args, workspace),
            Self::Test(args) => test::run(args),
            Self::Services(args) => services::run(args),
            Self::Bench(args) => bench::run(args),
        }
    }
}

/// The day that sunsets and expiries are held against, the same in every time zone.
pub(crate) fn today() -> NaiveDate {
    Utc::now().date_naive()
}
