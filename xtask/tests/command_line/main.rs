//! What a user of the built program sees: output and exit codes.

mod changes;
mod workspace;

use std::fs;

use workspace::{CATALOGUE, Workspace};

#[test]
fn gen_writes_once_and_then_has_nothing_to_do() {
    let workspace = Workspace::new(CATALOGUE);
    let first = workspace.run(&["gen", "--only", "asyncapi", "definitions"]);
    insta::assert_snapshot!("first_run", first);
    insta::assert_snapshot!("second_run", workspace.run(&["gen", "--only", "asyncapi", "definitions"]));
    assert!(workspace.path("target/tidings").exists());
}

#[test]
fn gen_works_in_any_folder_of_the_workspace() {
    let workspace = Workspace::new(CATALOGUE);
    assert_eq!(workspace.run_in("catalogue", &["gen"]).code, Some(0));
    assert!(workspace.path("generated/asyncapi.yaml").exists());
    assert_eq!(workspace.run_in("generated", &["gen", "--out", "elsewhere", "--only", "asyncapi"]).code, Some(0));
    assert!(workspace.path("generated/elsewhere/asyncapi.yaml").exists());
}

#[test]
fn gen_fills_the_templates_of_a_folder() {
    let workspace = Workspace::new(CATALOGUE);
    workspace.put("ours/docs/team.md", "Ask {{ name }}.");
    assert_eq!(workspace.run(&["gen", "--templates", "ours"]).code, Some(0));
    assert_eq!(fs::read_to_string(workspace.path("generated/docs/teams/checkout.md")).unwrap(), "Ask Checkout.\n");
    // A changed template is noticed although the catalogue is the same.
    workspace.put("ours/docs/team.md", "Call {{ name }} for {{ nothing }}.");
    insta::assert_snapshot!("broken_template", workspace.run(&["gen", "--templates", "ours"]));
    insta::assert_snapshot!("no_templates", workspace.run(&["gen", "--templates", "theirs"]));
}

#[test]
fn gen_refuses_to_lose_an_edit_and_force_overwrites_it() {
    let workspace = Workspace::new(CATALOGUE);
    assert_eq!(workspace.run(&["gen"]).code, Some(0));
    workspace.put("generated/asyncapi.yaml", "mine");
    insta::assert_snapshot!("refused", workspace.run(&["gen", "--only", "asyncapi"]));
    assert_eq!(fs::read_to_string(workspace.path("generated/asyncapi.yaml")).unwrap(), "mine");
    insta::assert_snapshot!("forced", workspace.run(&["gen", "--only", "asyncapi", "--force"]));
}

#[test]
fn check_ends_with_1_and_lists_differences_or_with_0() {
    let workspace = Workspace::new(CATALOGUE);
    assert_eq!(workspace.run(&["gen"]).code, Some(0));
    insta::assert_snapshot!("check_clean", workspace.run(&["gen", "--check"]));
    workspace.put("catalogue/catalogue.yaml", &CATALOGUE.replace("An order was accepted", "An order was taken"));
    workspace.put("generated/notes.txt", "mine");
    fs::remove_file(workspace.path("generated/topology/definitions.json")).unwrap();
    let checked = workspace.run(&["gen", "--check", "--only", "asyncapi", "definitions"]);
    insta::assert_snapshot!("check_findings", checked);
    assert!(!workspace.path("generated/topology/definitions.json").exists());
}

#[test]
fn an_error_in_the_catalogue_stops_gen() {
    let workspace = Workspace::new(&CATALOGUE.replace("stream: orders", "stream: oders"));
    insta::assert_snapshot!("catalogue_error", workspace.run(&["gen"]));
    assert!(!workspace.path("generated").exists());
}

#[test]
fn lint_prints_machine_formats_to_stdout() {
    let workspace = Workspace::new(&CATALOGUE.replace("stream: orders", "stream: oders"));
    insta::assert_snapshot!("lint_json", workspace.run(&["lint", "--format", "json"]));
    let sarif = workspace.run(&["lint", "--format", "sarif"]);
    let log: serde_json::Value = serde_json::from_str(&sarif.stdout).unwrap();
    assert_eq!(log["runs"][0]["results"][0]["ruleId"], "unknown-reference");
    assert_eq!((sarif.code, sarif.stderr.as_str()), (Some(1), ""));
    assert!(workspace.run(&["lint", "--format", "github"]).stdout.starts_with("::error "));
    assert_eq!(Workspace::new(CATALOGUE).run(&["lint"]).code, Some(0));
}

#[test]
fn a_command_that_cannot_run_ends_with_2() {
    let workspace = Workspace::new(CATALOGUE);
    insta::assert_snapshot!("no_catalogue", workspace.run(&["lint", "--catalogue", "missing.yaml"]));
    insta::assert_snapshot!("no_rule", workspace.run(&["explain", "no-such-rule"]));
    assert_eq!(workspace.run(&["gen", "--only", "no-such-target"]).code, Some(2));
    assert_eq!(workspace.run(&[]).code, Some(2));
}

#[test]
fn explain_prints_the_page_of_every_rule_it_lists() {
    let workspace = Workspace::new(CATALOGUE);
    let list = workspace.run(&["explain", "--list"]);
    assert_eq!(list.code, Some(0));
    let rules: Vec<&str> = list.stdout.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(rules.contains(&"yaml-syntax"), "{rules:?}");
    insta::assert_snapshot!("explain", workspace.run(&["explain", "duplicate-key"]));
}

#[test]
fn a_small_bench_prints_every_figure() {
    let workspace = Workspace::new(CATALOGUE);
    let ran = workspace.run(&["bench", "gen", "--events", "5", "--format", "json"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    for line in ran.stdout.lines() {
        let figure: serde_json::Value = serde_json::from_str(line).unwrap();
        let keys: Vec<&String> = figure.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["bench", "figure", "value", "unit", "against", "against_value", "ratio"], "{line}");
        assert!(figure["value"].as_f64().is_some_and(|value| value > 0.0), "{line}");
    }
}

#[test]
fn a_small_bench_of_judges_prints_the_same_figures_in_both_layouts() {
    let workspace = Workspace::new(CATALOGUE);
    let bench = ["bench", "compat", "--pairs", "3", "--alone"];
    let table = workspace.run(&bench);
    assert_eq!(table.code, Some(0), "{table}");
    let json = workspace.run(&[&bench[..], &["--format", "json"]].concat());
    let figures: Vec<serde_json::Value> = json.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(figures.len(), table.stdout.lines().count(), "{json}");
    for (figure, line) in figures.iter().zip(table.stdout.lines()) {
        assert!(line.starts_with(figure["figure"].as_str().unwrap()), "{line} is no {figure}");
        let is_count_of_mistakes = figure["unit"] == "verdicts" && figure["figure"] != "judged, all";
        assert!(is_count_of_mistakes || figure["value"].as_f64() > Some(0.0), "{figure}");
    }
    let missed = figures.iter().find(|figure| figure["figure"] == "judged, a break called compatible").unwrap();
    assert_eq!(missed["value"], 0.0, "{missed}");
}
