//! A mapping applied to a schema.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::{FieldPath, Mapping, Rule, Step};
use crate::format::Convert;
use crate::source::Span;
use crate::suggest;

/// References within references are followed this far; a payload's own are never as deep.
const MOST_REFERENCES: usize = 64;

/// Why a mapping cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The place at fault.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

/// The schema of what `mapping` makes of documents of `old`, which are to be documents of `new`. All three are
/// payloads: self-contained, with an object at the root.
///
/// # Errors
/// When the mapping names fields that are not there, or says nothing about some that are.
pub fn image(old: &Value, new: &Value, mapping: &Mapping) -> Result<Value, Refusal> {
    let root = Root(old);
    let whole = root.follow(old);
    if is_identity(mapping) && !is_object(whole) {
        return Ok(old.clone());
    }
    let Some(fields) = properties(whole) else {
        return Err(refusal(mapping.span, "the older payload is no plain object", BY_HAND));
    };
    let mut image = whole.clone();
    for path in &mapping.drop {
        if remove(&mut image, &path.parts, &root).is_none() {
            return Err(no_field(path, &root, old));
        }
    }
    for (path, rule) in &mapping.rules {
        if Root(new).find(new, &path.parts).is_none() {
            return Err(no_field(path, &Root(new), new));
        }
        let value = match rule {
            Rule::Constant(value) => {
                Found { schemas: vec![Cow::Owned(json!({ "const": value }))], may_be_absent: false }
            }
            Rule::Field { from, step, default } => {
                let found = root.find(old, &from.parts).ok_or_else(|| no_field(from, &root, old))?;
                apply(found, step, default.as_ref(), &root, path)?
            }
        };
        let Some(()) = put(&mut image, &path.parts, value, &root) else {
            let parent = path.parts[..path.parts.len() - 1].join(".");
            let message = format!("`{path}` cannot be set: `{parent}` is not an object in every document");
            return Err(refusal(path.span, &message, BY_HAND));
        };
    }
    forgotten(fields, Root(new).follow(new), mapping)?;
    if let (Some(image), Some(definitions)) = (image.as_object_mut(), old.get("$defs")) {
        image.entry("$defs").or_insert_with(|| definitions.clone());
    }
    Ok(image)
}

const BY_HAND: &str = "write `by_hand` instead of the mapping, and the step in Rust";

fn is_identity(mapping: &Mapping) -> bool {
    mapping.rules.is_empty() && mapping.drop.is_empty()
}

fn is_object(schema: &Value) -> bool {
    properties(schema).is_some()
}

fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    (schema.get("type")? == "object").then(|| schema.get("properties")?.as_object())?
}

fn refusal(span: Span, message: &str, help: &str) -> Refusal {
    Refusal { span, message: message.to_owned(), help: help.to_owned() }
}

/// Every field of the old version must go somewhere, and no value may go to two places by accident.
fn forgotten(fields: &Map<String, Value>, new: &Value, mapping: &Mapping) -> Result<(), Refusal> {
    let targets = |name: &str| mapping.rules.iter().any(|(path, _)| path.parts[0] == name);
    let dropped = |name: &str| mapping.drop.iter().any(|path| path.parts == [name]);
    let sources = || {
        mapping.rules.iter().filter_map(|(_, rule)| match rule {
            Rule::Field { from, .. } => Some(from),
            Rule::Constant(_) => None,
        })
    };
    let kept = |name: &str| properties(new).is_some_and(|fields| fields.contains_key(name));
    for name in fields.keys() {
        if !kept(name) && !dropped(name) && !sources().any(|from| from.parts[0] == *name) {
            let message = format!("field `{name}` goes nowhere");
            let help = format!("add `{name}` to `drop` if nobody will miss it, or name it in `from`");
            return Err(refusal(mapping.span, &message, &help));
        }
        let moved = mapping.rules.iter().find_map(|(_, rule)| match rule {
            Rule::Field { from, step: Step::Same, .. } if from.parts == [name.as_str()] => Some(from),
            _ => None,
        });
        if let Some(from) = moved.filter(|_| kept(name) && !targets(name) && !dropped(name)) {
            let message = format!("`{name}` would be in two places: it is moved, and the other version has it too");
            let help = format!("say what the other `{name}` is: `{name}: {{ from: {name} }}`, or drop it");
            return Err(refusal(from.span, &message, &help));
        }
    }
    Ok(())
}

fn no_field(path: &FieldPath, root: &Root<'_>, schema: &Value) -> Refusal {
    let missing = (1..=path.parts.len()).find(|len| root.find(schema, &path.parts[..*len]).is_none()).unwrap_or(1);
    let (parents, name) = (&path.parts[..missing - 1], &path.parts[missing - 1]);
    let known: Vec<String> = match root.find(schema, parents) {
        Some(found) => found
            .schemas
            .iter()
            .flat_map(|schema| root.alternatives(schema.clone()))
            .flat_map(|schema| names(&schema))
            .collect(),
        None => Vec::new(),
    };
    let message = match parents {
        [] => format!("there is no field `{name}`"),
        parents => format!("there is no field `{name}` in `{}`", parents.join(".")),
    };
    let help = match suggest::nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => BY_HAND.to_owned(),
        None => format!("it has {}", known.join(", ")),
    };
    Refusal { span: path.span, message, help }
}

fn names(schema: &Value) -> Vec<String> {
    properties(schema).map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
}

/// What may be found at a path.
struct Found<'s> {
    /// At least one; each is a possible value.
    schemas: Vec<Cow<'s, Value>>,
    may_be_absent: bool,
}

/// A payload's schema, into which references lead.
struct Root<'s>(&'s Value);

impl<'s> Root<'s> {
    /// The schema that `schema` stands for.
    fn follow<'a>(&self, mut schema: &'a Value) -> &'a Value
    where
        's: 'a,
    {
        for _ in 0..MOST_REFERENCES {
            let target = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
            match target.and_then(|pointer| self.0.pointer(pointer)) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    /// What `schema` offers to choose from, each of one type.
    fn alternatives<'a>(&self, schema: Cow<'a, Value>) -> Vec<Cow<'a, Value>>
    where
        's: 'a,
    {
        let mut out = Vec::new();
        let mut open = vec![(schema, 0)];
        while let Some((schema, depth)) = open.pop() {
            let schema = match schema {
                Cow::Borrowed(schema) => Cow::Borrowed(self.follow(schema)),
                Cow::Owned(schema) => Cow::Owned(self.follow(&schema).clone()),
            };
            let choice = ["oneOf", "anyOf"].into_iter().find(|key| schema.get(key).is_some_and(Value::is_array));
            let types = schema.get("type").and_then(Value::as_array);
            match (choice, types) {
                (Some(key), _) if depth < MOST_REFERENCES => {
                    let inner = (0..).map_while(|index| part(&schema, |schema| schema.get(key)?.get(index)));
                    let inner: Vec<_> = inner.map(|inner| (inner, depth + 1)).collect();
                    open.extend(inner.into_iter().rev());
                }
                (None, Some(types)) => out.extend(types.iter().map(|one| {
                    if one == "null" {
                        return Cow::Owned(json!({ "type": "null" }));
                    }
                    let mut of_type = schema.as_ref().clone();
                    of_type["type"] = one.clone();
                    Cow::Owned(without_null(of_type))
                })),
                _ => out.push(schema),
            }
        }
        out
    }

    /// What is at `path` of documents of `schema`; `None` where no document has anything there.
    fn find<'a>(&self, schema: &'a Value, path: &[String]) -> Option<Found<'a>>
    where
        's: 'a,
    {
        let mut found = Found { schemas: vec![Cow::Borrowed(schema)], may_be_absent: false };
        for name in path {
            let mut below = Vec::new();
            for schema in found.schemas.into_iter().flat_map(|schema| self.alternatives(schema)) {
                let field = part(&schema, |schema| properties(schema)?.get(name));
                found.may_be_absent |= field.is_none() || !is_required(&schema, name);
                below.extend(field);
            }
            found.schemas = below;
        }
        (!found.schemas.is_empty()).then_some(found)
    }
}

/// Part of a schema, copied where the schema is a copy.
fn part<'a>(schema: &Cow<'a, Value>, get: impl Fn(&Value) -> Option<&Value>) -> Option<Cow<'a, Value>> {
    match schema {
        Cow::Borrowed(schema) => get(schema).map(Cow::Borrowed),
        Cow::Owned(schema) => get(schema).cloned().map(Cow::Owned),
    }
}

fn without_null(mut schema: Value) -> Value {
    if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        values.retain(|value| !value.is_null());
    }
    schema
}

fn is_required(schema: &Value, name: &str) -> bool {
    schema.get("required").and_then(Value::as_array).is_some_and(|names| names.iter().any(|one| one == name))
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").is_some_and(|kind| kind == "null") || schema.get("const").is_some_and(Value::is_null)
}

/// What a step and a default make of what is found.
fn apply<'a, 's: 'a>(
    found: Found<'a>,
    step: &Step,
    default: Option<&Value>,
    root: &Root<'s>,
    path: &FieldPath,
) -> Result<Found<'a>, Refusal> {
    let mut may_be_absent = found.may_be_absent || matches!(step, Step::Behind(_));
    let mut schemas = Vec::new();
    if *step == Step::Same && default.is_none() {
        schemas = found.schemas;
    } else {
        for schema in found.schemas.into_iter().flat_map(|schema| root.alternatives(schema)) {
            if !is_null(&schema) {
                let fitting = |(message, help): (String, &str)| refusal(path.span, &message, help);
                schemas.push(Cow::Owned(stepped(schema.into_owned(), step).map_err(fitting)?));
            } else if default.is_none() {
                schemas.push(schema);
            }
        }
    }
    if let Some(default) = default {
        schemas.push(Cow::Owned(json!({ "const": default })));
        may_be_absent = false;
    }
    Ok(Found { schemas, may_be_absent })
}

/// What a step makes of values of one type that are not `null`; else what is wrong, and what helps.
fn stepped(schema: Value, step: &Step) -> Result<Value, (String, &'static str)> {
    let kind = match schema.get("enum").and_then(Value::as_array).and_then(|values| values.first()) {
        Some(Value::String(_)) => "string",
        _ => schema.get("type").and_then(Value::as_str).unwrap_or("any value"),
    };
    let unfit = |what: &str| (format!("{what} needs {}, and here is {kind}", wanted(step)), BY_HAND);
    match step {
        Step::Same => Ok(schema),
        Step::Values(values, otherwise) => {
            if kind != "string" {
                return Err(unfit("`values`"));
            }
            let listed = |text: &str| values.iter().find(|(from, _)| from == text).map(|(_, to)| to.clone());
            if let Some(known) = schema.get("enum").and_then(Value::as_array) {
                let to = known.iter().map(|value| {
                    let listed = value.as_str().and_then(listed);
                    listed.or_else(|| otherwise.clone()).unwrap_or_else(|| value.clone())
                });
                return Ok(json!({ "enum": distinct(to) }));
            }
            let known = distinct(values.iter().map(|(_, to)| to.clone()).chain(otherwise.clone()));
            Ok(match otherwise {
                Some(_) => json!({ "enum": known }),
                None => json!({ "anyOf": [{ "enum": known }, schema] }),
            })
        }
        Step::Before(_) | Step::Behind(_) => {
            if kind != "string" {
                return Err(unfit("`before` and `behind`"));
            }
            let mut part = json!({ "type": "string" });
            if let Some(longest) = schema.get("maxLength") {
                part["maxLength"] = longest.clone();
            }
            Ok(part)
        }
        Step::Times(factor) => {
            if kind != "integer" {
                return Err(unfit("`times`"));
            }
            times(&schema, *factor).ok_or_else(|| {
                let message = format!("{factor} times this integer may not be one of 64 bits");
                (message, "give the older field a `minimum` and a `maximum`, or write `by_hand`")
            })
        }
        Step::Convert(Convert::Text) => match kind {
            "string" => Ok(schema),
            "integer" => Ok(json!({ "type": "string", "pattern": "^-?[0-9]{1,20}$" })),
            "number" => Ok(json!({ "type": "string" })),
            "boolean" => Ok(json!({ "enum": ["true", "false"] })),
            _ => Err(unfit("`text`")),
        },
        Step::Convert(Convert::List) => Ok(json!({ "type": "array", "items": schema, "minItems": 1, "maxItems": 1 })),
    }
}

fn wanted(step: &Step) -> &'static str {
    match step {
        Step::Times(_) => "an integer",
        Step::Convert(_) => "a number, a text or a truth value",
        _ => "a text",
    }
}

fn distinct(values: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut out = Vec::new();
    for value in values {
        if !out.contains(&value) {
            out.push(value);
        }
    }
    out
}

/// The integers of `schema`, multiplied; `None` where one of them would leave 64 bits.
fn times(schema: &Value, factor: i64) -> Option<Value> {
    let product = |value: &Value| value.as_i64()?.checked_mul(factor);
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return Some(json!({ "enum": values.iter().map(product).collect::<Option<Vec<_>>>()? }));
    }
    let bound = |inclusive: &str, exclusive: &str, inward: i64| match (schema.get(inclusive), schema.get(exclusive)) {
        (Some(bound), _) => bound.as_i64(),
        (None, Some(bound)) => bound.as_i64()?.checked_add(inward),
        (None, None) => None,
    };
    let low = bound("minimum", "exclusiveMinimum", 1)?.checked_mul(factor)?;
    let high = bound("maximum", "exclusiveMaximum", -1)?.checked_mul(factor)?;
    let mut scaled = json!({ "type": "integer", "minimum": low.min(high), "maximum": low.max(high) });
    if factor != 0 {
        scaled["multipleOf"] = factor.checked_abs()?.into();
    }
    Some(scaled)
}

/// Removes what is at `path`; `None` where there is nothing, or not in a plain object.
fn remove(schema: &mut Value, path: &[String], root: &Root<'_>) -> Option<()> {
    let (name, below) = path.split_first()?;
    properties(schema)?.get(name)?;
    let fields = schema.get_mut("properties")?.as_object_mut()?;
    if below.is_empty() {
        fields.shift_remove(name);
        set_required(schema, name, false);
        return Some(());
    }
    let inner = fields.get_mut(name)?;
    *inner = root.follow(inner).clone();
    remove(inner, below, root)
}

/// Sets what is at `path`; `None` where some documents have no object there to set it in.
fn put(schema: &mut Value, path: &[String], value: Found<'_>, root: &Root<'_>) -> Option<()> {
    let (name, below) = path.split_first()?;
    properties(schema)?;
    if below.is_empty() {
        set_required(schema, name, !value.may_be_absent);
        let mut schemas = value.schemas;
        let one = if schemas.len() == 1 { schemas.pop()?.into_owned() } else { json!({ "anyOf": schemas }) };
        schema.get_mut("properties")?.as_object_mut()?.insert(name.clone(), one);
        return Some(());
    }
    let is_new = properties(schema)?.get(name).is_none();
    if is_new {
        if value.may_be_absent {
            return None;
        }
        set_required(schema, name, true);
    } else if !is_required(schema, name) {
        return None;
    }
    let inner = schema.get_mut("properties")?.as_object_mut()?.entry(name.clone());
    let inner = inner.or_insert_with(|| json!({ "type": "object", "properties": {} }));
    *inner = root.follow(inner).clone();
    put(inner, below, value, root)
}

fn set_required(schema: &mut Value, name: &str, is_required: bool) {
    let Some(schema) = schema.as_object_mut() else { return };
    let names = schema.entry("required").or_insert_with(|| json!([]));
    if let Some(names) = names.as_array_mut() {
        names.retain(|one| one != name);
        if is_required {
            names.push(name.into());
        }
    }
}
