//! A record as people and machines read it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::Value;
use tidings_generator::diagnostic::{Level, annotation};
use tidings_generator::emit;

use crate::evidence::{Check, Fault, Outcome};
use crate::record::{Cell, Record, in_words};

/// Longest document that is shown to people, in characters.
const SHOWN: usize = 600;

/// For a terminal: the matrix, and then the faults.
#[must_use]
pub fn text(record: &Record) -> String {
    let mut text = String::new();
    let widest = record.matrix.iter().flat_map(|row| row.consumers.keys()).map(String::len).max().unwrap_or(0);
    for row in &record.matrix {
        let from = if row.publishers.is_empty() { "nobody".to_owned() } else { row.publishers.join(", ") };
        let _ = writeln!(text, "{}@{} from {from}", row.event, row.version);
        for (consumer, cell) in &row.consumers {
            let _ = writeln!(text, "    {consumer:<widest$}  {cell}");
        }
        if row.consumers.is_empty() {
            text.push_str("    nobody consumes it\n");
        }
    }
    for duties in record.flows.chunk_by(|one, other| one.step == other.step) {
        let (step, service) = (&duties[0].step, &duties[0].service);
        let _ = writeln!(text, "{step} by {service}");
        for duty in duties {
            // Who conducts a flow ends what takes too long.
            let by = if duty.service == *service { String::new() } else { format!(" by {}", duty.service) };
            let _ = writeln!(text, "    {}{by}  {}", duty.words(), duty.cell);
        }
    }
    for (service, check, fault) in record.faults() {
        let who = if service.is_empty() { &record.catalogue } else { service };
        let _ = writeln!(text, "\nerror: {who}: {}", in_words(check, fault));
        if let Some(document) = &fault.document {
            let _ = writeln!(text, "  document: {}", shown(document));
        }
        if let Some(seed) = &fault.seed {
            let _ = writeln!(text, "  again: cargo xtask contract --event {} --seed {seed}", check.event);
        }
    }
    let _ = writeln!(text, "\n{}", summary(record));
    text
}

/// `14 of 31 cells are proven, …`
#[must_use]
pub fn summary(record: &Record) -> String {
    let cells: Vec<&Cell> = record.matrix.iter().flat_map(|row| row.consumers.values()).collect();
    let count = |is: fn(&Cell) -> bool| cells.iter().filter(|cell| is(cell)).count();
    let duties: Vec<&Cell> = record.flows.iter().map(|duty| &duty.cell).collect();
    let of_flows = if duties.is_empty() {
        String::new()
    } else {
        let failed = duties.iter().filter(|cell| cell.is_failed()).count();
        let silent = duties.iter().filter(|cell| matches!(cell, Cell::NotShown { .. })).count();
        let shown = duties.len() - silent - failed;
        format!("{} duties in flows: {shown} shown, {silent} not shown, {failed} failed; ", duties.len())
    };
    let faults = record.faults().count();
    format!(
        "{} readers of {} live versions: {} proven, {} tried, {} not shown, {} failed; {of_flows}{} found",
        cells.len(),
        record.matrix.len(),
        count(|cell| matches!(cell, Cell::Proven { .. })),
        count(|cell| matches!(cell, Cell::Tried { .. })),
        count(|cell| matches!(cell, Cell::NotShown { .. })),
        count(Cell::is_failed),
        if faults == 1 { "1 fault".to_owned() } else { format!("{faults} faults") },
    )
}

/// A page with the matrix as a table.
#[must_use]
pub fn markdown(record: &Record) -> String {
    let mut text = format!(
        "# Contract tests of {}, {}\n\n{}. Seed `{}`, up to {} documents of each version.\n\n",
        record.catalogue,
        record.date,
        summary(record),
        record.seed,
        record.cases
    );
    let consumers: BTreeSet<&String> = record.matrix.iter().flat_map(|row| row.consumers.keys()).collect();
    text.push_str("| event | published by |");
    for consumer in &consumers {
        let _ = write!(text, " {} |", cell_text(consumer));
    }
    let _ = writeln!(text, "\n|---|---|{}", "---|".repeat(consumers.len()));
    for row in &record.matrix {
        let _ = write!(text, "| `{}@{}` | {} |", row.event, row.version, cell_text(&row.publishers.join(", ")));
        for consumer in &consumers {
            match row.consumers.get(*consumer) {
                Some(cell) => drop(write!(text, " {} |", mark(cell))),
                None => text.push_str("  |"),
            }
        }
        text.push('\n');
    }
    text.push_str(
        "\n*Proven*: every document that the schema allows is read. *Tried*: so many documents were read or \
                   handled. *Not shown*: nobody has tried.\n",
    );
    if !record.flows.is_empty() {
        text.push_str("\n## Flows\n\n| step | what | by | result |\n|---|---|---|---|\n");
    }
    for duty in &record.flows {
        let cells = [&duty.step, &duty.words(), &duty.service].map(|text| cell_text(text));
        let _ = writeln!(text, "| {} | {} |", cells.join(" | "), mark(&duty.cell));
    }
    if record.faults().next().is_some() {
        text.push_str("\n## Faults\n");
    }
    for (service, check, fault) in record.faults() {
        let who = if service.is_empty() { &record.catalogue } else { service };
        let _ = writeln!(text, "\n- **{}**: {}", cell_text(who), cell_text(&in_words(check, fault)));
        if let Some(document) = &fault.document {
            let _ = writeln!(text, "\n  ```json\n  {}\n  ```", shown(document));
        }
    }
    text.push_str("\n## What was checked\n\n| service | what | event | result |\n|---|---|---|---|\n");
    let of_catalogue = record.catalogue_checks.iter().map(|check| (record.catalogue.as_str(), check));
    let of_services =
        record.services.iter().flat_map(|it| it.checks.iter().map(move |check| (it.service.as_str(), check)));
    for (who, check) in of_catalogue.chain(of_services) {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            cell_text(who),
            check.subject.as_str(),
            cell_text(&check.about()),
            cell_text(&outcome_text(&check.outcome))
        );
    }
    text
}

/// A cell in a table, which has no room for why something is not shown.
fn mark(cell: &Cell) -> String {
    match cell {
        Cell::Failed { .. } => format!("**{cell}**"),
        Cell::NotShown { .. } => "not shown".to_owned(),
        cell => cell.to_string(),
    }
}

fn outcome_text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Proven { documents: 0 } => "proven".to_owned(),
        Outcome::Proven { documents } => format!("proven, {documents} tried"),
        Outcome::Tried { documents } => format!("{documents} tried"),
        Outcome::Failed { faults } => format!("FAILED: {}", faults.first().map_or("", |fault| &fault.message)),
        Outcome::NotShown { reason } => format!("not shown: {reason}"),
    }
}

/// Text inside a table of Markdown, where nothing of it means anything.
fn cell_text(text: &str) -> String {
    emit::markdown_line(text)
}

fn shown(document: &Value) -> String {
    let mut text = document.to_string();
    if let Some((cut, _)) = text.char_indices().nth(SHOWN) {
        text.truncate(cut);
        text.push('…');
    }
    text
}

/// `JUnit` XML: a suite for each service, a case for each check.
///
/// # Errors
/// When it cannot be written, which does not happen to text in memory.
pub fn junit(record: &Record) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new(format!("contracts of {}", record.catalogue));
    let of_services = record.services.iter().map(|evidence| (evidence.service.as_str(), &evidence.checks));
    for (who, checks) in std::iter::once((record.catalogue.as_str(), &record.catalogue_checks)).chain(of_services) {
        let mut suite = TestSuite::new(who.to_owned());
        for check in checks {
            let mut status = match &check.outcome {
                Outcome::Proven { .. } | Outcome::Tried { .. } => TestCaseStatus::success(),
                Outcome::NotShown { .. } => TestCaseStatus::skipped(),
                Outcome::Failed { .. } => TestCaseStatus::non_success(NonSuccessKind::Failure),
            };
            match &check.outcome {
                Outcome::NotShown { reason } => drop(status.set_message(reason.clone())),
                Outcome::Failed { faults } => {
                    status.set_message(faults.first().map_or_else(String::new, |fault| fault.message.clone()));
                    status.set_description(
                        faults.iter().map(|fault| described(check, fault)).collect::<Vec<_>>().join("\n\n"),
                    );
                }
                Outcome::Proven { .. } | Outcome::Tried { .. } => {}
            }
            let event = check.about();
            let name = if event.is_empty() {
                check.subject.as_str().to_owned()
            } else {
                format!("{} {event}", check.subject.as_str())
            };
            let mut case = TestCase::new(name, status);
            case.set_classname(who.to_owned());
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    report.to_string()
}

fn described(check: &Check, fault: &Fault) -> String {
    let document =
        fault.document.as_ref().map_or_else(String::new, |document| format!("\ndocument: {}", shown(document)));
    format!("{}{document}", in_words(check, fault))
}

/// Workflow commands that GitHub shows beside a change.
#[must_use]
pub fn github(record: &Record) -> String {
    let line = |(service, check, fault): (&str, &Check, &Fault)| {
        let who = if service.is_empty() { &record.catalogue } else { service };
        annotation(Level::Error, &format!("contract of {who}"), &described(check, fault))
    };
    record.faults().map(line).collect()
}
