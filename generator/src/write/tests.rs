//! What the writer does to a folder, and what it leaves alone.

use std::fs;
use std::path::Path;

use super::{Batch, Finding, MANIFEST, Order, State, WriteError, Written, check, untouched, write};
use crate::emit::OutFile;
use crate::stamp::Stamps;

/// An output folder for one test.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.path().join(path)).ok()
    }

    pub(super) fn put(&self, path: &str, contents: &str) {
        let place = self.path().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, contents).unwrap();
    }

    fn gen_with(&self, files: &[(&str, &str)], force: bool) -> Result<Written, WriteError> {
        let batches = [batch("docs", files)];
        write(&Order { out: self.path(), batches: &batches, complete: true, force, stamps: &Stamps::default() })
    }

    fn generate(&self, files: &[(&str, &str)]) -> Written {
        self.gen_with(files, false).unwrap()
    }

    /// What a run that must refuse finds in its way.
    fn refused(&self, files: &[(&str, &str)]) -> Vec<(String, State)> {
        match self.gen_with(files, false) {
            Err(WriteError::Refused(findings) | WriteError::Obstructed(findings)) => pairs(findings),
            other => panic!("expected a refusal, got {other:?}"),
        }
    }

    fn check(&self, files: &[(&str, &str)]) -> Vec<(String, State)> {
        let batches = [batch("docs", files)];
        let stamps = Stamps::default();
        let order = Order { out: self.path(), batches: &batches, complete: true, force: false, stamps: &stamps };
        pairs(check(&order).unwrap())
    }
}

pub(super) fn batch(target: &str, files: &[(&str, &str)]) -> Batch {
    let files = files.iter().map(|(path, text)| OutFile { path: (*path).to_owned(), contents: (*text).into() });
    Batch { target: target.to_owned(), files: files.collect() }
}

fn pairs(findings: Vec<Finding>) -> Vec<(String, State)> {
    findings.into_iter().map(|finding| (finding.path, finding.state)).collect()
}

fn only(path: &str, state: State) -> Vec<(String, State)> {
    vec![(path.to_owned(), state)]
}

#[test]
fn writes_files_and_lists_them_in_the_manifest() {
    let folder = Folder::new();
    let written = folder.generate(&[("docs/a.md", "a"), ("b.yaml", "b")]);
    assert_eq!(written.targets["docs"].created, 2);
    assert_eq!(folder.read("docs/a.md").as_deref(), Some("a"));
    insta::assert_snapshot!(folder.read(MANIFEST).unwrap());
    assert!(!folder.path().join(super::journal::STAGING).exists());
}

#[test]
fn an_unchanged_file_is_not_touched() {
    let folder = Folder::new();
    folder.generate(&[("a.md", "a"), ("b.md", "b")]);
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
    for path in ["a.md", "b.md", MANIFEST] {
        fs::File::options().write(true).open(folder.path().join(path)).unwrap().set_modified(long_ago).unwrap();
    }
    let time = |path: &str| fs::metadata(folder.path().join(path)).unwrap().modified().unwrap();

    let written = folder.generate(&[("a.md", "a"), ("b.md", "b")]);
    assert_eq!((written.targets["docs"].unchanged, written.targets["docs"].changed()), (2, 0));
    assert_eq!((time("a.md"), time(MANIFEST)), (long_ago, long_ago));

    folder.generate(&[("a.md", "a"), ("b.md", "new")]);
    assert_eq!(time("a.md"), long_ago);
    assert_ne!(time("b.md"), long_ago);
}

#[test]
fn an_edited_file_is_refused_before_anything_is_written() {
    let folder = Folder::new();
    folder.generate(&[("a.md", "a"), ("b.md", "b")]);
    folder.put("b.md", "mine");
    assert_eq!(folder.refused(&[("a.md", "new"), ("b.md", "new")]), only("b.md", State::Edited));
    assert_eq!(folder.read("a.md").as_deref(), Some("a"));
    assert_eq!(folder.read("b.md").as_deref(), Some("mine"));
    assert!(!folder.path().join(super::journal::STAGING).exists());
}

#[test]
fn a_foreign_file_is_refused_and_one_with_the_same_contents_is_adopted() {
    let folder = Folder::new();
    folder.put("a.md", "mine");
    folder.put("b.md", "b");
    assert_eq!(folder.refused(&[("a.md", "a"), ("b.md", "b")]), only("a.md", State::Untracked));
    folder.put("a.md", "a");
    assert_eq!(folder.generate(&[("a.md", "a"), ("b.md", "b")]).targets["docs"].unchanged, 2);
    assert_eq!(folder.check(&[("a.md", "a"), ("b.md", "b")]), []);
}

#[test]
fn force_overwrites_and_lists_what_it_overwrote() {
    let folder = Folder::new();
    folder.generate(&[("a.md", "a"), ("gone.md", "x")]);
    folder.put("a.md", "mine");
    folder.put("gone.md", "mine");
    folder.put("b.md", "mine");
    let written = folder.gen_with(&[("a.md", "a2"), ("b.md", "b")], true).unwrap();
    let expected = [("a.md", State::Edited), ("b.md", State::Untracked), ("gone.md", State::Edited)];
    assert_eq!(pairs(written.forced), expected.map(|(path, state)| (path.to_owned(), state)));
    assert_eq!(folder.read("a.md").as_deref(), Some("a2"));
    assert_eq!(folder.read("gone.md"), None);
}

#[test]
fn a_file_no_longer_generated_is_deleted_with_its_empty_folders() {
    let folder = Folder::new();
    folder.generate(&[("docs/old/deep/a.md", "a"), ("docs/b.md", "b")]);
    assert_eq!(folder.check(&[("docs/b.md", "b")])[1], ("docs/old/deep/a.md".to_owned(), State::Orphaned));
    let written = folder.generate(&[("docs/b.md", "b")]);
    assert_eq!(written.targets["docs"].deleted, 1);
    assert!(!folder.path().join("docs/old").exists());
    assert!(folder.path().join("docs/b.md").exists());
}

#[test]
fn an_edited_file_no_longer_generated_is_kept() {
    let folder = Folder::new();
    folder.generate(&[("a.md", "a")]);
    folder.put("a.md", "mine");
    assert_eq!(folder.refused(&[]), only("a.md", State::Edited));
    assert_eq!(folder.read("a.md").as_deref(), Some("mine"));
}

#[test]
fn a_folder_with_a_foreign_file_stays() {
    let folder = Folder::new();
    folder.generate(&[("docs/a.md", "a")]);
    folder.put("docs/notes.txt", "mine");
    folder.generate(&[]);
    assert_eq!(folder.read("docs/notes.txt").as_deref(), Some("mine"));
}

#[test]
fn a_migration_is_never_rewritten_or_dropped() {
    let folder = Folder::new();
    let path = "migrations/postgres/0001_outbox.sql";
    folder.generate(&[(path, "create table a ();")]);
    assert_eq!(folder.refused(&[(path, "create table b ();")]), only(path, State::Rewritten));
    folder.generate(&[(path, "create table a ();"), ("migrations/postgres/0002_more.sql", "")]);

    // No longer needed: it stays, is no finding, and still cannot be rewritten.
    folder.generate(&[]);
    assert_eq!(folder.read(path).as_deref(), Some("create table a ();"));
    assert_eq!(folder.refused(&[(path, "create table b ();")]), only(path, State::Rewritten));

    fs::remove_file(folder.path().join(path)).unwrap();
    assert_eq!(folder.refused(&[(path, "create table b ();")])[0], (path.to_owned(), State::Rewritten));
    folder.gen_with(&[(path, "create table b ();")], true).unwrap();
    assert_eq!(folder.read(path).as_deref(), Some("create table b ();"));
}

#[test]
fn a_target_that_did_not_run_keeps_its_files() {
    let folder = Folder::new();
    let stamps = Stamps::default();
    let run = |batches: &[Batch], complete| {
        write(&Order { out: folder.path(), batches, complete, force: false, stamps: &stamps }).unwrap()
    };
    run(&[batch("docs", &[("a.md", "a"), ("b.md", "b")]), batch("schemas", &[("s.json", "s")])], true);
    run(&[batch("docs", &[("a.md", "a")])], false);
    assert_eq!((folder.read("b.md"), folder.read("s.json").as_deref()), (None, Some("s")));
    run(&[batch("docs", &[("a.md", "a")])], true);
    assert_eq!(folder.read("s.json"), None);
}

#[test]
fn a_file_may_become_a_folder_and_a_folder_a_file() {
    let folder = Folder::new();
    folder.generate(&[("a", "file"), ("b/c", "in a folder")]);
    folder.generate(&[("a/b", "in a folder"), ("b", "file")]);
    assert_eq!((folder.read("a/b").as_deref(), folder.read("b").as_deref()), (Some("in a folder"), Some("file")));

    folder.put("a/mine", "mine");
    assert_eq!(folder.refused(&[("a", "file"), ("b", "file")]), only("a", State::Obstructed));
    assert!(folder.gen_with(&[("a", "file"), ("b", "file")], true).is_err());
    assert_eq!(folder.read("a/mine").as_deref(), Some("mine"));
}

#[test]
fn paths_that_lead_outside_or_clash_are_refused() {
    let folder = Folder::new();
    let error = |files: &[(&str, &str)]| folder.gen_with(files, true).unwrap_err();
    assert!(matches!(error(&[("../a", "")]), WriteError::UnsafePath { .. }));
    assert!(matches!(error(&[(MANIFEST, "")]), WriteError::UnsafePath { .. }));
    assert!(matches!(error(&[("A.md", ""), ("a.md", "")]), WriteError::CaseClash { .. }));
    assert!(matches!(error(&[("Docs/a.md", ""), ("docs/b.md", "")]), WriteError::CaseClash { .. }));
    assert!(matches!(error(&[("a", ""), ("a/b", "")]), WriteError::FolderClash { .. }));
    assert!(matches!(error(&[("a", ""), ("a", "")]), WriteError::Duplicate { .. }));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn symbolic_links_do_not_lead_writes_outside() {
    let (folder, outside) = (Folder::new(), Folder::new());
    outside.put("victim.md", "precious");
    std::os::unix::fs::symlink(outside.path(), folder.path().join("docs")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("victim.md"), folder.path().join("a.md")).unwrap();
    let result = folder.gen_with(&[("docs/new.md", "x")], true);
    assert!(matches!(result, Err(WriteError::Symlink { .. })), "{result:?}");
    let result = folder.gen_with(&[("a.md", "x")], true);
    assert!(matches!(result, Err(WriteError::Obstructed(_))), "{result:?}");
    assert_eq!(outside.read("victim.md").as_deref(), Some("precious"));
    assert_eq!(outside.read("new.md"), None);
}

#[test]
fn a_manifest_that_cannot_be_trusted_stops_the_run() {
    let folder = Folder::new();
    for text in ["<<<<<<< HEAD", r#"{"files": {"../x": {"target": "docs", "blake3": "00"}}}"#] {
        folder.put(MANIFEST, text);
        let result = folder.gen_with(&[("a.md", "a")], true);
        assert!(matches!(result, Err(WriteError::BrokenManifest { .. })), "{result:?}");
    }
}

#[test]
fn check_names_every_difference_and_writes_nothing() {
    let folder = Folder::new();
    let wanted = [("edited", "1"), ("missing", "1"), ("same", "1"), ("stale", "2")];
    folder.generate(&[("edited", "1"), ("missing", "1"), ("orphaned", "1"), ("same", "1"), ("stale", "1")]);
    folder.put("edited", "mine");
    folder.put("untracked/file", "mine");
    folder.put("target/CACHEDIR.TAG", "");
    folder.put("target/huge", "");
    fs::remove_file(folder.path().join("missing")).unwrap();
    let findings = folder.check(&wanted);
    let lines: Vec<String> =
        findings.iter().map(|(path, state)| format!("{state}: {path}: {}", state.remedy())).collect();
    insta::assert_snapshot!(lines.join("\n"));
    assert_eq!(folder.check(&wanted), findings);
    assert_eq!(folder.read("missing"), None);
}

#[test]
fn two_runs_do_not_write_at_once() {
    let folder = Folder::new();
    let first = super::Journal::open(folder.path()).unwrap();
    assert!(matches!(folder.gen_with(&[("a", "")], false), Err(WriteError::Busy { .. })));
    first.close();
    folder.generate(&[("a", "")]);
}

#[test]
fn stamps_vouch_for_an_untouched_tree_only() {
    let folder = Folder::new();
    let stamps = folder.generate(&[("a.md", "a"), ("b/c.md", "c")]).stamps;
    assert_eq!(stamps.0.len(), 3, "two files and the manifest");
    assert!(untouched(folder.path(), &stamps));
    // The same size, a moment later: only contents tell.
    folder.put("b/c.md", "d");
    assert!(!untouched(folder.path(), &stamps));
    folder.put("b/c.md", "c");
    assert!(untouched(folder.path(), &stamps));
    fs::remove_file(folder.path().join("a.md")).unwrap();
    assert!(!untouched(folder.path(), &stamps));
}
