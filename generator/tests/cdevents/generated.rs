//! The generated crate, compiled in a workspace of its own, and asked to read documents.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use heck::ToSnakeCase;
use serde_json::Value;
use tidings_generator::emit::{TARGETS, Templates};
use tidings_generator::event_cache::EventCache;
use tidings_generator::model::Model;

/// What the generated types made of a document.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    Refused(String),
    /// Read, and written again.
    Accepted(Value),
}

/// A compiled program that reads documents with the generated types.
pub(crate) struct Reader {
    folder: PathBuf,
    program: PathBuf,
}

impl Reader {
    /// Writes and compiles the crate below `folder`. What did not change is not compiled again.
    pub(crate) fn compile(model: &Model, folder: &Path) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let runtime = root.join("runtime").canonicalize().expect("the runtime is there");
        let target = TARGETS.iter().find(|target| target.name() == "rust").expect("there is a Rust target");
        let templates = Templates::embedded().expect("templates are well-formed");
        for file in target.emit(model, &templates, &EventCache::off()).expect("a checked model can be generated") {
            write(&folder.join(file.path), &file.contents);
        }
        let runtime = toml_text(&runtime);
        write(
            &folder.join("Cargo.toml"),
            &format!(
                "[workspace]\nresolver = \"3\"\nmembers = [\"events\", \"reader\"]\n\n[workspace.dependencies]\n\
                 tidings = {{ path = {runtime} }}\n"
            ),
        );
        write(
            &folder.join("reader/Cargo.toml"),
            "[package]\nname = \"reader\"\nedition = \"2024\"\n\n[dependencies]\n\
             events = { path = \"../events\", features = [\"full\"] }\nserde_json = \"1\"\n\
             tidings = { workspace = true }\n",
        );
        write(&folder.join("reader/src/main.rs"), &main(model));
        // The same versions as here: nothing new to fetch.
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("a writable folder");
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--manifest-path"])
            .arg(folder.join("Cargo.toml"))
            .env("CARGO_TARGET_DIR", folder.join("target"))
            .output()
            .expect("cargo is there");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        Self { folder: folder.to_owned(), program: folder.join("target/debug/reader") }
    }

    /// Reads each document as the event version beside it, and answers in the same order.
    pub(crate) fn read<'a>(&self, documents: impl Iterator<Item = (&'a str, u32, &'a Value)>) -> Vec<Answer> {
        let path = self.folder.join("documents.jsonl");
        let mut file = BufWriter::new(File::create(&path).expect("a writable folder"));
        for (event, version, document) in documents {
            writeln!(file, "{}", serde_json::json!([event, version, document])).expect("a writable folder");
        }
        file.flush().expect("a writable folder");
        let mut program = Command::new(&self.program)
            .stdin(File::open(&path).expect("just written"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program was built");
        let lines = BufReader::new(program.stdout.take().expect("it is piped")).lines();
        let answers = lines
            .map(|line| {
                let mut answer: Value = serde_json::from_str(&line.expect("text")).expect("an answer is JSON");
                match answer.get("refused").and_then(Value::as_str) {
                    Some(reason) => Answer::Refused(reason.to_owned()),
                    None => Answer::Accepted(answer["accepted"].take()),
                }
            })
            .collect();
        assert!(program.wait().expect("it was started").success(), "the reader stopped before the last document");
        answers
    }
}

/// A program that answers each line of its input.
fn main(model: &Model) -> String {
    let mut arms = String::new();
    for (event, version) in model.versions() {
        let module = event.context.to_snake_case();
        let _ = writeln!(
            arms,
            "        ({:?}, {}) => read::<events::{module}::{}>(document),",
            event.name, version.number, version.payload.root
        );
    }
    format!(
        r#"use serde_json::{{Value, json}};
use tidings::{{Event, decode}};

fn main() {{
    for line in std::io::stdin().lines() {{
        let (event, version, document): (String, u64, Value) =
            serde_json::from_str(&line.expect("text")).expect("a line is JSON");
        println!("{{}}", answer(&event, version, document));
    }}
}}

fn read<E: Event>(document: Value) -> Value {{
    match decode::<E>(document) {{
        Ok(event) => json!({{ "accepted": serde_json::to_value(event).expect("an event is JSON") }}),
        Err(error) => json!({{ "refused": error.to_string() }}),
    }}
}}

fn answer(event: &str, version: u64, document: Value) -> Value {{
    match (event, version) {{
{arms}        _ => panic!("{{event}}@{{version}} was not generated"),
    }}
}}
"#
    )
}

/// Writes `text` unless it is there already, so that cargo sees what changed.
fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|before| before == text) {
        return;
    }
    fs::create_dir_all(path.parent().expect("below the folder")).expect("a writable folder");
    fs::write(path, text).expect("a writable folder");
}

fn toml_text(path: &Path) -> String {
    format!("{:?}", path.display().to_string())
}
