//! What is kept from run to run never shows: after any edit, files and findings are those of a first run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use proptest::prelude::*;
use proptest::sample::Index;
use tidings_generator::emit::TARGETS;
use tidings_generator::pipeline::{self, Action, Done, Memory, Request};
use tidings_generator::write::MANIFEST;

/// What somebody does to a line.
#[derive(Debug, Clone, Copy)]
enum Edit {
    /// The last number in it becomes one larger.
    Count,
    /// Its text gets one more word.
    Reword,
    /// It goes.
    Delete,
    /// An empty line comes before it.
    Space,
    /// It changes places with the next.
    Swap,
}

fn edited(lines: &mut Vec<String>, at: usize, edit: Edit) {
    let line = &mut lines[at];
    match edit {
        Edit::Count => {
            let end = line.rfind(|c: char| c.is_ascii_digit()).map_or(0, |last| last + 1);
            let start = line[..end].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |before| before + 1);
            if let Ok(number) = line[start..end].parse::<u64>() {
                line.replace_range(start..end, &(number + 1).to_string());
            }
        }
        Edit::Reword => {
            if let Some(at) = line.find(": ").filter(|_| line.contains("summary") || line.contains("description")) {
                let at = line[at + 2..].find(' ').map_or(line.len(), |word| at + 2 + word);
                line.insert_str(at, " really");
            }
        }
        Edit::Delete => {
            lines.remove(at);
        }
        Edit::Space => lines.insert(at, String::new()),
        Edit::Swap if at + 1 < lines.len() => lines.swap(at, at + 1),
        Edit::Swap => {}
    }
}

fn edits() -> impl Strategy<Value = Vec<(Index, Index, Edit)>> {
    let edit = prop_oneof![
        3 => Just(Edit::Count),
        3 => Just(Edit::Reword),
        2 => Just(Edit::Delete),
        1 => Just(Edit::Space),
        1 => Just(Edit::Swap),
    ];
    prop::collection::vec((any::<Index>(), any::<Index>(), edit), 1..8)
}

/// Every file below `folder`.
fn tree(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                open.push(entry);
            } else {
                let text = fs::read_to_string(&entry).expect("generated files are text");
                files.insert(entry, text);
            }
        }
    }
    let below = |path: PathBuf| path.strip_prefix(folder).expect("it is below").to_owned();
    files.into_iter().map(|(path, text)| (below(path), text)).collect()
}

/// Generates and gives the findings; `None` when the catalogue cannot be generated from.
fn generate(catalogue: &Path, out: &Path, memory: Option<&Path>) -> Option<Vec<String>> {
    let request = Request {
        catalogue,
        out,
        templates: None,
        today: NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day"),
        baseline: None,
        targets: TARGETS,
        complete: true,
        action: Action::Write { force: false },
        memory: memory.map(|folder| Memory { folder, build: "test" }),
    };
    let outcome = pipeline::run(&request, &()).expect("the folders can be written");
    (!matches!(outcome.done, Done::Stopped)).then(|| outcome.diagnostics.iter().map(|it| format!("{it:?}")).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_edited_catalogue_is_generated_as_if_for_the_first_time(edits in edits()) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogue");
        for (path, text) in tree(&shipped) {
            let path = folder.path().join("catalogue").join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
            fs::write(path, text).expect("the file can be written");
        }
        let sources: Vec<PathBuf> = tree(&folder.path().join("catalogue")).into_keys().collect();
        let catalogue = folder.path().join("catalogue/catalogue.yaml");
        let (out, memory) = (folder.path().join("out"), folder.path().join("memory"));
        generate(&catalogue, &out, Some(&memory)).expect("the shipped catalogue is without faults");

        for (number, (file, line, edit)) in edits.iter().enumerate() {
            let path = folder.path().join("catalogue").join(file.get(&sources));
            let before = fs::read_to_string(&path).expect("a catalogue is text");
            let mut lines: Vec<String> = before.lines().map(str::to_owned).collect();
            let at = line.index(lines.len());
            edited(&mut lines, at, *edit);
            fs::write(&path, lines.join("\n") + "\n").expect("the file can be written");

            let fresh = folder.path().join(format!("fresh-{number}"));
            let expected = generate(&catalogue, &fresh, None);
            prop_assert_eq!(&generate(&catalogue, &out, Some(&memory)), &expected);
            if expected.is_none() {
                fs::write(&path, before).expect("the file can be written");
                continue;
            }
            let (kept, fresh) = (tree(&out), tree(&fresh));
            // Migrations that are no longer needed stay, and stay in the manifest.
            let left: Vec<_> = kept.keys().filter(|path| !fresh.contains_key(*path)).collect();
            prop_assert!(left.iter().all(|path| path.starts_with("migrations")), "{left:?} stay");
            for (path, text) in fresh.iter().filter(|(path, _)| left.is_empty() || !path.ends_with(MANIFEST)) {
                prop_assert!(kept.get(path) == Some(text), "{} differs after {edit:?} of line {at}", path.display());
            }
        }
    }
}
