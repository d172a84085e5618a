//! `changelog`: what has become of each event.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tidings_generator::diff::{self, Entry};
use tidings_generator::emit::{Escape, Templates};
use tidings_generator::model::{Event, Model};
use tidings_generator::pipeline;

use super::Document;
use crate::workspace::{CATALOGUE, Workspace};
use crate::{Ending, commands, git, output};

/// Tell what has become of each event
///
/// From its versions, or commit by commit with `--git`. Newest first.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One event only, such as `order.placed`
    event: Option<String>,
    /// Follow the catalogue through the commits of the current branch
    #[arg(long)]
    git: bool,
    /// How many commits are looked at, the latest
    #[arg(long, value_name = "N", default_value_t = 500, requires = "git")]
    commits: usize,
    /// Root file of the catalogue [default: catalogue/catalogue.yaml at the root of the workspace]
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// How the result is written, to stdout
    #[arg(long, value_enum, default_value_t = Document::Markdown)]
    format: Document,
}

pub(crate) fn run(args: &Args, workspace: &Workspace) -> anyhow::Result<Ending> {
    let Some(model) = commands::model(args.catalogue.as_deref(), workspace)? else { return Ok(Ending::Findings) };
    let mut history = if args.git {
        let catalogue = workspace.path(args.catalogue.as_deref(), CATALOGUE);
        followed(&catalogue, args.commits)?
    } else {
        model.events.iter().map(|(name, event)| (name.clone(), (event.clone(), diff::versions(event)))).collect()
    };
    if let Some(name) = &args.event {
        // An event that is gone has a history too.
        if !history.contains_key(name) {
            commands::event(&model, name)?;
        }
        history.retain(|event, _| event == name);
    }
    let entries: Vec<(&Event, Vec<Entry>)> =
        history.values().map(|(event, entries)| (event, entries.clone())).collect();
    let changelog = diff::changelog(&entries);
    output::result(&match args.format {
        Document::Json => format!("{changelog}\n"),
        Document::Markdown => {
            let templates = Templates::embedded()?;
            templates.render("changes/changelog.md", Escape::Markdown, &changelog)?
        }
    });
    Ok(Ending::Clean)
}

/// Events, as they were last, with what each commit did to them.
type History = BTreeMap<String, (Event, Vec<Entry>)>;

fn followed(catalogue: &Path, most: usize) -> anyhow::Result<History> {
    let mut history = History::new();
    let mut before: Option<Model> = None;
    let commits = git::history(catalogue, most)?;
    let is_cut = git::is_shallow() || commits.len() == most;
    for commit in &commits {
        let Some(model) = at(&commit.id, catalogue)? else {
            eprintln!("left out: at {} ({}) the catalogue cannot be understood", commit.short, commit.title);
            continue;
        };
        // Where the history is cut, nobody knows whether the first catalogue seen was the first.
        if before.is_none() && is_cut {
            eprintln!("what was before {} is not known; fetch more history, or look at more `--commits`", commit.short);
            before = Some(model);
            continue;
        }
        let old = before.take();
        let of = |model: Option<&Model>, name: &str| model.and_then(|model| model.events.get(name)).cloned();
        let names = old.iter().chain([&model]).flat_map(|model| model.events.keys().cloned());
        for name in names.collect::<std::collections::BTreeSet<_>>() {
            let (was, is) = (of(old.as_ref(), &name), of(Some(&model), &name));
            let changes = diff::changes(was.as_ref(), is.as_ref());
            let Some(event) = is.or(was).filter(|_| !changes.is_empty()) else { continue };
            let (known, entries) = history.entry(name).or_insert_with(|| (event.clone(), Vec::new()));
            *known = event;
            let (commit_name, title) = (Some(commit.short.clone()), Some(commit.title.clone()));
            entries.insert(0, Entry { day: commit.day.parse().ok(), commit: commit_name, title, changes });
        }
        before = Some(model);
    }
    Ok(history)
}

/// The catalogue at a commit; `None` where it has no meaning.
fn at(commit: &str, catalogue: &Path) -> anyhow::Result<Option<Model>> {
    let Some(files) = git::files_at(commit, catalogue)? else { return Ok(None) };
    let examined = pipeline::examine(&files.path().join(catalogue), commands::today(), None, &())?;
    Ok(examined.model)
}
