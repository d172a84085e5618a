//! Reports say the same whatever stands in them, and whether a service can be deployed follows from what was shown.

use std::collections::BTreeMap;
use std::path::Path;

use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::json;
use tidings_contract::estate::Estate;
use tidings_contract::evidence::{Check, Evidence, Fault, Outcome, Subject};
use tidings_contract::record::{Cell, Record, Row};
use tidings_contract::report;

/// What would end a cell, an element, an attribute or a command.
const HOSTILE: &str = "</testcase>]]>&\"'|\n::error::<script>`";

fn check(subject: Subject, event: &str, version: u32, outcome: Outcome) -> Check {
    Check::new(subject, event, version, outcome)
}

fn evidence(service: &str, checks: Vec<Check>) -> Evidence {
    Evidence {
        service: service.to_owned(),
        version: "1.4.0".to_owned(),
        seed: "1".to_owned(),
        cases: 100,
        checks,
        reads: Vec::new(),
    }
}

/// The shop, of which three services have shown something.
fn record() -> Record {
    let estate = Estate::load(Path::new("../catalogue/catalogue.yaml")).unwrap();
    let proven = || Outcome::Proven { documents: 100 };
    let fault = Fault::new(HOSTILE).at("total.cents").shown_by(json!({ "note": HOSTILE }));
    let services = vec![
        evidence(
            "order-history",
            vec![
                check(Subject::Reads, "order.placed", 2, proven()),
                check(Subject::Handles, "order.placed", 2, Outcome::Tried { documents: 20 }),
                check(Subject::Handles, "payment.captured", 2, Outcome::Tried { documents: 20 }),
            ],
        ),
        evidence("payment-service", vec![check(Subject::Reads, "order.placed", 2, proven())]),
        evidence(
            "shipping-service",
            vec![
                check(Subject::Reads, "order.placed", 2, Outcome::Failed { faults: vec![fault] }),
                check(Subject::Step, "shipment.lost", 0, Outcome::Tried { documents: 20 })
                    .of_step("order-fulfilment/ship-parcels"),
                check(Subject::Timeout, "", 0, Outcome::Tried { documents: 20 })
                    .of_step("order-fulfilment/ship-parcels"),
                check(Subject::Duplicates, "", 0, Outcome::NotShown { reason: HOSTILE.to_owned() }),
            ],
        ),
    ];
    let (matrix, flows) = (Record::matrix(&estate, &services), Record::flows(&estate, &services));
    Record {
        catalogue: "shop".to_owned(),
        digest: Record::digest(&estate),
        date: "2026-03-01".parse().unwrap(),
        seed: "1".to_owned(),
        cases: 100,
        catalogue_checks: vec![check(Subject::Examples, "order.placed", 2, Outcome::Tried { documents: 1 })],
        services,
        matrix,
        flows,
    }
}

#[test]
fn the_matrix_has_a_cell_for_each_reader_of_each_live_version() {
    let record = record();
    let row = record.matrix.iter().find(|row| row.event == "order.placed" && row.version == 2).unwrap();
    assert_eq!(row.publishers, ["order-service"]);
    assert_eq!(row.consumers["order-history"], Cell::Proven { handled: 20 });
    assert_eq!(row.consumers["payment-service"], Cell::Proven { handled: 0 });
    assert!(row.consumers["shipping-service"].is_failed());
    assert!(matches!(row.consumers["customer-mail"], Cell::NotShown { .. }));
    let text = report::text(&record);
    assert!(text.contains("order-history      proven, and 20 handled"), "{text}");
    assert!(text.ends_with("1 failed; 22 duties in flows: 2 shown, 20 not shown, 0 failed; 1 fault found\n"), "{text}");
    // And the same again from its file.
    let json = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), record);
}

#[test]
fn junit_is_read_by_a_parser() {
    let xml = report::junit(&record()).unwrap();
    let document = roxmltree::Document::parse(&xml).unwrap();
    let named = |name: &'static str| document.descendants().filter(move |node| node.has_tag_name(name));
    assert_eq!(named("testsuite").count(), 4);
    assert_eq!(named("testcase").count(), 9);
    let failures: Vec<_> = named("failure").collect();
    assert_eq!(failures.len(), 1);
    // Attributes have no line breaks.
    assert_eq!(failures[0].attribute("message").unwrap().replace('\n', " "), HOSTILE.replace('\n', " "));
    assert!(failures[0].text().unwrap().contains("</testcase>]]>"), "{xml}");
    assert_eq!(named("skipped").count(), 1);
}

#[test]
fn markdown_is_nothing_but_markdown() {
    let markdown = report::markdown(&record());
    let (mut tables, mut wide) = (0, 0);
    for event in Parser::new_ext(&markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => panic!("{html} in {markdown}"),
            Event::Start(Tag::Table(columns)) => {
                tables += 1;
                wide = wide.max(columns.len());
            }
            _ => {}
        }
    }
    // The matrix has a column for each of the ten consumers; then there are flows, and checks.
    assert_eq!((tables, wide), (3, 12), "{markdown}");
    assert!(markdown.contains("**FAILED**"));
}

#[test]
fn a_fault_is_one_command_of_github() {
    let commands = report::github(&record());
    assert_eq!(commands.lines().count(), 1, "{commands}");
    assert!(
        commands.starts_with("::error title=contract of shipping-service::reads `order.placed@2`, `total.cents`: ")
    );
}

#[test]
fn what_can_be_deployed_follows_from_what_was_shown() {
    let record = record();
    let history = record.can_deploy("order-history", "1.4.0");
    assert_eq!(history.against, Vec::<String>::new());
    assert!(history.reasons[0].contains("it understands `order.placed@2`: proven, and 20 handled"), "{history:?}");
    assert!(history.unknown.iter().any(|unknown| unknown.contains("`order.cancelled@1`")), "{history:?}");
    let other = record.can_deploy("order-history", "2.0.0");
    assert!(other.against[0].contains("evidence is of version 1.4.0, not of 2.0.0"), "{other:?}");
    // Whoever sends what somebody does not understand has to wait, too.
    let orders = record.can_deploy("order-service", "1.4.0");
    assert!(orders.against[0].contains("has shown nothing"), "{orders:?}");
    assert!(orders.against[1].contains("`shipping-service` does not understand `order.placed@2`"), "{orders:?}");
    let shipping = record.can_deploy("shipping-service", "1.4.0");
    assert_eq!(shipping.against.len(), 1, "{shipping:?}");
}

#[test]
fn a_service_that_understands_everything_can_be_deployed() {
    let row = |cell| Row {
        event: "order.placed".to_owned(),
        version: 1,
        publishers: vec!["orders".to_owned()],
        consumers: BTreeMap::from([("mail".to_owned(), cell)]),
    };
    let mut record = record();
    let sends = check(Subject::Sends, "order.placed", 1, Outcome::Tried { documents: 3 });
    record.services = vec![evidence("mail", Vec::new()), evidence("orders", vec![sends])];
    record.matrix = vec![row(Cell::Proven { handled: 0 })];
    for service in ["mail", "orders"] {
        let answer = record.can_deploy(service, "1.4.0");
        assert_eq!((answer.against.len(), answer.unknown.len(), answer.reasons.len()), (0, 0, 1), "{answer:?}");
    }
}
