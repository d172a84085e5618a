//! `compat`: what a change of a JSON Schema breaks.

use std::collections::BTreeMap;
use std::fs;
use std::panic;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use tidings_generator::compat::{self, Comparison, ContentModel, Direction, Finding, Schema, Verdict};
use tidings_generator::diagnostic::Diagnostic;
use tidings_generator::pointer;
use tidings_generator::source::{FileId, Sources, Span};
use tidings_generator::yaml::{self, Limits, Node};

use crate::workspace::Workspace;
use crate::{Ending, output};

/// Judge a change of a JSON Schema, without any catalogue
///
/// Drafts 4, 6, 7, 2019-09 and 2020-12. A reference may lead to a file beside the schema; in a batch, a schema must hold
/// everything it refers to. Ends with 1 unless the change is
/// compatible in every direction asked for: what is undecided counts as breaking.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File with the schema before the change
    #[arg(value_name = "OLD.json", required_unless_present = "batch")]
    old: Option<PathBuf>,
    /// File with the schema after the change
    #[arg(value_name = "NEW.json", required_unless_present = "batch")]
    new: Option<PathBuf>,
    /// Many changes: a file with `{"id": …, "old": {…}, "new": {…}}` on each line. Each gets a line of JSON, in the same
    /// order; one that cannot be judged says why under `error`
    #[arg(long, value_name = "FILE.jsonl", conflicts_with_all = ["old", "new", "format"])]
    batch: Option<PathBuf>,
    /// Which readers are to understand which documents
    #[arg(long, value_enum, default_value_t = Mode::Full)]
    mode: Mode,
    /// What the schemas say about fields that they do not declare
    #[arg(long, value_enum, default_value_t = Model::TolerantReader)]
    content_model: Model,
    /// How the result is written: `human` to stderr, `json` to stdout
    #[arg(long, value_enum, default_value_t = Output::Human)]
    format: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// Readers of the new schema read old documents
    Backward,
    /// Readers of the old schema read new documents
    Forward,
    /// Both
    Full,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Model {
    /// Readers ignore them, writers do not send them
    TolerantReader,
    /// They may hold anything, unless the schema forbids them
    AsWritten,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// With the places in both files, and a document that shows each break
    Human,
    /// One object
    Json,
}

/// Files that one schema may be spread over.
const MOST_FILES: usize = 1_000;

/// One line of a batch.
#[derive(Deserialize)]
struct Pair {
    id: Value,
    old: Value,
    new: Value,
}

pub(crate) fn run(args: &Args, workspace: &Workspace) -> anyhow::Result<Ending> {
    if let Some(batch) = &args.batch {
        return run_batch(&workspace.path(Some(batch), ""), args);
    }
    let (Some(old), Some(new)) = (&args.old, &args.new) else { bail!("name two files, or a batch") };
    let old = File::read(&workspace.path(Some(old), ""))?;
    let new = File::read(&workspace.path(Some(new), ""))?;
    let schema = |file: &File| {
        Schema::new(&file.json, args.content_model.into())
            .with_context(|| format!("cannot judge `{}`", file.path.display()))
    };
    let comparison = compat::compare(&schema(&old)?, &schema(&new)?);
    match args.format {
        Output::Json => output::result(&format!("{}\n", as_json(&comparison))),
        Output::Human => print(&comparison, args.mode, &old, &new),
    }
    Ok(args.mode.ending(&comparison))
}

/// A schema as it was read.
struct File {
    path: PathBuf,
    text: String,
    json: Value,
}

impl File {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let mut json = serde_json::from_str(&text).with_context(|| format!("`{}` is no JSON", path.display()))?;
        let mut others = BTreeMap::new();
        others_of(&json, path.parent().unwrap_or(Path::new("")), "", &mut others);
        if let Value::Object(schema) = &mut json
            && !others.is_empty()
        {
            // What is no object is reported as such.
            if let Value::Object(definitions) = schema.entry("$defs").or_insert_with(|| json!({})) {
                definitions.extend(others.into_iter().map(|(name, other)| (format!("file {name}"), other)));
            }
        }
        Ok(Self { path: path.to_owned(), text, json })
    }

    /// Makes places of the file known to diagnostics.
    fn places(&self, sources: &mut Sources) -> Places {
        let id = sources.add(&self.path, &*self.text);
        // JSON is YAML, whose reader knows where everything stands.
        let (tree, _) = yaml::parse(&self.text, id, &Limits::default());
        Places { id, tree }
    }
}

/// Adds the files that `schema` refers to, and those that they refer to. `schema` stands in the folder `below` of
/// `folder`; files go by their path from there, with an `$id` by which references find them. What is no file is left to
/// be reported.
fn others_of(schema: &Value, folder: &Path, below: &str, others: &mut BTreeMap<String, Value>) {
    match schema {
        Value::Object(map) => {
            if let Some(written) = map.get("$ref").and_then(Value::as_str)
                && let Some(name) = file_name(folder, below, written)
                && !others.contains_key(&name)
                && others.len() < MOST_FILES
                && let Ok(text) = fs::read_to_string(folder.join(&name))
                && let Ok(mut other @ Value::Object(_)) = serde_json::from_str::<Value>(&text)
            {
                // Draft 4 calls it by another name, and a file may say for itself which draft it is.
                let is_draft_4 =
                    |schema: &Value| schema["$schema"].as_str().is_some_and(|uri| uri.contains("draft-04"));
                let key = if is_draft_4(&other) { "id" } else { "$id" };
                if other.get(key).is_none() {
                    let id = written.split('#').next().unwrap_or_default();
                    other[key] = json!(format!("{below}{id}"));
                }
                others.insert(name.clone(), other.clone());
                let inner = name.rfind('/').map_or("", |end| &name[..=end]);
                others_of(&other, folder, inner, others);
            }
            map.values().for_each(|value| others_of(value, folder, below, others));
        }
        Value::Array(items) => items.iter().for_each(|item| others_of(item, folder, below, others)),
        _ => {}
    }
}

/// The file that a reference means, from `folder`; with `.json` where that is left out.
fn file_name(folder: &Path, below: &str, written: &str) -> Option<String> {
    let path = written.split('#').next().filter(|path| !path.is_empty() && !path.contains(':'))?;
    let name = format!("{below}{path}");
    [name.clone(), format!("{name}.json")].into_iter().find(|name| folder.join(name).is_file())
}

struct Places {
    id: FileId,
    tree: Option<Node>,
}

impl Places {
    /// What stands at `pointer`, or at the nearest place above that is there.
    fn at(&self, pointer: &str) -> Span {
        let parts = pointer::parts(pointer);
        let found = (0..=parts.len()).rev().find_map(|end| {
            let path = parts[..end].iter().map(String::as_str);
            // A key says more than its whole value.
            let node = self.tree.as_ref()?.at(path.clone())?;
            let parent = self.tree.as_ref()?.at(path.take(end.saturating_sub(1)))?;
            let key = parts.get(end.wrapping_sub(1)).and_then(|key| parent.entry(key));
            Some(key.map_or(node.span, |entry| entry.key_span))
        });
        found.unwrap_or(Span { file: self.id, start: 0, end: 0 })
    }
}

fn print(comparison: &Comparison, mode: Mode, old: &File, new: &File) {
    let mut sources = Sources::default();
    let (old, new) = (old.places(&mut sources), new.places(&mut sources));
    let diagnostics: Vec<Diagnostic> = mode
        .directions()
        .flat_map(|direction| comparison.of(direction).findings())
        .map(|finding| {
            Diagnostic::new(finding.rule, new.at(&finding.path_new), &*finding.message)
                .related(old.at(&finding.path_old), "before")
                .why(format!("this document shows it: {}", finding.witness))
        })
        .collect();
    output::findings(&diagnostics, &sources);
    for direction in mode.directions() {
        let verdict = comparison.of(direction);
        let reason = match verdict {
            Verdict::Undecided { reason } => format!(": {reason}"),
            _ => String::new(),
        };
        eprintln!("{}: {}{reason}", direction.as_str(), verdict.as_str());
    }
}

fn run_batch(path: &Path, args: &Args) -> anyhow::Result<Ending> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let results: Vec<(Value, Ending)> = lines
        .par_iter()
        .map(|line| match judged(line, args) {
            Ok((id, comparison)) => {
                let mut result = as_json(&comparison);
                result["id"] = id;
                (result, args.mode.ending(&comparison))
            }
            Err((id, error)) => (json!({ "id": id, "error": error }), Ending::Findings),
        })
        .collect();
    output::result(&results.iter().map(|(result, _)| format!("{result}\n")).collect::<Vec<_>>().concat());
    let is_clean = results.iter().all(|(_, ending)| *ending == Ending::Clean);
    Ok(if is_clean { Ending::Clean } else { Ending::Findings })
}

/// The result of a line, or its id, if it can be read, and what is wrong with it.
fn judged(line: &str, args: &Args) -> Result<(Value, Comparison), (Value, String)> {
    let line: Value = serde_json::from_str(line).map_err(|error| (Value::Null, format!("no JSON: {error}")))?;
    let id = line.get("id").cloned().unwrap_or_default();
    let failed = |error: String| (id.clone(), error);
    let pair: Pair = serde_json::from_value(line).map_err(|error| failed(error.to_string()))?;
    let schema = |side: &str, schema: &Value| {
        Schema::new(schema, args.content_model.into()).map_err(|error| failed(format!("{side}: {error}")))
    };
    let (old, new) = (schema("old", &pair.old)?, schema("new", &pair.new)?);
    // A fault in one comparison, ours or a library's, is not to stop the others.
    let comparison = panic::catch_unwind(|| compat::compare(&old, &new));
    comparison.map(|comparison| (pair.id, comparison)).map_err(|_| failed("the comparison failed".to_owned()))
}

fn as_json(comparison: &Comparison) -> Value {
    json!({
        "backward": comparison.backward.as_str(),
        "forward": comparison.forward.as_str(),
        "findings": comparison.findings().map(finding).collect::<Vec<_>>(),
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "rule": finding.rule.id,
        "direction": finding.direction.as_str(),
        "path_old": finding.path_old,
        "path_new": finding.path_new,
        "message": finding.message,
        "witness": finding.witness,
    })
}

impl Mode {
    fn directions(self) -> impl Iterator<Item = Direction> {
        Direction::ALL.into_iter().filter(move |direction| match self {
            Self::Backward => *direction == Direction::Backward,
            Self::Forward => *direction == Direction::Forward,
            Self::Full => true,
        })
    }

    fn ending(self, comparison: &Comparison) -> Ending {
        let is_compatible = self.directions().all(|direction| *comparison.of(direction) == Verdict::Compatible);
        if is_compatible { Ending::Clean } else { Ending::Findings }
    }
}

impl From<Model> for ContentModel {
    fn from(model: Model) -> Self {
        match model {
            Model::TolerantReader => Self::TolerantReader,
            Model::AsWritten => Self::AsWritten,
        }
    }
}
