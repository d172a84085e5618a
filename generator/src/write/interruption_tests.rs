//! Runs that end at every possible point leave the old tree or one that the next run completes.

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::tests::{Folder, batch};
use super::{Order, State, WriteError, Written, check, journal, write_with};
use crate::stamp::Stamps;

const OLD: &[(&str, &str)] = &[("a.md", "1"), ("becomes/file", "1"), ("folder", "1"), ("gone/x", "1"), ("same", "1")];
const NEW: &[(&str, &str)] = &[("a.md", "2"), ("becomes", "2"), ("folder/y", "2"), ("new/z", "2"), ("same", "1")];

/// How a run ends before its time.
#[derive(Clone, Copy)]
enum End {
    /// The process is gone: nothing is tidied up.
    Killed,
    /// The disk reports an error.
    Failed,
}

fn run(folder: &Folder, files: &[(&str, &str)], pause: journal::Pause<'_>) -> Result<Written, WriteError> {
    let batches = [batch("docs", files)];
    let stamps = Stamps::default();
    let order = Order { out: folder.path(), batches: &batches, complete: true, force: false, stamps: &stamps };
    write_with(&order, pause)
}

/// Writes [`OLD`], then begins to write [`NEW`] and ends at the `at`-th change of the disk.
fn interrupted(at: usize, end: End) -> Folder {
    let folder = Folder::new();
    run(&folder, OLD, &|| Ok(())).unwrap();
    let passed = AtomicUsize::new(0);
    let pause = || {
        if passed.fetch_add(1, Ordering::Relaxed) < at {
            return Ok(());
        }
        match end {
            End::Killed => panic!("killed on purpose"),
            End::Failed => Err(io::ErrorKind::StorageFull.into()),
        }
    };
    let result = catch_unwind(AssertUnwindSafe(|| run(&folder, NEW, &pause)));
    assert!(!matches!(result, Ok(Ok(_))), "the run was to end at step {at}");
    folder
}

fn steps() -> usize {
    let folder = Folder::new();
    run(&folder, OLD, &|| Ok(())).unwrap();
    let passed = AtomicUsize::new(0);
    let count = || {
        passed.fetch_add(1, Ordering::Relaxed);
        Ok(())
    };
    run(&folder, NEW, &count).unwrap();
    passed.into_inner()
}

fn tree(out: &Path) -> BTreeMap<String, String> {
    let files = super::check::files_below(out, "").unwrap();
    files.into_iter().map(|path| (path.clone(), std::fs::read_to_string(out.join(path)).unwrap())).collect()
}

fn expected(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn an_interrupted_run_leaves_the_old_tree_or_is_completed() {
    let steps = steps();
    assert!(steps > 15, "staging, intent, deletes, moves and manifest are all steps, got {steps}");
    for end in [End::Killed, End::Failed] {
        for at in 0..steps {
            let folder = interrupted(at, end);
            let stated = journal::is_interrupted(folder.path());
            if !stated {
                assert_eq!(tree(folder.path()), expected(OLD), "ended at step {at}");
            }
            let next = run(&folder, NEW, &|| Ok(())).unwrap();
            assert_eq!(next.recovered, stated, "ended at step {at}");
            assert_eq!(tree(folder.path()), expected(NEW), "ended at step {at}");
            assert!(!folder.path().join(journal::STAGING).exists());
        }
    }
}

#[test]
fn the_next_run_may_want_something_else() {
    for at in 0..steps() {
        let folder = interrupted(at, End::Killed);
        run(&folder, OLD, &|| Ok(())).unwrap();
        assert_eq!(tree(folder.path()), expected(OLD), "ended at step {at}");
    }
}

#[test]
fn a_recovery_can_be_interrupted_too() {
    for at in 0..steps() {
        let folder = interrupted(at, End::Killed);
        let pause = || Err(io::ErrorKind::Interrupted.into());
        assert!(run(&folder, NEW, &pause).is_err());
        run(&folder, NEW, &|| Ok(())).unwrap();
        assert_eq!(tree(folder.path()), expected(NEW), "ended at step {at}");
    }
}

#[test]
fn a_file_edited_after_the_interruption_is_not_lost() {
    let folder = interrupted(steps() - 3, End::Killed);
    assert!(journal::is_interrupted(folder.path()));
    let waiting = NEW.iter().find(|(path, text)| folder.read(path).as_deref() != Some(*text)).map(|(path, _)| *path);
    let path = waiting.expect("a file is still to be moved");
    folder.put(path, "mine");
    let result = run(&folder, NEW, &|| Ok(()));
    match result {
        Err(WriteError::Refused(findings)) => {
            assert_eq!((findings[0].path.as_str(), findings[0].state), (path, State::Edited));
        }
        other => panic!("expected a refusal, got {other:?}"),
    }
    assert_eq!(folder.read(path).as_deref(), Some("mine"));
}

#[test]
fn check_reports_an_interrupted_run() {
    let folder = interrupted(steps() - 1, End::Killed);
    let batches = [batch("docs", NEW)];
    let stamps = Stamps::default();
    let order = Order { out: folder.path(), batches: &batches, complete: true, force: false, stamps: &stamps };
    let findings = check(&order).unwrap();
    assert_eq!(findings.iter().map(|finding| finding.state).collect::<Vec<_>>(), [State::Interrupted]);
}

#[test]
fn a_forged_intent_does_not_lead_outside() {
    let folder = Folder::new();
    folder.put(".tidings-staging/0", "forged");
    folder.put(".tidings-staging/intent.json", r#"{"deletes":[],"moves":[{"staged":0,"path":"../x","before":null}]}"#);
    let result = run(&folder, NEW, &|| Ok(()));
    assert!(matches!(result, Err(WriteError::BrokenJournal { .. })), "{result:?}");
    assert!(!folder.path().parent().unwrap().join("x").exists());
}
