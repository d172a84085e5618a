//! Tera templates, embedded in the program and overridable from the user's workspace.
//!
//! Every value a template prints is escaped for the language it lands in. The language is named by the caller, never
//! guessed from a file name. Filters give Markdown more than plain text: `code` (a code span), `fenced` (a block of
//! code), `href` (where a link leads), and for prose that is itself Markdown `markdown` (blocks) and `line` (a line). `| safe` is for fragments that Rust has
//! already made safe.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::Serialize;
use tera::{Kwargs, State, Tera, Value};

use crate::digest::Digest;
use crate::emit::escape::{self, Escape};
use crate::emit::{EmitError, markdown};

macro_rules! embed {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../templates/", $name)))),*]
    };
}

/// Every template by name. A test compares this list with the folder.
const EMBEDDED: &[(&str, &str)] = embed![
    "changes/changelog.md",
    "changes/diff.md",
    "docs/calendar.md",
    "docs/context.md",
    "docs/event.md",
    "docs/flow.md",
    "docs/glossary.md",
    "docs/index.md",
    "docs/service.md",
    "docs/stream.md",
    "docs/team.md",
    "migrations/postgres/0001_outbox.sql",
    "migrations/postgres/0002_consumer.sql",
    "migrations/postgres/0003_failures.sql",
    "migrations/postgres/0004_projections.sql",
    "migrations/postgres/0005_sagas.sql",
    "migrations/sqlite/0001_outbox.sql",
    "migrations/sqlite/0002_consumer.sql",
    "migrations/sqlite/0003_failures.sql",
    "migrations/sqlite/0004_projections.sql",
    "migrations/sqlite/0005_sagas.sql",
    "ops/CODEOWNERS",
    "ops/broker.md",
    "ops/checklist.md",
    "ops/dead-letters.md",
    "site/page.html",
    "site/search.js",
    "site/style.css",
    "terraform/main.tf",
];

/// All templates of a run.
pub struct Templates {
    /// One instance per language, in the order of [`Escape::ALL`]: Tera binds the escape function to the instance.
    languages: [Tera; Escape::ALL.len()],
    digest: String,
}

impl Templates {
    /// The embedded templates.
    ///
    /// # Errors
    /// Never for a released generator: a test parses all of them.
    pub fn embedded() -> Result<Self, EmitError> {
        Self::new(&BTreeMap::new())
    }

    /// The embedded templates, each replaced by the file of the same relative name under `folder` where there is one.
    /// A folder that does not exist replaces nothing. Hidden files are not looked at.
    ///
    /// # Errors
    /// When a file cannot be read, is not a template, or has the name of no template.
    pub fn with_overrides(folder: &Path) -> Result<Self, EmitError> {
        let mut overrides = BTreeMap::new();
        if folder.exists() {
            read_folder(folder, "", &mut overrides)?;
        }
        Self::new(&overrides)
    }

    /// Fills `template`, such as `docs/event.md`, escaping every printed value for `escape`. The text ends with one line
    /// break.
    ///
    /// # Errors
    /// When the template names something `context` does not have.
    pub fn render(&self, template: &str, escape: Escape, context: &impl Serialize) -> Result<String, EmitError> {
        let fill = || self.languages[escape as usize].render(template, &tera::Context::from_serialize(context)?);
        let mut text = fill().map_err(|error| fault(template, &error))?;
        text.truncate(text.trim_end().len());
        text.push('\n');
        Ok(text)
    }

    /// A hash of all of them.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    fn new(overrides: &BTreeMap<String, String>) -> Result<Self, EmitError> {
        if let Some(name) = overrides.keys().find(|name| EMBEDDED.iter().all(|(known, _)| known != name)) {
            return Err(unknown(name));
        }
        let text = |name, embedded| overrides.get(name).map_or(embedded, String::as_str);
        let digest = Digest::of_parts(EMBEDDED.iter().map(|(name, embedded)| text(*name, *embedded)));
        let mut tera = Tera::new();
        // Every name ends in nothing: no template is left unescaped, whatever it is called.
        tera.autoescape_on([""]);
        tera.register_filter("code", |text: &str, _: Kwargs, _: &State<'_>| Value::safe_string(&escape::code(text)));
        tera.register_filter("fenced", |text: &str, arguments: Kwargs, _: &State<'_>| {
            let language: Option<&str> = arguments.get("language")?;
            Ok::<_, tera::Error>(Value::safe_string(&markdown::fenced(text, language.unwrap_or_default())))
        });
        tera.register_filter("href", |target: &str, _: Kwargs, _: &State<'_>| {
            Value::safe_string(&markdown::safe_target(target))
        });
        tera.register_filter("line", |text: &str, _: Kwargs, _: &State<'_>| {
            Value::safe_string(&markdown::markdown_line(text))
        });
        tera.register_filter("markdown", |text: &str, _: Kwargs, _: &State<'_>| {
            Value::safe_string(&markdown::markdown_block(text))
        });
        tera.add_raw_templates(EMBEDDED.iter().map(|(name, embedded)| (*name, text(*name, embedded))))
            .map_err(|error| fault("templates", &error))?;
        Ok(Self {
            digest: digest.to_string(),
            languages: Escape::ALL.map(|language| {
                let mut tera = tera.clone();
                tera.set_escape_fn(escape_fn(language));
                tera
            }),
        })
    }
}

/// Tera takes a plain function, so there is one per language.
fn escape_fn(language: Escape) -> tera::EscapeFn {
    fn write(language: Escape, text: &str, out: &mut dyn Write) -> std::io::Result<()> {
        out.write_all(language.apply(text).as_bytes())
    }
    match language {
        Escape::Markdown => |text, out| write(Escape::Markdown, text, out),
        Escape::Hcl => |text, out| write(Escape::Hcl, text, out),
        Escape::Html => |text, out| write(Escape::Html, text, out),
        Escape::Sql => |text, out| write(Escape::Sql, text, out),
        Escape::Plain => |text, out| write(Escape::Plain, text, out),
    }
}

/// Adds the files of `folder`, named by their path below the folder that was asked for.
fn read_folder(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) -> Result<(), EmitError> {
    let unreadable = |path: &Path, cause| EmitError::UnreadableTemplate { path: path.to_owned(), cause };
    for entry in std::fs::read_dir(folder).map_err(|cause| unreadable(folder, cause))? {
        let entry = entry.map_err(|cause| unreadable(folder, cause))?;
        let file_name = entry.file_name();
        let file_name = file_name.to_string_lossy();
        if file_name.starts_with('.') {
            continue;
        }
        let (path, name) = (entry.path(), format!("{prefix}{file_name}"));
        if entry.file_type().map_err(|cause| unreadable(&path, cause))?.is_dir() {
            read_folder(&path, &format!("{name}/"), found)?;
        } else {
            found.insert(name, std::fs::read_to_string(&path).map_err(|cause| unreadable(&path, cause))?);
        }
    }
    Ok(())
}

fn unknown(name: &str) -> EmitError {
    let nearest = EMBEDDED
        .iter()
        .map(|(known, _)| *known)
        .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
    EmitError::UnknownTemplate { template: name.to_owned(), nearest: nearest.unwrap_or_default() }
}

/// Tera's own words, with the place in front where it knows one.
fn fault(template: &str, error: &tera::Error) -> EmitError {
    let (template, cause) = match error.kind() {
        tera::ErrorKind::SyntaxError(report) | tera::ErrorKind::RenderingError(report) => {
            let (file, span) = (report.filename(), report.span());
            (format!("{file}:{}:{}", span.start_line, span.start_col + 1), report.message().to_owned())
        }
        _ => (template.to_owned(), error.to_string()),
    };
    EmitError::Template { template, cause }
}

#[cfg(test)]
mod tests;
