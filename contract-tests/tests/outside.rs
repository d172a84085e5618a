//! A repository that is not this one: it has the generated crate, and a crate whose test holds it against its catalogue.

mod cdevents;

use std::fs;
use std::path::Path;
use std::process::Command;

use tidings_contract::estate::Estate;
use tidings_generator::emit::{TARGETS, Templates};
use tidings_generator::event_cache::EventCache;

const TEST: &str = r#"
#[test]
fn contract() {
    tidings_contract::Contract::of_events("../catalogue/catalogue.yaml").is_faithful(events::codecs()).verify();
}
"#;

#[test]
fn types_of_cdevents_are_faithful() {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("outside");
    let catalogue = cdevents::catalogue(&scratch.join("catalogue"), "outside::types_of_cdevents_are_faithful");
    let Some(catalogue) = catalogue else { return };
    let estate = Estate::load(&catalogue).unwrap();
    let rust = TARGETS.iter().find(|target| target.name() == "rust").unwrap();
    for file in rust.emit(estate.model(), &Templates::embedded().unwrap(), &EventCache::off()).unwrap() {
        write(&scratch.join(file.path), &file.contents);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
    let manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [\"events\", \"service\"]\n\n[workspace.dependencies]\n\
         tidings = {{ path = {:?} }}\n\n[profile.dev]\nopt-level = 1\n",
        root.join("runtime").display().to_string()
    );
    write(&scratch.join("Cargo.toml"), &manifest);
    let manifest = format!(
        "[package]\nname = \"service\"\nedition = \"2024\"\n\n[dev-dependencies]\n\
         events = {{ path = \"../events\", features = [\"full\"] }}\ntidings-contract = {{ path = {:?} }}\n",
        root.join("contract-tests").display().to_string()
    );
    write(&scratch.join("service/Cargo.toml"), &manifest);
    write(&scratch.join("service/src/lib.rs"), "");
    write(&scratch.join("service/tests/contract.rs"), TEST);
    // The same versions as here: nothing new to fetch.
    fs::copy(root.join("Cargo.lock"), scratch.join("Cargo.lock")).unwrap();
    let tested = Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--test", "contract", "--manifest-path"])
        .arg(scratch.join("service/Cargo.toml"))
        .env("CARGO_TARGET_DIR", scratch.join("target"))
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&tested.stdout), String::from_utf8_lossy(&tested.stderr));
    assert!(tested.status.success(), "{said}");
}

/// Writes `text` unless it is there already, so that cargo sees what changed.
fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|before| before == text) {
        return;
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
