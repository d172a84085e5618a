//! Directories of JSON Schemas become catalogues that load, resolve and stay as they are reviewed.
//!
//! `tests/cases/import/<name>/input` is imported and compared with `expected`; `UPDATE_EXPECTED=1` writes it anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tidings_generator::diagnostic::Level;
use tidings_generator::import::{self, Imported, Options};
use tidings_generator::{load, model};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/import")
}

/// The output of an import and its notes, as files.
fn rendered(imported: &Imported) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = imported.files.iter().cloned().collect();
    let notes: Vec<String> = imported
        .notes
        .iter()
        .map(|note| {
            let event = note.event.as_ref().map_or(String::new(), |event| format!(" ({event})"));
            format!("{:?}: {}#{}{event}: {}\n", note.effect, note.file, note.pointer, note.reason)
        })
        .collect();
    files.insert("notes.txt".to_owned(), notes.concat());
    files
}

/// Writes `imported` into a folder of its own and reads it as `gen` does.
fn resolved(imported: &Imported) -> model::Model {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in &imported.files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("a writable folder");
        fs::write(path, text).expect("a writable folder");
    }
    let loaded = load::load(&folder.path().join("catalogue.yaml")).expect("the root file was written");
    let (model, more) = model::resolve(loaded.tree.as_ref().expect("an import is a catalogue"));
    let errors: Vec<String> = loaded
        .diagnostics
        .iter()
        .chain(&more)
        .filter(|finding| finding.level == Level::Error)
        .map(|finding| {
            let at = finding.span.map(|span| loaded.sources.locate(span));
            format!("{}: {}: {:?}", finding.rule, finding.message, at.map(|(path, at)| (path, at.line)))
        })
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    model
}

#[test]
fn hand_made_directories_import_as_reviewed() {
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    for case in fs::read_dir(cases()).expect("the cases are there").map(|entry| entry.expect("readable").path()) {
        let imported = import::schemas(&[case.join("input")], &Options::default()).expect("a readable directory");
        resolved(&imported);
        let expected = case.join("expected");
        for (path, text) in rendered(&imported) {
            let file = expected.join(&path);
            if update {
                fs::create_dir_all(file.parent().expect("below the folder")).expect("a writable folder");
                fs::write(&file, &text).expect("a writable folder");
            }
            let before = fs::read_to_string(&file).unwrap_or_default();
            assert_eq!(text, before, "{}", file.display());
        }
    }
}

/// An import of files given by name and text.
fn imported(files: &[(&str, &str)]) -> Imported {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a writable folder");
    }
    import::schemas(&[folder.path()], &Options::default()).expect("a readable directory")
}

fn reasons(imported: &Imported) -> String {
    let lines: Vec<String> =
        imported.notes.iter().map(|note| format!("{}#{}: {}", note.file, note.pointer, note.reason)).collect();
    lines.join("\n")
}

#[test]
fn references_in_a_circle_end_and_still_resolve() {
    let imported = imported(&[
        (
            "tree.grown.json",
            r##"{ "type": "object", "properties": { "left": { "$ref": "#" }, "loop": { "$ref": "#/$defs/a" } },
            "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } } }"##,
        ),
        (
            "tree.felled.json",
            r##"{ "allOf": [{ "$ref": "#/$defs/a" }, { "type": "object" }],
            "$defs": { "a": { "allOf": [{ "$ref": "#/$defs/a" }, { "properties": { "x": { "type": "string" } } }] } } }"##,
        ),
        ("tree.moved.json", r##"{ "$ref": "#" }"##),
    ]);
    let model = resolved(&imported);
    assert!(model.events.contains_key("tree.grown") && model.events.contains_key("tree.felled"));
    assert!(reasons(&imported).contains("tree.felled.json#"), "{}", reasons(&imported));
}

#[test]
fn references_that_multiply_stay_within_bounds() {
    let levels: Vec<String> = (0..40)
        .map(|n| {
            format!(r##""l{n}": {{ "allOf": [{{ "$ref": "#/$defs/l{0}" }}, {{ "$ref": "#/$defs/l{0}" }}] }}"##, n + 1)
        })
        .collect();
    let schema = format!(
        r##"{{ "type": "object", "properties": {{ "bomb": {{ "$ref": "#/$defs/l0" }} }}, "$defs": {{ {}, "l40": {{ "type": "object" }} }} }}"##,
        levels.join(", ")
    );
    let imported = imported(&[("bomb.laid.json", &schema)]);
    assert!(reasons(&imported).contains("too many schemas"), "{}", reasons(&imported));
    resolved(&imported);
}

#[test]
fn nesting_without_end_is_a_note() {
    let deep = |levels: usize| {
        let open = r#"{ "type": "object", "properties": { "a": "#.repeat(levels);
        format!("{open}{{}}{}", "}}".repeat(levels))
    };
    let imported =
        imported(&[("far.dug.json", &deep(50)), ("too.deep.json", &deep(5_000)), ("list.json", &"[".repeat(9_000))]);
    let reasons = reasons(&imported);
    assert!(reasons.contains("too.deep.json#: not JSON: recursion limit exceeded"), "{reasons}");
    assert!(reasons.contains("nested too deep"), "{reasons}");
    assert!(resolved(&imported).events.contains_key("far.dug"));
}

#[cfg(unix)]
#[test]
fn nothing_outside_the_directory_is_read() {
    let outside = tempfile::tempdir().expect("a temporary folder");
    fs::write(outside.path().join("secret.told.json"), r#"{ "type": "object" }"#).expect("a writable folder");
    let inside = tempfile::tempdir().expect("a temporary folder");
    std::os::unix::fs::symlink(outside.path(), inside.path().join("out")).expect("a writable folder");
    std::os::unix::fs::symlink(inside.path(), inside.path().join("again")).expect("a writable folder");
    let reference = format!(
        r#"{{ "type": "object", "properties": {{ "a": {{ "$ref": "{}/secret.told.json" }} }} }}"#,
        outside.path().display()
    );
    fs::write(inside.path().join("thing.done.json"), reference).expect("a writable folder");
    let imported = import::schemas(&[inside.path()], &Options::default()).expect("a readable directory");
    assert_eq!(imported.counts.schemas, 1);
    assert_eq!(reasons(&imported).matches("links are not followed").count(), 2);
    assert!(reasons(&imported).contains("leads to none of the files"), "{}", reasons(&imported));
}

#[test]
fn a_huge_file_is_not_read() {
    let imported = imported(&[("huge.grown.json", &" ".repeat(5 << 20))]);
    assert!(reasons(&imported).contains("bytes; at most"), "{}", reasons(&imported));
}

#[test]
fn a_version_that_is_there_twice_is_one_version() {
    let order = r#"{ "type": "object", "properties": { "order_id": { "type": "string" } } }"#;
    let other = r#"{ "type": "object", "properties": { "id": { "type": "integer" } } }"#;
    let imported =
        imported(&[("order-placed.v1.json", order), ("OrderPlaced.1.json", order), ("order_placed.v1.json", other)]);
    assert_eq!((imported.counts.events, imported.counts.versions), (1, 2));
    assert!(reasons(&imported).contains("the same as `"), "{}", reasons(&imported));
    assert!(reasons(&imported).contains("made a version of its own"), "{}", reasons(&imported));
}
