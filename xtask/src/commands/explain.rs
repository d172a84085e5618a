//! `explain`: the page of a rule, or the list of all.

use anyhow::anyhow;
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
    let text = match &args.rule {
        Some(id) => rules::explain(id).map_err(|reason| anyhow!(reason))?,
        None => rules::list(),
    };
    output::result(&text);
    Ok(Ending::Clean)
}
