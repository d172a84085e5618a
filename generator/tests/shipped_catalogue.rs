//! The example everybody copies is read without a single finding.

use std::path::Path;

use tidings_generator::event_cache::EventCache;
use tidings_generator::{load, model, rules};

#[test]
fn the_shipped_catalogue_has_no_findings() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogue/catalogue.yaml");
    let loaded = load::load(&root).expect("the catalogue is there");
    let mut findings = loaded.diagnostics;
    let (model, more) = model::resolve(&loaded.tree.expect("the catalogue is understood"));
    findings.extend(more);
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day");
    findings.extend(rules::check(&model, today, &EventCache::off()));
    let lines: Vec<String> = findings
        .iter()
        .map(|finding| match finding.span.map(|span| loaded.sources.locate(span)) {
            Some((path, at)) => format!("{}:{}:{}: {}", path.display(), at.line, at.column, finding.message),
            None => finding.message.clone(),
        })
        .collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));

    assert!(model.contexts.len() >= 4 && model.events.len() >= 16 && model.services.len() >= 7);
    let with_two_versions = model.events.values().filter(|event| event.versions.len() > 1).count();
    assert!(with_two_versions >= 3, "{with_two_versions} events have two versions");
    for (event, version) in model.versions() {
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(&version.payload.schema)
            .expect("a payload that was read is a schema");
        assert!(!version.examples.is_empty(), "{} has no example", version.id(event));
        for example in &version.examples {
            let errors: Vec<String> = validator.iter_errors(example).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{}: {}", version.id(event), errors.join("; "));
        }
    }
}
