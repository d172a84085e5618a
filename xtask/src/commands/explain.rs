//! `explain`: the page of a rule, or the list of all.

use std::fmt::Write as _;

use anyhow::bail;
use tidings_generator::diagnostic::{Level, Meta};
use tidings_generator::rules;

use crate::{Ending, output};

/// Explain a rule, with examples, or list them all
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Id of the rule, as printed in brackets behind `error` or `warning`
    #[arg(required_unless_present = "list")]
    rule: Option<String>,
    /// List every rule: id, level and what it finds
    #[arg(long, conflicts_with = "rule")]
    list: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Ending> {
    let Some(id) = &args.rule else {
        output::result(&list());
        return Ok(Ending::Clean);
    };
    match rules().find(|meta| meta.id == id) {
        Some(meta) => output::result(&format!("{} ({})\n\n{}\n", meta.id, level(meta), meta.page().trim_end())),
        None => bail!("there is no rule `{id}`; `cargo xtask explain --list` names them all"),
    }
    Ok(Ending::Clean)
}

fn rules() -> impl Iterator<Item = &'static Meta> {
    rules::ALL.iter().copied().flatten().copied()
}

fn list() -> String {
    let mut rules: Vec<&Meta> = rules().collect();
    rules.sort_by_key(|meta| (meta.group, meta.id));
    let width = rules.iter().map(|meta| meta.id.len()).max().unwrap_or_default();
    rules.iter().fold(String::new(), |mut text, meta| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:width$}  {:7}  {}", meta.id, level(meta), meta.summary);
        text
    })
}

fn level(meta: &Meta) -> &'static str {
    match meta.level {
        Level::Error => "error",
        Level::Warning => "warning",
    }
}
