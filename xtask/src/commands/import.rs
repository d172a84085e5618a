//! `import`: a catalogue from what a team has already.

use std::path::PathBuf;

use clap::Subcommand;
use tidings_generator::emit::OutFile;
use tidings_generator::import::{self, Effect, EventType, Note, Options};
use tidings_generator::write::{self, WriteError};

use super::generate::refused;
use crate::Ending;
use crate::output::{self, count};
use crate::workspace::Workspace;

/// Make a catalogue from what there is already
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    source: Source,
}

#[derive(Debug, Subcommand)]
enum Source {
    Schemas(Schemas),
}

/// Import directories of JSON Schemas, one payload each
///
/// What the payload profile cannot hold is rewritten where the meaning stays the same, and listed where it does not.
#[derive(Debug, clap::Args)]
struct Schemas {
    /// Directories to read, with everything below them; earlier releases first
    #[arg(required = true, value_name = "DIR")]
    directories: Vec<PathBuf>,
    /// Folder for the catalogue
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Name of the catalogue
    #[arg(long)]
    name: Option<String>,
    /// Put every event into this context, instead of one named by the first word of its type
    #[arg(long)]
    context: Option<String>,
    /// Where event types are found, in order of preference: a JSON pointer such as /properties/type/const, `id`,
    /// `title` or `file`
    #[arg(long, value_name = "PLACE")]
    event_type: Vec<EventType>,
    /// Overwrite files of the catalogue that are there already
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: &Args, workspace: &Workspace) -> anyhow::Result<Ending> {
    let Source::Schemas(args) = &args.source;
    let directories: Vec<PathBuf> = args.directories.iter().map(|folder| workspace.path(Some(folder), "")).collect();
    let out = workspace.path(Some(&args.out), "");
    let options =
        Options { name: args.name.clone(), context: args.context.clone(), event_type: args.event_type.clone() };
    let imported = import::schemas(&directories, &options)?;
    for note in &imported.notes {
        eprintln!("{}", line(note));
    }
    let files =
        imported.files.into_iter().map(|(path, text)| OutFile::new(path, text)).collect::<Result<Vec<_>, _>>()?;
    let number = files.len();
    match write::create(&out, files, args.force) {
        Ok(()) => {}
        Err(error @ (WriteError::Refused(_) | WriteError::Obstructed(_))) => return Ok(refused(&error, &out)),
        Err(error) => return Err(error.into()),
    }
    let import::Counts { schemas, events, versions, types, left_out } = imported.counts;
    output::result(&format!(
        "{}: {} of a catalogue with {}, {} and {}, from {}; {} left out\n",
        out.display(),
        count(number, "file"),
        count(events, "event"),
        count(versions, "version"),
        count(types, "shared type"),
        count(schemas, "schema"),
        count(left_out, "file"),
    ));
    Ok(Ending::Clean)
}

fn line(note: &Note) -> String {
    let effect = match note.effect {
        Effect::LeftOut => "left out",
        Effect::Loosened => "loosened",
        Effect::Tightened => "tightened",
        Effect::Chosen => "chosen",
    };
    let event = note.event.as_ref().map(|event| format!(" ({event})")).unwrap_or_default();
    let pointer = if note.pointer.is_empty() { String::new() } else { format!("#{}", note.pointer) };
    format!("{effect}: {}{pointer}{event}: {}", note.file, note.reason)
}
