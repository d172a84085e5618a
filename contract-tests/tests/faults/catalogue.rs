//! Packages, samples, contracts from elsewhere, and a catalogue that changes under its readers.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::TempDir;
use tidings_contract::declared::Declaration;
use tidings_contract::documents::Seed;
use tidings_contract::estate::{Estate, EstateError};
use tidings_contract::evidence::Evidence;
use tidings_contract::exchange::{ContractFile, Format};
use tidings_contract::samples::Samples;
use tidings_contract::{Contract, reader};
use uuid::Uuid;

use crate::{CATALOGUE, order, readers};

#[test]
fn what_a_package_and_the_catalogue_say_differently_is_found() {
    let estate = Estate::load(Path::new(CATALOGUE)).unwrap();
    let declaration = |consumes: &[&str]| Declaration {
        publishes: vec!["payment.*".to_owned()],
        consumes: consumes.iter().map(|pattern| (*pattern).to_owned()).collect(),
    };
    let faults = |consumes: &[&str]| -> Vec<String> {
        let faults = declaration(consumes).faults("payment-service", estate.model());
        faults.into_iter().map(|fault| fault.message).collect()
    };
    let right = ["order.placed@2", "reservation.rejected", "shipment.lost", "shipment.returned"];
    assert_eq!(faults(&right), Vec::<String>::new());
    assert!(faults(&right[..3])[0].contains("the catalogue says that it consumes `shipment.returned@1`"));
    let more = [&right[..], &["order.cancelled"]].concat();
    assert!(faults(&more)[0].contains("its package says that it consumes `order.cancelled@1`"));
    let wrong = [&right[..], &["order.plced"]].concat();
    assert!(faults(&wrong)[0].contains("did you mean `order.placed`?"));
}

/// A folder with samples: paths and texts.
fn samples(files: &[(&str, String)]) -> (TempDir, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let estate = Estate::load(Path::new(CATALOGUE)).unwrap();
    let found = Samples::read(folder.path(), &estate);
    let strangers = found.strangers.iter().map(|(path, why)| format!("{}: {why}", path.display()));
    let faults = found.samples.iter().flat_map(|sample| sample.faults(&estate)).map(|fault| fault.message);
    let said = strangers.chain(faults).collect();
    (folder, said)
}

#[test]
fn samples_are_held_against_the_version_they_claim() {
    let placed = serde_json::to_value(order(2)).unwrap();
    let envelope = |version: u32| {
        json!({
            "event_id": Uuid::now_v7(), "event_type": "order.placed", "event_version": version, "tenant_id": "acme",
            "occurred_at": "2026-03-01T12:00:00Z", "correlation_id": Uuid::now_v7(), "producer": "order-service@1.4.0",
            "data": placed,
        })
        .to_string()
    };
    let said = |path: &str, text: String| samples(&[(path, text)]).1;
    assert_eq!(said("order.placed/v2/order.json", placed.to_string()), Vec::<String>::new());
    assert_eq!(said("order.placed/v2/order.json", envelope(2)), Vec::<String>::new());
    for (path, text, expected) in [
        ("order.placed/v2/a.json", envelope(1), "it is `order.placed@1`, and lies in the folder of `order.placed@2`"),
        ("order.placed/v2/a.json", "{".to_owned(), "it is no JSON"),
        ("order.placed/v7/a.json", placed.to_string(), "the catalogue has no `order.placed@7`"),
        ("order.placed/2/a.json", placed.to_string(), "samples are in folders like `order.placed/v2`"),
        ("order.cancelled/v1/a.json", placed.to_string(), "\"reason\" is a required property"),
    ] {
        let said = said(path, text);
        assert!(said[0].contains(expected), "{said:?}");
    }
    let mut old = placed.clone();
    for field in ["channel", "lines", "ship_to"] {
        old.as_object_mut().unwrap().remove(field);
    }
    let said = said("order.placed/v2/a.json", old.to_string());
    assert!(said[0].contains("it would be valid as `order.placed@1`"), "{said:?}");
}

#[test]
fn a_payload_over_its_budget_is_found() {
    let mut large = order(1);
    large.lines = std::iter::repeat_n(large.lines[0].clone(), 100).collect();
    let text = serde_json::to_string(&large).unwrap();
    let catalogue = copied_catalogue(&[("catalogue.yaml", "payload_budget: 64KB", "payload_budget: 2KB")]);
    let estate = Estate::load(&catalogue.path().join("catalogue.yaml"));
    // The lint finds what may be too large; where that is allowed, the sample shows what is.
    match estate {
        Err(EstateError::Findings { findings, .. }) => assert!(findings.contains("budget"), "{findings}"),
        Err(error) => panic!("{error}"),
        Ok(estate) => {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir_all(folder.path().join("order.placed/v2")).unwrap();
            fs::write(folder.path().join("order.placed/v2/large.json"), text).unwrap();
            let found = Samples::read(folder.path(), &estate);
            assert!(found.samples[0].faults(&estate)[0].message.contains("`payload_budget`"));
        }
    }
}

/// The catalogue of the shop, with texts in some of its files replaced.
pub(crate) fn copied_catalogue(changes: &[(&str, &str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogue");
    let mut files: BTreeMap<PathBuf, String> = BTreeMap::new();
    for below in ["", "contexts"] {
        for entry in fs::read_dir(source.join(below)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                files.insert(path.strip_prefix(&source).unwrap().to_owned(), fs::read_to_string(&path).unwrap());
            }
        }
    }
    for (file, from, to) in changes {
        let text = files.get_mut(Path::new(file)).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        *text = text.replacen(from, to, 1);
    }
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// What is found about the payment service when the catalogue is changed like this.
fn with_changed_catalogue(file: &str, from: &str, to: &str) -> Vec<String> {
    let folder = copied_catalogue(&[(file, from, to)]);
    let contract = Contract::of("payment-service", folder.path().join("catalogue.yaml"));
    let evidence = contract.reads::<readers::Sale>("order.placed@2").is_faithful(events::codecs()).check();
    evidence
        .faults()
        .map(|(check, fault)| format!("{}@{} {}: {}", check.event, check.version, fault.field, fault.message))
        .collect()
}

#[test]
fn a_catalogue_that_changes_under_its_readers_is_found() {
    for (from, to, expected) in [
        // The type of a field that is read.
        (
            "channel: { type: string, enum: [web, app, store, marketplace],",
            "channel: { type: integer,",
            "example 1 of `order.placed@2` does not satisfy its schema at `/channel`",
        ),
        // A variant more.
        (
            "enum: [web, app, store, marketplace]",
            "enum: [web, app, store, marketplace, phone]",
            "order.placed@2 channel",
        ),
        // A field that is no longer required.
        (
            "required: [order_id, customer_id, total, channel, lines, ship_to]",
            "required: [order_id, customer_id, total, lines, ship_to]",
            "order.placed@2 channel",
        ),
    ] {
        let found = with_changed_catalogue("contexts/orders.yaml", from, to);
        assert!(found.iter().any(|fault| fault.contains(expected)), "{to}: {found:#?}");
    }
}

#[test]
fn a_wrong_mapping_between_versions_is_found() {
    let drop = "downcast: { drop: [channel, lines, ship_to, gift_message] }";
    let found =
        with_changed_catalogue("contexts/orders.yaml", drop, "downcast: { drop: [channel, lines, ship_to, total] }");
    assert!(found[0].contains("total"), "{found:?}");
}

#[test]
fn a_contract_from_elsewhere_is_held_against_the_catalogue() {
    let estate = Estate::load(Path::new(CATALOGUE)).unwrap();
    let file = |service: &str, reads| ContractFile {
        format: Format::V1,
        service: service.to_owned(),
        version: "1.0.0".to_owned(),
        reads: vec![reads],
    };
    let judge = |file: &ContractFile| -> Evidence { file.judge(&estate, Seed::new(1), 50) };
    let good = file("shipping-service", reader::reading::<readers::Sale>("order.placed", 2));
    let folder = tempfile::tempdir().unwrap();
    let path = good.write(folder.path()).unwrap();
    assert_eq!(ContractFile::read_all(folder.path()).unwrap(), std::slice::from_ref(&good));
    assert_eq!(judge(&good).faults().count(), 0);
    let bad = judge(&file("shipping-service", reader::reading::<readers::FewChannels>("order.placed", 2)));
    assert!(bad.faults().any(|(_, fault)| fault.field == "channel" && fault.document.is_some()), "{bad:#?}");
    let stranger = judge(&file("nobody", reader::reading::<readers::Sale>("order.placed", 2)));
    assert!(stranger.faults().next().is_some());
    // What comes from elsewhere may be anything.
    let mut hostile = good.clone();
    hostile.reads[0].schema = json!({ "$ref": "http://example.org/schema" });
    assert!(judge(&hostile).faults().any(|(_, fault)| fault.message.contains("cannot be judged")));
    fs::write(&path, "{ \"format\": \"tidings-contract/9\" }").unwrap();
    assert!(ContractFile::read_all(folder.path()).unwrap_err().to_string().contains("is no contract"));
}
