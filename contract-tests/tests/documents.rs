//! Documents made from schemas: valid ones are valid and reach the branches of their schema, broken ones are refused for what
//! they say, and all of them come again from their seed.

mod cdevents;

use std::collections::BTreeMap;
use std::path::Path;

use tidings_contract::documents::{Coverage, Documents, Seed};
use tidings_contract::estate::Estate;

/// Documents of each event version.
const CASES: u64 = 1_000;

fn shop() -> Estate {
    let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogue/catalogue.yaml");
    Estate::load(&catalogue).unwrap()
}

/// Makes documents of every version, and returns the share of branches that valid ones reached.
fn all_are_what_they_say(estate: &Estate) -> f64 {
    let (mut branches, mut reached) = (0, 0);
    let mut broken_by: BTreeMap<&'static str, u64> = BTreeMap::new();
    for (event, version) in estate.model().versions() {
        let id = version.id(event);
        let documents = estate.documents(&id).unwrap().unwrap();
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .build(&version.payload.schema)
            .unwrap();
        let seed = Seed::new(1).of(&id.to_string());
        let mut coverage = Coverage::default();
        let valid = documents.try_valid(seed, CASES, |document| {
            assert!(validator.is_valid(document), "{id}: {document}");
            documents.branches().reach(&mut coverage, document);
            Ok(())
        });
        assert_eq!(valid.documents, CASES, "{id}: {} rejected", valid.rejected);
        assert!(valid.rejected < CASES / 10, "{id}: {} rejected", valid.rejected);
        let broken = documents.try_broken(seed, CASES, |broken| {
            assert!(!validator.is_valid(&broken.document), "{id}: {broken:?}");
            *broken_by.entry(broken.keyword).or_default() += 1;
            Ok(())
        });
        assert!(broken.documents >= CASES * 9 / 10, "{id}: {broken:?}");
        let missed: Vec<&str> = documents.branches().missed(&coverage).collect();
        branches += documents.branches().count();
        reached += documents.branches().count() - missed.len();
        println!(
            "{id}: {} valid ({} rejected), {} broken ({} rejected); not reached: {missed:?}",
            valid.documents, valid.rejected, broken.documents, broken.rejected
        );
    }
    println!("{reached} of {branches} branches reached; broken by {broken_by:?}");
    f64::from(u32::try_from(reached).unwrap()) / f64::from(u32::try_from(branches).unwrap())
}

#[test]
fn documents_of_the_shop_are_what_they_say() {
    let share = all_are_what_they_say(&shop());
    assert!(share > 0.95, "{share}");
}

#[test]
fn documents_of_cdevents_are_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let test = "documents::documents_of_cdevents_are_what_they_say";
    let Some(catalogue) = cdevents::catalogue(folder.path(), test) else { return };
    let estate = Estate::load(&catalogue).unwrap();
    let share = all_are_what_they_say(&estate);
    assert!(share > 0.95, "{share}");
}

/// The documents of the payload with this schema.
fn documents_of(schema: &str) -> (tempfile::TempDir, Estate) {
    let folder = tempfile::tempdir().unwrap();
    let catalogue = format!(
        r"
format: tidings/1
name: test
teams: {{ team: {{ name: Team }} }}
defaults: {{ partition_key: data.id, retention: {{ max_age: 30d }} }}
contexts:
  things:
    team: team
    events:
      thing.made:
        summary: A thing was made.
        versions:
          1: {{ status: active, data: {schema} }}
"
    );
    let path = folder.path().join("catalogue.yaml");
    std::fs::write(&path, catalogue).unwrap();
    let estate = Estate::load(&path).unwrap();
    (folder, estate)
}

fn the_only(estate: &Estate) -> &Documents {
    let (event, version) = estate.model().versions().next().unwrap();
    estate.documents(&version.id(event)).unwrap().unwrap()
}

#[test]
fn a_document_comes_again_from_its_seed() {
    let estate = shop();
    for (event, version) in estate.model().versions() {
        let documents = estate.documents(&version.id(event)).unwrap().unwrap();
        let all = documents.valid(Seed::new(3), 20).unwrap();
        for (seed, document) in &all {
            assert_eq!(documents.valid(*seed, 1).unwrap(), [(*seed, document.clone())]);
        }
    }
}

#[test]
fn a_counterexample_is_as_small_as_it_can_be() {
    let schema = "{ type: object, required: [id, count], properties: { id: { type: string, minLength: 1 }, \
                  count: { type: integer, minimum: 0, maximum: 100000 }, note: { type: string }, \
                  tags: { type: array, items: { type: string } } } }";
    let (_folder, estate) = documents_of(schema);
    let documents = the_only(&estate);
    let tried = documents.try_valid(Seed::new(5), 1_000, |document| {
        if document["count"].as_u64().unwrap() > 17 { Err("too many".to_owned()) } else { Ok(()) }
    });
    let found = tried.counterexample.unwrap();
    assert_eq!(found.document["count"], 18);
    assert_eq!(found.document.as_object().unwrap().len(), 2, "{}", found.document);
    assert_eq!(found.reason, "too many");
    // And again, from its seed.
    let again = documents.try_valid(found.seed, 1, |_| Err("whatever".to_owned()));
    assert_eq!(again.documents, 1);
}

#[test]
fn every_keyword_is_violated_by_itself() {
    let schema = "{ type: object, required: [id, kind], properties: { \
                  id: { type: string, format: uuid }, \
                  kind: { type: string, enum: [one, two] }, \
                  code: { type: string, pattern: '^[A-Z]{2,4}$', minLength: 2, maxLength: 4 }, \
                  name: { type: string, minLength: 2, maxLength: 8 }, \
                  share: { type: number, minimum: 0, maximum: 1 }, \
                  above: { type: number, exclusiveMinimum: 0, exclusiveMaximum: 10 }, \
                  step: { type: integer, multipleOf: 5, minimum: 0, maximum: 100 }, \
                  tags: { type: array, items: { type: string }, minItems: 1, maxItems: 5, uniqueItems: true }, \
                  lines: { type: array, items: { type: integer }, minItems: 1, maxItems: 4 } } }";
    let (_folder, estate) = documents_of(schema);
    let mut keywords: BTreeMap<&'static str, u64> = BTreeMap::new();
    the_only(&estate).try_broken(Seed::new(2), 4_000, |broken| {
        *keywords.entry(broken.keyword).or_default() += 1;
        Ok(())
    });
    for keyword in [
        "type",
        "required",
        "enum",
        "format",
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minItems",
        "maxItems",
        "uniqueItems",
    ] {
        assert!(keywords.get(keyword).is_some_and(|count| *count > 5), "{keyword}: {keywords:?}");
    }
}
