//! Another repository's own xtask, three lines long.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MAIN: &str = "fn main() -> std::process::ExitCode {
    tidings_xtask::main()
}
";

const CATALOGUE: &str = "
format: tidings/1
name: library
teams: { desk: { name: Desk } }
defaults: { retention: { max_age: 7d }, partition_key: data.book_id, dead_letter: { max_age: 30d } }
contexts:
  lending:
    team: desk
    events:
      book.lent:
        summary: A reader took a book home.
        versions:
          1:
            status: active
            data:
              type: object
              required: [book_id, due_on]
              properties:
                book_id: { type: string, format: uuid, description: The book. }
                due_on: { type: string, format: date, description: Day it must be back. }
      book.returned:
        summary: A reader brought a book back.
        versions:
          1:
            status: active
            data:
              type: object
              required: [book_id, type, self, async, kind]
              properties:
                book_id: { type: string, format: uuid, description: The book. }
                type: { type: string, enum: [self, async, 1st, \"a b\", \"\"], description: A keyword. }
                self: { type: integer, description: Another. }
                async: { type: boolean, description: And another. }
                String: { type: string, description: A type of Rust. }
                Option: { type: array, items: { type: object, title: Vec, properties: { Box: { type: string } } } }
                $dollar: { type: string, description: A sign. }
                x-1: { type: number, description: A hyphen. }
                kind:
                  oneOf:
                    - { type: object, required: [fn], properties: { fn: { const: Some }, Ok: { type: string } } }
                    - { type: object, required: [fn], properties: { fn: { const: None } } }
services:
  counter: { team: desk, publishes: [book.*] }
  reminders: { team: desk, consumes: [book.*], dedup_window: 60d }
";

/// The workspace of this crate.
fn tidings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in a workspace").to_owned()
}

fn manifest(tidings: &Path) -> String {
    let path = |folder: &str| tidings.join(folder).display().to_string().replace('\\', "/");
    format!(
        "[workspace]
resolver = \"3\"
members = [\"tasks\", \"generated/events\"]

[workspace.dependencies]
tidings = {{ path = \"{}\" }}
tidings-xtask = {{ path = \"{}\" }}

[profile.dev.package.\"*\"]
opt-level = 2
debug = false
",
        path("runtime"),
        path("xtask"),
    )
}

/// A repository with a catalogue, an alias and the three lines. The package is not called `xtask`, because the target
/// folder it shares has a program of that name.
fn repository(folder: &Path) {
    let tidings = tidings();
    let put = |path: &str, text: &str| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    put("Cargo.toml", &manifest(&tidings).replace(", \"generated/events\"", ""));
    put(".cargo/config.toml", "[alias]\nxtask = \"run --quiet --package tasks --\"\n");
    put("catalogue/catalogue.yaml", CATALOGUE);
    put("tasks/src/main.rs", MAIN);
    put(
        "tasks/Cargo.toml",
        "[package]\nname = \"tasks\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\ntidings-xtask.workspace = true\n",
    );
    // The versions this workspace is tested with, all of them on this machine already.
    fs::copy(tidings.join("Cargo.lock"), folder.join("Cargo.lock")).expect("a lock file");
}

/// Runs cargo in the repository, sharing what this workspace has compiled.
fn cargo(folder: &Path, arguments: &[&str]) -> String {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| tidings().join("target"), PathBuf::from);
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_NET_OFFLINE", "true")
        .output()
        .expect("cargo starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

#[test]
fn three_lines_make_an_xtask_that_generates_a_crate_which_compiles() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    repository(folder.path());
    cargo(folder.path(), &["xtask", "lint"]);
    let said = cargo(folder.path(), &["xtask", "gen"]);
    assert!(said.contains("generated: "), "{said}");

    fs::write(folder.path().join("Cargo.toml"), manifest(&tidings())).expect("a manifest");
    cargo(folder.path(), &["check", "--quiet", "--package", "events", "--all-features"]);
    let said = cargo(folder.path(), &["xtask", "gen", "--check"]);
    assert!(said.contains("up to date"), "{said}");
}
