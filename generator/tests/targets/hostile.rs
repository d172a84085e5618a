//! A model in which every text, and every name that reaches a document, is an attack.

use serde_json::Value;
use tidings_generator::model::Model;
use tidings_generator::source::FileId;
use tidings_generator::yaml::{Limits, parse};

use crate::{catalogue, emit, json, yaml};

pub(crate) const SMALL: &str = r"
format: tidings/1
name: shop
tenancy: { mode: partition }
teams: { checkout: { name: Checkout } }
types: { Money: { type: object, properties: { cents: { type: integer } } } }
contexts:
  orders:
    team: checkout
    streams: { orders: { dead_letter: { max_age: 90d } } }
    events:
      order.placed:
        stream: orders
        versions:
          1: { status: deprecated, sunset: 2027-03-31, data: &data { type: object, properties: { total: { $ref: Money } } } }
          2: { status: active, data: *data }
      order.cancelled: { versions: { 1: { status: active, data: *data } } }
services:
  shopfront: { team: checkout, publishes: [order.*] }
  history: { team: checkout, consumes: [order.*] }
";

pub(crate) const HOSTILE: &[&str] = &[
    "\"",
    "'",
    "\"}],\"users\":[{\"name\":\"root\"",
    "a: b\n- c # d",
    "---\n...\n",
    "!!python/object:os.system",
    "&anchor *alias",
    "<<",
    "{{ model }} {% raw %} ${HOME} $(id) `id`",
    "*/ --> ]]> </script><script>alert(1)</script>",
    "\"# \\",
    "../../etc/passwd",
    "r#\"\"#; fn main() {} //",
    "](javascript:alert(1)) <b onclick=x>",
    "| a | b |",
    "\\",
    "@everyone *",
    "NO",
    "yes",
    "on",
    "y",
    "~",
    "null",
    "1e3",
    "0x1F",
    "0o17",
    "017",
    "1_000",
    ".inf",
    "12:30:45",
    "2027-03-31",
    "=",
    "",
    " leading and trailing ",
    "\ttab",
    "line\r\nbreak\n\n",
    "\u{0}\u{1}\u{7f}\u{85}\u{a0}\u{2028}\u{2029}\u{feff}\u{fffe}",
    "\u{202e}right to left",
    "\u{1f4a3}",
    "^(.*)$",
];

/// Puts `text` wherever a catalogue's author writes freely.
pub(crate) fn poison(model: &mut Model, text: &str) {
    let new = || Some(text.to_owned());
    model.summary = new();
    model.description = new();
    for team in model.teams.values_mut() {
        text.clone_into(&mut team.name);
        (team.email, team.on_call, team.chat, team.github) = (new(), new(), new(), new());
    }
    for context in model.contexts.values_mut() {
        (context.summary, context.description) = (new(), new());
    }
    for stream in model.streams.values_mut() {
        (stream.summary, stream.description) = (new(), new());
    }
    for event in model.events.values_mut() {
        (event.aggregate, event.summary, event.description) = (new(), new(), new());
        for version in event.versions.values_mut() {
            version.changes = new();
            version.examples.push(serde_json::json!({ text: text }));
            version.payload.schema["description"] = text.into();
            version.payload.schema["properties"][text] = serde_json::json!({ "const": text, "title": text });
        }
    }
    for service in model.services.values_mut() {
        (service.summary, service.description) = (new(), new());
    }
}

/// Gives everything to a team that does not exist, called `name`.
fn give_away(model: &mut Model, name: &str) {
    let owner = || Some(name.to_owned());
    model.contexts.values_mut().for_each(|it| it.team = owner());
    model.events.values_mut().for_each(|it| it.team = owner());
    model.services.values_mut().for_each(|it| it.team = owner());
}

/// Renames the estate, a service and a stream to names no catalogue may have.
pub(crate) fn rename(model: &mut Model, name: &str) {
    name.clone_into(&mut model.name);
    let mut service = model.services.values().next().expect("a service").clone();
    name.clone_into(&mut service.name);
    model.services.insert(name.to_owned(), service);
    let mut stream = model.streams.values().next().expect("a stream").clone();
    name.clone_into(&mut stream.name);
    model.streams.insert(name.to_owned(), stream);
}

/// How often `text` is a value in `document`.
fn occurrences(document: &Value, text: &str) -> usize {
    match document {
        Value::String(string) => usize::from(string == text),
        Value::Array(items) => items.iter().map(|item| occurrences(item, text)).sum(),
        Value::Object(map) => map.values().map(|value| occurrences(value, text)).sum(),
        _ => 0,
    }
}

fn documents(path: &str, text: &str) -> Vec<Value> {
    if path.rsplit('.').next() == Some("json") { vec![json(text)] } else { yaml(text) }
}

#[test]
fn hostile_text_comes_back_as_it_went_in() {
    for text in HOSTILE {
        let mut model = catalogue(SMALL);
        poison(&mut model, text);
        give_away(&mut model, text);
        for target in ["asyncapi", "schemas"] {
            let files = emit(target, &model);
            let found: usize =
                files.iter().flat_map(|(path, file)| documents(path, file)).map(|file| occurrences(&file, text)).sum();
            assert!(found >= 5 * model.events.len(), "{target}: {text:?} was found {found} times");
        }
        let definitions = json(&emit("definitions", &model)["topology/definitions.json"]);
        assert_eq!(definitions["vhosts"][0]["metadata"]["description"], *text);
    }
}

#[test]
fn hostile_names_leave_documents_well_formed_and_paths_inside() {
    let clean: usize = emit("kubernetes", &catalogue(SMALL)).values().map(|file| yaml(file).len()).sum();
    for name in HOSTILE {
        let mut model = catalogue(SMALL);
        rename(&mut model, name);
        let definitions = json(&emit("definitions", &model)["topology/definitions.json"]);
        assert_eq!(definitions["vhosts"][0]["name"], *name);
        let files = emit("kubernetes", &model);
        let resources: Vec<_> = files.values().flat_map(|file| yaml(file)).collect();
        assert!(resources.len() > clean, "{name:?}");
        assert!(resources.iter().any(|resource| resource["spec"]["name"] == *name), "{name:?}");
        assert_eq!(yaml(&emit("asyncapi", &model)["asyncapi.yaml"])[0]["info"]["title"], *name);
    }
}

/// Two parsers that differ in what they take for a number or a boolean must agree about what is written.
#[test]
fn another_yaml_parser_reads_the_same() {
    for text in HOSTILE {
        let mut model = catalogue(SMALL);
        poison(&mut model, text);
        let written = &emit("asyncapi", &model)["asyncapi.yaml"];
        let (node, diagnostics) = parse(written, FileId(0), &Limits::default());
        assert_eq!(diagnostics, [], "{text:?}");
        assert_eq!(node.expect("a document").to_json(), yaml(written)[0], "{text:?}");
    }
}

/// Names of all items of a Rust file, in order.
fn items(source: &str) -> Vec<String> {
    let file = syn::parse_file(source).unwrap_or_else(|error| panic!("{error}\n{source}"));
    let name = |item: &syn::Item| match item {
        syn::Item::Struct(it) => format!("struct {} {}", it.ident, it.fields.len()),
        syn::Item::Enum(it) => format!("enum {} {}", it.ident, it.variants.len()),
        syn::Item::Fn(it) => format!("fn {}", it.sig.ident),
        syn::Item::Const(it) => format!("const {}", it.ident),
        syn::Item::Static(it) => format!("static {}", it.ident),
        syn::Item::Mod(it) => format!("mod {}", it.ident),
        syn::Item::Impl(it) => format!("impl {}", it.items.len()),
        other => format!("{:?}", std::mem::discriminant(other)),
    };
    file.items.iter().map(name).collect()
}

#[test]
fn hostile_text_adds_no_item_to_the_crate() {
    let rust = |text: &str| {
        let mut model = catalogue(SMALL);
        poison(&mut model, text);
        give_away(&mut model, text);
        let files = emit("rust", &model).into_iter().filter(|(path, _)| path.rsplit('.').next() == Some("rs"));
        files.map(|(path, source)| (path, items(&source))).collect::<Vec<_>>()
    };
    let clean = rust("words");
    for text in HOSTILE {
        assert_eq!(rust(text), clean, "{text:?}");
    }
}

#[test]
fn hostile_text_cannot_leave_the_manifest_of_the_crate() {
    for text in HOSTILE {
        let mut model = catalogue(SMALL);
        poison(&mut model, text);
        let manifest = &emit("rust", &model)["events/Cargo.toml"];
        let table: toml::Table = manifest.parse().unwrap_or_else(|error| panic!("{text:?}: {error}\n{manifest}"));
        let sections: Vec<_> = table.keys().map(String::as_str).collect();
        assert!(
            sections.iter().all(|key| ["package", "features", "dependencies", "lints"].contains(key)),
            "{sections:?}"
        );
    }
}

#[test]
fn hostile_owners_own_one_path_per_line() {
    let lines = |text: &str| {
        let mut model = catalogue(SMALL);
        poison(&mut model, text);
        let file = emit("codeowners", &model).remove("ops/CODEOWNERS").expect("one file");
        file.lines().map(|line| (line.starts_with('#'), line.split_whitespace().count().min(2))).collect::<Vec<_>>()
    };
    let clean = lines("words");
    for text in HOSTILE.iter().filter(|text| !text.is_empty()) {
        assert_eq!(lines(text), clean, "{text:?}");
    }
}

#[test]
fn migrations_hold_nothing_of_a_catalogue() {
    let clean = emit("migrations", &catalogue(SMALL));
    let mut model = catalogue(SMALL);
    poison(&mut model, "'; DROP TABLE tidings_outbox; --");
    rename(&mut model, "'; DROP TABLE tidings_outbox; --");
    assert_eq!(emit("migrations", &model), clean);
}
