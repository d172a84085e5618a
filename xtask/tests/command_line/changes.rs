//! Changes of schemas and catalogues, as a pull request shows them.

use crate::workspace::{CATALOGUE, Workspace};

const OLD: &str = r#"{
  "type": "object",
  "required": ["order_id", "total"],
  "properties": {
    "order_id": { "type": "string", "format": "uuid" },
    "total": { "type": "integer", "minimum": 0 },
    "reason": { "enum": ["fraud", "duplicate"] }
  }
}
"#;

const NEW: &str = r#"{
  "type": "object",
  "required": ["order_id", "channel"],
  "properties": {
    "order_id": { "type": "string", "format": "uuid" },
    "total": { "type": "integer", "minimum": 1 },
    "channel": { "type": "string", "maxLength": 20 },
    "reason": { "enum": ["fraud", "lost"] }
  }
}
"#;

/// A workspace whose first commit has `CATALOGUE`.
fn committed() -> Workspace {
    let workspace = Workspace::new(CATALOGUE);
    workspace.git(&["init", "--quiet", "--initial-branch", "main"]);
    workspace.git(&["add", "."]);
    workspace.git(&["commit", "--quiet", "--message", "Orders"]);
    workspace
}

/// What `breaking` says once `from` has been replaced by `to` in the catalogue.
fn after(replacements: &[(&str, &str)]) -> crate::workspace::Ran {
    let workspace = committed();
    let mut text = CATALOGUE.to_owned();
    for (from, to) in replacements {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    workspace.put("catalogue/catalogue.yaml", &text);
    workspace.run(&["breaking", "--against", "main", "--today", "2026-11-21"])
}

const FIELDS: &str = "required: [order_id], properties: {";

#[test]
fn compat_shows_both_files_and_a_document() {
    let workspace = Workspace::new(CATALOGUE);
    workspace.put("old.json", OLD);
    workspace.put("new.json", NEW);
    insta::assert_snapshot!("compat", workspace.run(&["compat", "old.json", "new.json"]));
    insta::assert_snapshot!("compat_json", workspace.run(&["compat", "old.json", "new.json", "--format", "json"]));
    assert_eq!(workspace.run(&["compat", "old.json", "old.json"]).code, Some(0));
    assert_eq!(workspace.run(&["compat", "old.json", "none.json"]).code, Some(2));
}

#[test]
fn a_reference_may_lead_to_a_file_beside_the_schema() {
    let workspace = Workspace::new(CATALOGUE);
    for (version, most) in [("old", 9), ("new", 5)] {
        workspace.put(
            &format!("{version}/order.json"),
            r#"{ "properties": { "lines": { "items": { "$ref": "parts/line" } } } }"#,
        );
        workspace.put(
            &format!("{version}/parts/line.json"),
            r#"{ "properties": { "sku": { "$ref": "sku.json#/$defs/Sku" } } }"#,
        );
        let sku = format!(r#"{{ "$defs": {{ "Sku": {{ "type": "string", "maxLength": {most} }} }} }}"#);
        workspace.put(&format!("{version}/parts/sku.json"), &sku);
    }
    let ran = workspace.run(&["compat", "old/order.json", "new/order.json", "--mode", "backward"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.stderr.contains("error[limit-tightened]: `lines.*.sku` may be"), "{ran}");
}

#[test]
fn a_file_of_draft_4_is_found_by_its_id() {
    let workspace = Workspace::new(CATALOGUE);
    let draft = r#""$schema": "http://json-schema.org/draft-04/schema#""#;
    for (version, most) in [("old", 9), ("new", 5)] {
        let order = format!(r#"{{ {draft}, "properties": {{ "sku": {{ "$ref": "sku.json" }} }} }}"#);
        workspace.put(&format!("{version}/order.json"), &order);
        workspace
            .put(&format!("{version}/sku.json"), &format!(r#"{{ {draft}, "type": "string", "maxLength": {most} }}"#));
    }
    let ran = workspace.run(&["compat", "old/order.json", "new/order.json", "--mode", "backward"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.stderr.contains("error[limit-tightened]: `sku` may be"), "{ran}");
}

#[test]
fn one_bad_line_of_a_batch_does_not_stop_the_rest() {
    let workspace = Workspace::new(CATALOGUE);
    let lines = [
        r#"{"id":1,"old":{"type":"integer"},"new":{"type":"number"}}"#,
        "this is no JSON",
        r##"{"id":"x","old":{"$ref":"#/nowhere"},"new":true}"##,
        r#"{"id":"y","old":7,"new":true}"#,
        r#"{"id":"z","new":true}"#,
        r#"{"id":5,"old":{},"new":{}}"#,
    ];
    workspace.put("changes.jsonl", &lines.join("\n"));
    insta::assert_snapshot!("batch", workspace.run(&["compat", "--batch", "changes.jsonl"]));
}

#[test]
fn an_optional_field_passes() {
    let field = format!("{FIELDS} note: {{ type: string, description: A note. }},");
    insta::assert_snapshot!("optional_field", after(&[(FIELDS, &field)]));
}

#[test]
fn a_required_field_fails_and_names_consumers_and_their_teams() {
    let field = "required: [order_id, note], properties: { note: { type: string, description: A note. },";
    let archive =
        "services:\n  archive: { team: checkout, summary: Keeps orders., consumes: [order.*], dedup_window: 60d }";
    let workspace = committed();
    // A second consumer is deployed too.
    let deployed = CATALOGUE.replace("services:", archive);
    workspace.put("catalogue/catalogue.yaml", &deployed);
    workspace.git(&["commit", "--quiet", "--all", "--message", "An archive"]);
    workspace.put(
        "catalogue/catalogue.yaml",
        &deployed.replace(FIELDS, field).replace("[{ order_id:", "[{ note: x, order_id:"),
    );
    insta::assert_snapshot!("required_field", workspace.run(&["breaking", "--against", "main"]));
}

#[test]
fn another_number_of_partitions_fails() {
    let stream = "streams: { orders: { partition_key";
    insta::assert_snapshot!("partitions", after(&[(stream, "streams: { orders: { partitions: 12, partition_key")]));
}

#[test]
fn retiring_a_version_with_a_consumer_left_fails() {
    let retired = [("status: active", "status: retired"), ("consumes: [order.*]", "consumes: [order.placed@1]")];
    insta::assert_snapshot!("retired", after(&retired));
}

#[test]
fn a_draft_changes_freely() {
    let workspace = committed();
    let draft = CATALOGUE.replace("status: active", "status: draft").replace("order.*", "order.placed@1");
    workspace.put("catalogue/catalogue.yaml", &draft);
    workspace.git(&["commit", "--quiet", "--all", "--message", "A draft"]);
    let changed = draft
        .replace("type: string, format: uuid", "type: integer")
        .replace("order_id: 018f3a52-7d3e-7c4b-9f00-1f2d3c4b5a69", "order_id: 7");
    workspace.put("catalogue/catalogue.yaml", &changed);
    let ran = workspace.run(&["breaking", "--against", "HEAD"]);
    assert_eq!(ran.code, Some(0), "{ran}");
}

#[test]
fn a_missing_base_says_what_to_do_and_a_new_catalogue_passes() {
    let workspace = committed();
    insta::assert_snapshot!("no_base", workspace.run(&["breaking", "--against", "origin/main"]));
    workspace.put("empty/README.md", "nothing");
    insta::assert_snapshot!("new_catalogue", workspace.run(&["breaking", "--against", "empty"]));
    assert_eq!(workspace.run(&["breaking", "--against", "catalogue"]).code, Some(0));
}

#[test]
fn a_pull_request_gets_a_comment() {
    let workspace = committed();
    workspace.put("catalogue/catalogue.yaml", &CATALOGUE.replace("format: uuid", "format: email"));
    let ran = workspace.run(&["breaking", "--against", "main", "--format", "markdown"]);
    insta::assert_snapshot!("comment", ran);
}

#[test]
fn it_does_not_matter_which_file_holds_what() {
    let workspace = committed();
    let (root, context) = CATALOGUE.split_once("contexts:\n  orders:\n").expect("a context");
    let (context, services) = context.split_once("services:").expect("services");
    let include = root.replace("summary: A shop.\n", "summary: A shop.\ninclude: [contexts/*.yaml]\n");
    workspace.put("catalogue/catalogue.yaml", &format!("{include}services:{services}"));
    workspace.put(
        "catalogue/contexts/sales.yaml",
        &format!("context: orders\n{}", context.replace("\n    ", "\n").trim_start()),
    );
    let ran = workspace.run(&["breaking", "--against", "main"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), "nothing breaks against `main`"), "{ran}");
    workspace.git(&["add", "."]);
    workspace.git(&["commit", "--quiet", "--message", "A file for each context"]);
    workspace.git(&["mv", "catalogue/contexts/sales.yaml", "catalogue/contexts/orders.yaml"]);
    assert_eq!(workspace.run(&["breaking", "--against", "main"]).code, Some(0));
}

#[test]
fn a_shallow_clone_is_told_what_to_fetch() {
    let workspace = committed();
    workspace.put("catalogue/catalogue.yaml", &CATALOGUE.replace("A shop.", "The shop."));
    workspace.git(&["commit", "--quiet", "--all", "--message", "The shop"]);
    let origin = format!("file://{}", workspace.path("").display());
    workspace.git(&["clone", "--quiet", "--depth=1", &origin, "clone"]);
    insta::assert_snapshot!("shallow", workspace.run_in("clone", &["breaking", "--against", "main~1"]));
    assert_eq!(workspace.run_in("clone", &["breaking", "--against", "origin/main"]).code, Some(0));
    insta::assert_snapshot!("shallow_changelog", workspace.run_in("clone", &["changelog", "--git"]));
}

/// `CATALOGUE` with a second version of its event.
fn two_versions() -> String {
    let second = "          2:
            status: active
            since: 2026-09-01
            changes: Tells what is owed.
            upcast: { fields: { total: { constant: 0 } } }
            downcast: { drop: [total] }
            data: { type: object, required: [order_id, total], properties: { order_id: { type: string, format: uuid, description: The order. }, total: { type: integer, description: What is owed. } } }
services:
";
    CATALOGUE
        .replace("status: active", "status: deprecated\n            sunset: 2099-01-01")
        .replace("services:\n", second)
}

#[test]
fn two_versions_are_shown_side_by_side() {
    let workspace = Workspace::new(&two_versions());
    insta::assert_snapshot!("diff", workspace.run(&["diff", "order.placed@1", "order.placed@2"]));
    let json = ["diff", "order.placed@2", "order.placed@1", "--format", "json"];
    insta::assert_snapshot!("diff_json", workspace.run(&json));
    insta::assert_snapshot!("diff_misspelt", workspace.run(&["diff", "order.plced@1", "order.placed@2"]));
    insta::assert_snapshot!("diff_no_version", workspace.run(&["diff", "order.placed@1", "order.placed@3"]));
}

#[test]
fn a_changelog_tells_versions_and_commits() {
    let workspace = committed();
    workspace.put("catalogue/catalogue.yaml", &two_versions());
    workspace.git(&["commit", "--quiet", "--all", "--message", "Tell what is owed"]);
    workspace.put("catalogue/catalogue.yaml", "format: [");
    workspace.git(&["commit", "--quiet", "--all", "--message", "A slip"]);
    workspace.put("catalogue/catalogue.yaml", &two_versions().replace("2099-01-01", "2098-01-01"));
    workspace.git(&["commit", "--quiet", "--all", "--message", "End it earlier"]);
    insta::assert_snapshot!("changelog", workspace.run(&["changelog", "order.placed"]));
    insta::assert_snapshot!("changelog_git", workspace.run(&["changelog", "--git"]));
    assert_eq!(workspace.run(&["changelog", "order.plced", "--git"]).code, Some(2));
    assert!(workspace.run(&["changelog", "--format", "json"]).stdout.starts_with("{\"events\":[{"));
}
