//! What a run does, and what it may leave undone because an earlier one did it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use chrono::NaiveDate;

use super::{Action, Done, Memory, Observer, Outcome, Request, Stage, run};
use crate::emit::TARGETS;

const CATALOGUE: &str = "
format: tidings/1
name: shop
summary: A shop.
include: ['contexts/*.yaml', 'contexts/none-*.yaml']
teams: { checkout: { name: Checkout } }
defaults: { retention: { max_age: 7d } }
";

/// A workspace in a folder of its own, with files older than any run.
struct Shop(tempfile::TempDir);

impl Shop {
    fn new() -> Self {
        let shop = Self(tempfile::tempdir().unwrap());
        shop.put("catalogue.yaml", CATALOGUE);
        shop.put("contexts/orders.yaml", &context("orders", "placed"));
        shop
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// Writes a file and makes it and its folder look a minute old.
    fn put(&self, path: &str, text: &str) {
        let path = self.path(path);
        let folder = path.parent().unwrap();
        fs::create_dir_all(folder).unwrap();
        fs::write(&path, text).unwrap();
        for path in [&path, folder] {
            age(path);
        }
    }

    fn run(&self, action: Action) -> Outcome {
        self.run_with(action, "build 1", "2026-06-01", None)
    }

    fn run_with(&self, action: Action, build: &str, today: &str, templates: Option<&Path>) -> Outcome {
        let folder = self.path("memory");
        let request = Request {
            catalogue: &self.path("catalogue.yaml"),
            out: &self.path("generated"),
            templates,
            today: today.parse::<NaiveDate>().unwrap(),
            baseline: None,
            targets: TARGETS,
            complete: true,
            action,
            memory: Some(Memory { folder: &folder, build }),
        };
        run(&request, &()).unwrap()
    }
}

const WRITE: Action = Action::Write { force: false };

fn age(path: &Path) {
    let minute_ago = SystemTime::now() - Duration::from_secs(60);
    fs::File::open(path).unwrap().set_modified(minute_ago).unwrap();
}

fn context(name: &str, happened: &str) -> String {
    format!(
        "
context: {name}
team: checkout
summary: Context {name}.
streams: {{ {name}: {{ partition_key: data.id }} }}
events:
  {name}.{happened}:
    stream: {name}
    summary: It was {happened}.
    versions:
      1:
        status: active
        data: {{ type: object, required: [id], properties: {{ id: {{ type: string, format: uuid }} }} }}
"
    )
}

fn is_current(outcome: &Outcome) -> bool {
    matches!(outcome.done, Done::Current { .. })
}

#[test]
fn a_second_run_has_nothing_to_do() {
    let shop = Shop::new();
    let first = shop.run(WRITE);
    assert!(matches!(&first.done, Done::Written(written) if written.targets["rust"].created > 0), "{first:?}");
    let second = shop.run(WRITE);
    assert!(is_current(&second), "{second:?}");
    assert_eq!(second.diagnostics, first.diagnostics);
    assert!(matches!(shop.run(Action::Check).done, Done::Checked(findings) if findings.is_empty()));
}

#[test]
fn every_kind_of_change_is_noticed() {
    type Change = fn(&Shop);
    let changes: [(&str, Change); 5] = [
        ("an included file", |shop| shop.put("contexts/orders.yaml", &context("orders", "paid"))),
        ("a new file", |shop| shop.put("contexts/payments.yaml", &context("payments", "taken"))),
        ("a removed file", |shop| fs::remove_file(shop.path("contexts/orders.yaml")).unwrap()),
        ("a missing output", |shop| fs::remove_file(shop.path("generated/asyncapi.yaml")).unwrap()),
        ("the manifest", |shop| fs::remove_file(shop.path("generated").join(crate::write::MANIFEST)).unwrap()),
    ];
    for (name, change) in changes {
        let shop = Shop::new();
        shop.run(WRITE);
        assert!(is_current(&shop.run(WRITE)), "before {name}");
        change(&shop);
        assert!(!is_current(&shop.run(WRITE)), "{name}");
        assert!(matches!(shop.run(Action::Check).done, Done::Checked(findings) if findings.is_empty()), "{name}");
    }
}

#[test]
fn what_another_build_or_day_remembered_is_not_used() {
    let shop = Shop::new();
    shop.run(WRITE);
    assert!(!is_current(&shop.run_with(WRITE, "build 2", "2026-06-01", None)));
    assert!(is_current(&shop.run_with(WRITE, "build 2", "2026-06-01", None)));
    assert!(!is_current(&shop.run_with(WRITE, "build 2", "2026-06-02", None)));
    let templates = shop.path("templates");
    fs::create_dir_all(&templates).unwrap();
    assert!(!is_current(&shop.run_with(WRITE, "build 2", "2026-06-02", Some(&templates))));
}

#[test]
fn a_changed_event_gives_the_same_files_with_and_without_memory() {
    let (remembering, forgetful) = (Shop::new(), Shop::new());
    for happened in ["placed", "paid", "placed"] {
        for shop in [&remembering, &forgetful] {
            shop.put("contexts/orders.yaml", &context("orders", happened));
            shop.run(WRITE);
        }
        fs::remove_dir_all(forgetful.path("memory")).unwrap();
        let manifest = |shop: &Shop| fs::read_to_string(shop.path("generated").join(crate::write::MANIFEST)).unwrap();
        assert_eq!(manifest(&remembering), manifest(&forgetful));
    }
}

#[test]
fn warnings_are_repeated_when_nothing_else_is_done() {
    let shop = Shop::new();
    shop.run(WRITE);
    let again = shop.run(WRITE);
    assert!(is_current(&again));
    let finding = again.diagnostics.iter().find(|finding| finding.rule == "include-matches-nothing");
    let span = finding.expect("the second pattern matches nothing").span.expect("the pattern is underlined");
    assert_eq!(again.sources.locate(span).1.line, 5);
}

#[test]
fn an_error_in_the_catalogue_stops_the_run() {
    let shop = Shop::new();
    shop.run(WRITE);
    shop.put("contexts/orders.yaml", &context("orders", "placed").replace("summary", "sumary"));
    for action in [WRITE, Action::Check] {
        let outcome = shop.run(action);
        assert!(matches!(outcome.done, Done::Stopped), "{outcome:?}");
    }
    shop.put("contexts/orders.yaml", &context("orders", "placed"));
    assert!(is_current(&shop.run(WRITE)), "the stopped run left everything as it was");
}

#[test]
fn a_damaged_record_is_not_believed() {
    let shop = Shop::new();
    shop.run(WRITE);
    let mut files = fs::read_dir(shop.path("memory")).unwrap().map(|entry| entry.unwrap().path());
    let record = files.find(|path| path.file_name().unwrap().to_string_lossy().starts_with("last-run-")).unwrap();
    let whole = fs::read(&record).unwrap();
    let mut damaged = [vec![], whole[..whole.len() / 2].to_vec(), whole.clone()];
    *damaged[2].last_mut().unwrap() ^= 1;
    for bytes in damaged {
        fs::write(&record, bytes).unwrap();
        assert!(!is_current(&shop.run(WRITE)));
        assert!(is_current(&shop.run(WRITE)), "the next run mends it");
    }
}

#[test]
fn an_observer_hears_every_stage_in_order() {
    struct Heard(Mutex<Vec<Stage>>);
    impl Observer for Heard {
        fn end(&self, stage: Stage) {
            self.0.lock().unwrap().push(stage);
        }
    }
    let shop = Shop::new();
    let heard = Heard(Mutex::default());
    let request = Request {
        catalogue: &shop.path("catalogue.yaml"),
        out: &shop.path("generated"),
        templates: None,
        today: NaiveDate::default(),
        baseline: None,
        targets: &TARGETS[..1],
        complete: false,
        action: WRITE,
        memory: None,
    };
    run(&request, &heard).unwrap();
    let stages = [Stage::Load, Stage::Resolve, Stage::Check, Stage::Emit(TARGETS[0].name()), Stage::Write];
    assert_eq!(*heard.0.lock().unwrap(), stages);
}
