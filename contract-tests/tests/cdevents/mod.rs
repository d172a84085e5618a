//! Schemas that nobody here shaped: two releases of CD events, imported as a catalogue.

#[path = "../../../generator/tests/not_run/mod.rs"]
mod not_run;

use std::path::{Path, PathBuf};

use tidings_generator::import::{self, Options};

/// The root file of the catalogue, written into `folder`. `None`, and said so for `test`, where `TIDINGS_CDEVENTS` names no
/// folder that holds the releases, each in a folder of its name.
pub(crate) fn catalogue(folder: &Path, test: &str) -> Option<PathBuf> {
    let corpus = std::env::var_os("TIDINGS_CDEVENTS").map(PathBuf::from);
    let releases = ["v0.4.1", "v0.5.1"];
    let is_there = |corpus: &PathBuf| releases.iter().all(|release| corpus.join(release).join("schemas").is_dir());
    let Some(corpus) = corpus.filter(is_there) else {
        not_run::not_run(test, "TIDINGS_CDEVENTS names no folder with the releases of CD events");
        return None;
    };
    let releases = releases.map(|release| corpus.join(release).join("schemas"));
    let pointer = "/properties/context/properties/type/enum/0".parse().unwrap();
    let options = Options { name: Some("cdevents".to_owned()), event_type: vec![pointer], ..Options::default() };
    for (path, text) in import::schemas(&releases, &options).unwrap().files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    Some(folder.join("catalogue.yaml"))
}
