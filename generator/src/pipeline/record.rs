//! What the last run read, found and left, so that a run with nothing to do ends at once.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::{Done, Examined, Memory, Outcome, Request};
use crate::diagnostic::{Diagnostic, Level};
use crate::digest::Digest;
use crate::rules;
use crate::rules::policy::Baseline;
use crate::source::{FileId, Sources, Span};
use crate::stamp::{Stamp, Stamps, modified};
use crate::write;

/// The last run into one output folder.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    /// Everything about the run that is not the contents of a file.
    settings: Digest,
    /// Files of the catalogue, in the order they were read.
    sources: Vec<PathBuf>,
    inputs: Stamps,
    /// Names in each folder where a new file could belong to the run.
    folders: BTreeMap<PathBuf, Digest>,
    outputs: Stamps,
    warnings: Vec<Warning>,
}

/// A [`Diagnostic`] of level warning.
#[derive(Debug, Serialize, Deserialize)]
struct Warning {
    rule: String,
    message: String,
    span: Option<Place>,
    label: String,
    related: Vec<(Place, String)>,
    why: Option<String>,
    help: Option<String>,
}

/// A [`Span`]: file, start and end.
type Place = (u32, u32, u32);

impl Record {
    /// The record of the last run into the same folder by the same build of the generator.
    pub(super) fn read(request: &Request<'_>, memory: &Memory<'_>) -> Option<Self> {
        let bytes = fs::read(path(request, memory)).ok()?;
        let (hash, bytes) = bytes.split_first_chunk()?;
        let record: Self = (Digest::of(bytes).as_bytes() == hash).then(|| postcard::from_bytes(bytes).ok())??;
        (record.settings == settings(request, memory)).then_some(record)
    }

    /// What is known about the output folder.
    pub(super) fn into_outputs(self) -> Stamps {
        self.outputs
    }

    /// The outcome of a run that would do nothing, if this is one.
    pub(super) fn repeat(&self, request: &Request<'_>) -> Option<Outcome> {
        let same_folders = || self.folders.iter().all(|(folder, names)| listing(folder).ok().as_ref() == Some(names));
        let nothing_new = self.inputs.hold(Path::new("")) && same_folders();
        if !nothing_new || !write::untouched(request.out, &self.outputs) {
            return None;
        }
        let mut sources = Sources::default();
        let mut diagnostics = Vec::new();
        if !self.warnings.is_empty() {
            for path in &self.sources {
                sources.add(path.clone(), fs::read_to_string(path).ok()?);
            }
            diagnostics = self.warnings.iter().map(Warning::to_diagnostic).collect::<Option<_>>()?;
        }
        // The manifest is no generated file.
        let files = self.outputs.0.len().saturating_sub(1);
        Some(Outcome { sources, diagnostics, done: Done::Current { files } })
    }
}

/// A record that is written when the run has ended well.
pub(super) struct Draft {
    file: NamedTempFile,
    /// The file system's clock when the run began.
    began: Option<u64>,
}

impl Draft {
    /// To be called before anything is read.
    pub(super) fn begin(memory: &Memory<'_>) -> io::Result<Self> {
        fs::create_dir_all(memory.folder)?;
        let file = NamedTempFile::new_in(memory.folder)?;
        let began = modified(&file.as_file().metadata()?);
        Ok(Self { file, began })
    }

    /// Keeps a run without errors, unless something it read has changed since it began.
    pub(super) fn save(
        self,
        request: &Request<'_>,
        memory: &Memory<'_>,
        examined: &Examined,
        outputs: &Stamps,
    ) -> io::Result<()> {
        let mut inputs = Stamps::default();
        for (_, source) in examined.sources.iter() {
            let stamp = self.stamp(&source.path, &fs::metadata(&source.path)?)?;
            if stamp.hash != Digest::of(&*source.text) {
                return Ok(());
            }
            inputs.0.insert(source.path.to_string_lossy().into_owned(), stamp);
        }
        let mut folders = BTreeMap::new();
        let searched = examined.folders.iter().map(|folder| (folder.clone(), false));
        let templates = request.templates.map(|folder| (folder.to_owned(), true));
        let mut open: Vec<(PathBuf, bool)> = searched.chain(templates).collect();
        while let Some((path, enter)) = open.pop() {
            let metadata = fs::metadata(&path)?;
            if modified(&metadata) >= self.began {
                return Ok(());
            }
            if metadata.is_dir() {
                folders.insert(path.clone(), listing(&path)?);
                if enter {
                    open.extend(fs::read_dir(&path)?.flatten().map(|entry| (entry.path(), true)));
                }
            } else {
                inputs.0.insert(path.to_string_lossy().into_owned(), self.stamp(&path, &metadata)?);
            }
        }
        let sources = examined.sources.iter().map(|(_, source)| source.path.clone()).collect();
        let warnings = examined.diagnostics.iter().map(Warning::new).collect();
        let settings = settings(request, memory);
        let record = Record { settings, sources, inputs, folders, outputs: outputs.clone(), warnings };
        let bytes = postcard::to_stdvec(&record).map_err(io::Error::other)?;
        (&self.file).write_all(Digest::of(&bytes).as_bytes())?;
        (&self.file).write_all(&bytes)?;
        self.file.persist(path(request, memory))?;
        Ok(())
    }

    fn stamp(&self, path: &Path, metadata: &fs::Metadata) -> io::Result<Stamp> {
        Ok(Stamp::new(metadata, Digest::of(fs::read(path)?)).settled(self.began))
    }
}

/// One record for each output folder.
fn path(request: &Request<'_>, memory: &Memory<'_>) -> PathBuf {
    let out = std::path::absolute(request.out).unwrap_or_else(|_| request.out.to_owned());
    let name = Digest::of(out.to_string_lossy().as_bytes()).to_string();
    memory.folder.join(format!("last-run-{}", &name[..16]))
}

fn settings(request: &Request<'_>, memory: &Memory<'_>) -> Digest {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let targets = request.targets.iter().map(|target| target.name().to_owned());
    let rest = [
        memory.build.to_owned(),
        path(request.catalogue),
        request.templates.map(path).unwrap_or_default(),
        request.today.to_string(),
        request.complete.to_string(),
        request.baseline.map(Baseline::to_text).unwrap_or_default(),
    ];
    Digest::of_parts(rest.into_iter().chain(targets))
}

/// A hash of the names in a folder.
fn listing(folder: &Path) -> io::Result<Digest> {
    let names: io::Result<Vec<_>> = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name())).collect();
    let mut names = names?;
    names.sort();
    Ok(Digest::of_parts(names.iter().map(|name| name.as_encoded_bytes())))
}

impl Warning {
    fn new(diagnostic: &Diagnostic) -> Self {
        let Diagnostic { rule, message, span, label, related, why, help, .. } = diagnostic.clone();
        Self {
            rule: rule.to_owned(),
            message,
            span: span.map(place),
            label,
            related: related.into_iter().map(|(span, text)| (place(span), text)).collect(),
            why,
            help,
        }
    }

    /// `None` when the rule is not known.
    fn to_diagnostic(&self) -> Option<Diagnostic> {
        let meta = rules::all().into_iter().find(|meta| meta.id == self.rule)?;
        Some(Diagnostic {
            rule: meta.id,
            level: Level::Warning,
            message: self.message.clone(),
            span: self.span.map(span),
            label: self.label.clone(),
            related: self.related.iter().map(|(place, text)| (span(*place), text.clone())).collect(),
            why: self.why.clone(),
            help: self.help.clone(),
        })
    }
}

fn place(span: Span) -> Place {
    (span.file.0, span.start, span.end)
}

fn span((file, start, end): Place) -> Span {
    Span { file: FileId(file), start, end }
}
