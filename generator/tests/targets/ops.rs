//! Alerts and dashboard: read by Prometheus' own tool where it is installed, and tried on what metrics may say.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::not_run::not_run;
use crate::{emit, json, shop, yaml};

/// A file of the operations pack.
fn written(name: &str) -> String {
    emit("ops", &shop()).remove(name).expect("a file of this name")
}

/// Asks `promtool` about files in a folder, where it is installed.
fn promtool(test: &str, folder: &Path, arguments: &[&str]) {
    let Ok(output) = Command::new("promtool").current_dir(folder).args(arguments).output() else {
        return not_run(test, "promtool is not installed");
    };
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn prometheus_takes_the_alerts() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("alerts.yaml"), written("ops/alerts.yaml")).expect("a file");
    promtool("prometheus_takes_the_alerts", folder.path(), &["check", "rules", "alerts.yaml"]);
}

#[test]
fn alerts_come_when_they_should_and_not_before() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("alerts.yaml"), written("ops/alerts.yaml")).expect("a file");
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/targets/alerts.test.yaml");
    fs::copy(tests, folder.path().join("test.yaml")).expect("a file");
    let arguments = ["test", "rules", "test.yaml"];
    promtool("alerts_come_when_they_should_and_not_before", folder.path(), &arguments);
}

#[test]
fn prometheus_takes_every_query_of_the_dashboard() {
    let dashboard = json(&written("ops/dashboard.json"));
    let queries = dashboard["panels"].as_array().expect("panels").iter().flat_map(|panel| {
        panel["targets"].as_array().into_iter().flatten().map(|target| target["expr"].as_str().expect("a query"))
    });
    let plain =
        |query: &str| query.replace("$__rate_interval", "5m").replace("$consumer", ".*").replace("$group", ".*");
    let rules: Vec<Value> = (0..)
        .zip(queries)
        .map(|(number, query): (u32, _)| json!({ "record": format!("query:{number}"), "expr": plain(query) }))
        .collect();
    assert!(rules.len() > 15, "{} queries", rules.len());
    let folder = tempfile::tempdir().expect("a folder");
    let groups = json!({ "groups": [{ "name": "dashboard", "rules": rules }] });
    fs::write(folder.path().join("queries.yaml"), groups.to_string()).expect("a file");
    promtool("prometheus_takes_every_query_of_the_dashboard", folder.path(), &["check", "rules", "queries.yaml"]);
}

#[test]
fn panels_do_not_cover_each_other() {
    let dashboard = json(&written("ops/dashboard.json"));
    let place = |panel: &Value| {
        let at = |side: &str| panel["gridPos"][side].as_u64().expect("a number");
        (at("x"), at("y"), at("x") + at("w"), at("y") + at("h"))
    };
    let panels = dashboard["panels"].as_array().expect("panels");
    for (number, panel) in panels.iter().enumerate() {
        let (left, top, right, bottom) = place(panel);
        assert!(right <= 24, "{panel:#}");
        for other in &panels[number + 1..] {
            assert_ne!(panel["id"], other["id"]);
            let (x, y, to_x, to_y) = place(other);
            assert!(right <= x || to_x <= left || bottom <= y || to_y <= top, "{panel:#} covers {other:#}");
        }
    }
}

#[test]
fn every_alert_names_a_team_and_leads_to_a_section_that_is_there() {
    let files = emit("ops", &shop());
    let groups = yaml(&files["ops/alerts.yaml"]).remove(0);
    let rules = groups["groups"].as_array().expect("groups").iter().filter_map(|group| group["rules"].as_array());
    let mut seen = 0;
    for rule in rules.flatten() {
        assert!(rule["labels"]["team"].is_string() && rule["labels"]["service"].is_string(), "{rule:#}");
        let runbook = rule["annotations"]["runbook"].as_str().expect("a runbook");
        let (file, section) = runbook.split_once('#').unwrap_or((runbook, ""));
        let headings = files[file].lines().filter_map(|line| line.strip_prefix("## "));
        let is_there = |heading: &str| tidings_generator::emit::anchor(heading) == section;
        assert!(section.is_empty() || headings.into_iter().any(is_there), "{runbook}");
        seen += 1;
    }
    assert!(seen > 50, "{seen} alerts");
}
