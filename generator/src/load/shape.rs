//! The merged tree against the JSON Schema of the format: every fault at once, each at its place.
//!
//! What is at fault is cut out, or replaced by what was probably meant, so that the rest can still be understood and
//! checked.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

use super::Tree;
use super::fault::{self, Fault};
use crate::diagnostic::Diagnostic;
use crate::format;
use crate::rules::format::{bad_value, too_many_findings, wrong_type};
use crate::yaml::{Entry, Kind, Limits, Node};

/// The schema of a merged catalogue, and the same ready for use.
static SCHEMA: LazyLock<(Value, Validator)> = LazyLock::new(|| {
    let schema = format::catalogue_schema();
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .expect("the format's own schema is valid; every test that loads builds it");
    (schema, validator)
});

/// How often faulty parts are cut out before the rest is given up: each time can leave a parent incomplete.
const MOST_ROUNDS: usize = 8;

/// Reports what is at fault below `root`, and gives the rest.
pub(super) fn check(mut root: Node, limits: &Limits, findings: &mut Vec<Diagnostic>) -> Option<Tree> {
    if !matches!(root.kind, Kind::Mapping(_)) {
        let help = format!("begin with `format: {}` and `name: NAME`", format::FORMAT);
        findings.push(Diagnostic::new(&wrong_type::META, root.span, "a catalogue must be a mapping").help(help));
        return None;
    }
    let mut cut = BTreeSet::new();
    for round in 0..MOST_ROUNDS {
        let json = outline(&root, &mut Vec::new());
        // Nearly every catalogue is without faults, and finding that out is faster than collecting none.
        let (is_valid, catalogue) =
            rayon::join(|| SCHEMA.1.is_valid(&json), || serde_path_to_error::deserialize(&json));
        if is_valid && let Ok(catalogue) = catalogue {
            return Some(Tree { root, catalogue, cut });
        }
        let faults = fault::collect(SCHEMA.1.iter_errors(&json).take(limits.findings + 1), &SCHEMA.0);
        if round == 0 {
            report(&faults, &root, limits, findings);
        }
        // Once: what is no better for it is cut out.
        let mended: Vec<(Vec<String>, String)> = if round == 0 {
            faults.iter().filter_map(|fault| Some((fault.path().to_vec(), fault.meant(&root)?))).collect()
        } else {
            Vec::new()
        };
        for (path, value) in &mended {
            if let Some(node) = root.at_mut(path) {
                node.kind = Kind::String(value.clone());
            }
        }
        let is_mended = |fault: &Fault| mended.iter().any(|(path, _)| path == fault.path());
        let mut paths: Vec<Vec<String>> =
            faults.into_iter().filter(|fault| !is_mended(fault)).map(Fault::cut).collect();
        if paths.is_empty() && !mended.is_empty() {
            continue;
        }
        if paths.is_empty() {
            match catalogue {
                Ok(catalogue) => return Some(Tree { root, catalogue, cut }),
                Err(error) => {
                    let path = segments(error.path());
                    let place = root.at(path.iter().map(String::as_str)).unwrap_or(&root).span;
                    let message = format!("{} cannot be read: {}", fault::name_of(&path), error.inner());
                    findings.push(Diagnostic::new(&bad_value::META, place, message).help("correct the value"));
                    paths.push(path);
                }
            }
        }
        // Later items of a list first, so that the indexes of earlier ones stay right.
        paths.sort_by(|a, b| by_index(b, a));
        paths.dedup();
        for path in paths {
            cut_out(&mut root, &path, &mut cut);
        }
        complete(&mut root);
    }
    None
}

/// The tree as JSON, but of payload schemas only that they are there: the format has no say in them, and they are most
/// of a catalogue.
fn outline<'n>(node: &'n Node, path: &mut Vec<&'n str>) -> Value {
    let is_payload_schema = matches!(
        path.as_slice(),
        ["types", _] | ["contexts", _, "types", _] | ["contexts", _, "events", _, "versions", _, "data"]
    );
    match &node.kind {
        _ if is_payload_schema => Value::Bool(true),
        Kind::Mapping(entries) => {
            let fields = entries.iter().map(|entry| {
                path.push(&entry.key);
                let value = outline(&entry.value, path);
                path.pop();
                (entry.key.clone(), value)
            });
            Value::Object(fields.collect())
        }
        _ => node.to_json(),
    }
}

fn report(faults: &[Fault], root: &Node, limits: &Limits, findings: &mut Vec<Diagnostic>) {
    let new = faults.iter().take(limits.findings).filter(|fault| !fault.follows_from(root, findings));
    let new: Vec<Diagnostic> = new.map(|fault| fault.diagnostic(root)).collect();
    findings.extend(new);
    if faults.len() > limits.findings {
        let message = format!("this catalogue has more than {} findings; the rest is not listed", limits.findings);
        let help = "mend the first ones: many findings often have one cause";
        findings.push(Diagnostic::new(&too_many_findings::META, root.span, message).help(help));
    }
}

/// Fills in what the root itself must have. It is reported as missing, and nothing else depends on what it says.
fn complete(root: &mut Node) {
    let span = root.span;
    let Kind::Mapping(entries) = &mut root.kind else { return };
    for (key, value) in [("format", format::FORMAT), ("name", "unnamed")] {
        if !entries.iter().any(|entry| entry.key == key) {
            let value = Node { span, kind: Kind::String(value.to_owned()) };
            entries.push(Entry { key: key.to_owned(), key_span: span, value });
        }
    }
}

/// Paths in order, items of lists by number.
fn by_index(a: &[String], b: &[String]) -> std::cmp::Ordering {
    let key = |part: &String| (part.parse::<usize>().ok(), part.clone());
    a.iter().map(key).cmp(b.iter().map(key))
}

fn segments(path: &serde_path_to_error::Path) -> Vec<String> {
    use serde_path_to_error::Segment;
    let known = path.iter().map_while(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    known.collect()
}

/// Removes what stands at `path` and remembers the names in it. The root stays.
fn cut_out(root: &mut Node, path: &[String], names: &mut BTreeSet<String>) {
    let Some((last, parents)) = path.split_last() else { return };
    let Some(node) = root.at_mut(parents) else { return };
    match &mut node.kind {
        Kind::Mapping(entries) => {
            if let Some(at) = entries.iter().position(|entry| entry.key == *last) {
                let entry = entries.remove(at);
                names.insert(entry.key);
                keep_names(&entry.value, names);
            }
        }
        Kind::Sequence(items) => {
            if let Some(index) = last.parse::<usize>().ok().filter(|index| *index < items.len()) {
                items.remove(index);
            }
        }
        _ => {}
    }
}

fn keep_names(node: &Node, names: &mut BTreeSet<String>) {
    for entry in node.entries() {
        names.insert(entry.key.clone());
        keep_names(&entry.value, names);
    }
}
