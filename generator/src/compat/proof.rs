//! A proof that every document of one schema is accepted by another.
//!
//! First by structure: keyword by keyword, one level after the other. A pair of schemas that is met again further down
//! may be assumed, because every document ends somewhere: this is how recursive types are proven (Amadio and Cardelli,
//! Subtyping recursive types, 1993). What structure does not show is asked of the `canonical` algebra of `jsonschema`.
//! Both only ever say yes where it is so; neither says no.

use std::collections::HashSet;

use jsonschema::canonical::{CanonicalSchema, Containment};
use serde_json::{Map, Value};

use super::language::{self, Texts};
use super::numbers::{steps_fit, within};
use super::parts::{Parts, Types, matches};
use super::values::{disjoint, finite, is_empty};
use super::{reference, strings, validator};

/// Steps of the structural proof before it gives up.
const MOST_STEPS: usize = 20_000;
/// Keywords that the structural proof does not know. Where the reader has one, only equal schemas are proven.
const UNKNOWN: [&str; 4] = ["unevaluatedItems", "unevaluatedProperties", "$dynamicRef", "$recursiveRef"];

/// Whether every document of `writer` is one of `reader`, as their structure shows. `false` means that it does not.
pub(super) fn by_structure(reader: &Value, writer: &Value) -> bool {
    let mut prover = Prover { reader, steps: 0, assumed: HashSet::new(), here: Vec::new() };
    prover.holds(&Parts::of(writer, writer), reader)
}

/// What the algebra says about the documents of a writer.
pub(super) enum Answer {
    /// All are the reader's.
    Covered,
    /// Those of this schema are not.
    Left(Value),
    Unknown,
}

/// Whether every document of `writer` is one of `reader`, or which are not, where the algebra can say it.
pub(super) fn by_algebra(reader: &Value, writer: &Value) -> Answer {
    let (Some(reader), Some(writer)) = (canonical(reader), canonical(writer)) else { return Answer::Unknown };
    if reader.covers(&writer).is_ok_and(|answer| answer == Containment::Yes) {
        return Answer::Covered;
    }
    let left = writer.subtract(&reader).map(|left| reference::with_definitions(&left.to_json_schema()));
    left.map_or(Answer::Unknown, Answer::Left)
}

fn canonical(schema: &Value) -> Option<CanonicalSchema> {
    let options = jsonschema::canonical::options().offline().with_draft(jsonschema::Draft::Draft202012);
    options.should_validate_formats(true).canonicalize(schema).ok()
}

/// What a step is about: the writer's parts and the reader's schema.
type Question = ((Vec<(usize, bool, bool)>, Types), usize);

struct Prover<'r> {
    /// The reader's whole schema.
    reader: &'r Value,
    steps: usize,
    /// Questions further up, with at least one step into a value since.
    assumed: HashSet<Question>,
    /// Questions about the same value that are not answered yet.
    here: Vec<Question>,
}

impl<'r> Prover<'r> {
    /// Whether `reader` accepts every value of `writer`.
    fn holds(&mut self, writer: &Parts<'_>, reader: &'r Value) -> bool {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return false;
        }
        let map = match reader {
            Value::Bool(true) => return true,
            Value::Object(map) if map.is_empty() => return true,
            Value::Object(map) => map,
            _ => return is_empty(writer, 4),
        };
        let question = (writer.key(), std::ptr::from_ref(map).addr());
        if self.assumed.contains(&question) {
            return true;
        }
        // Asked for by itself, without a step in between.
        if self.here.contains(&question) {
            return false;
        }
        self.here.push(question);
        let holds = self.holds_directly(writer, map)
            || is_empty(writer, 4)
            || self.holds_for_each_type(writer, reader, map)
            || self.holds_for_each_alternative(writer, reader);
        self.here.pop();
        holds
    }

    /// [`Prover::holds`] for what stands inside a value.
    fn holds_below(&mut self, writer: &Parts<'_>, reader: &'r Value) -> bool {
        if writer.is_impossible() {
            return true;
        }
        let here = std::mem::take(&mut self.here);
        let added: Vec<Question> = here.iter().filter(|question| !self.assumed.contains(*question)).cloned().collect();
        self.assumed.extend(added.iter().cloned());
        let holds = self.holds(writer, reader);
        for question in &added {
            self.assumed.remove(question);
        }
        self.here = here;
        holds
    }

    fn holds_for_each_type(&mut self, writer: &Parts<'_>, reader: &'r Value, map: &Map<String, Value>) -> bool {
        let types = writer.types();
        let chooses = ["anyOf", "oneOf", "$ref", "allOf", "if"].iter().any(|key| map.contains_key(*key));
        chooses
            && types.each().nth(1).is_some()
            && types.each().all(|one| self.holds(&writer.clone().only(one), reader))
    }

    fn holds_for_each_alternative(&mut self, writer: &Parts<'_>, reader: &'r Value) -> bool {
        writer.alternatives().is_some_and(|all| all.len() <= 64 && all.iter().all(|one| self.holds(one, reader)))
    }

    fn holds_directly(&mut self, writer: &Parts<'_>, reader: &'r Map<String, Value>) -> bool {
        if let Some(values) = finite(writer) {
            let Some(accepts) = validator::of_part(self.reader, reader) else { return false };
            return values.iter().all(|value| accepts.is_valid(value));
        }
        if UNKNOWN.iter().any(|key| reader.contains_key(*key)) {
            return false;
        }
        reader.iter().all(|(key, value)| self.keyword(writer, reader, key, value))
    }

    fn keyword(&mut self, writer: &Parts<'_>, reader: &'r Map<String, Value>, key: &str, value: &'r Value) -> bool {
        let types = writer.types();
        if !types.has(concerned(key)) {
            return true;
        }
        match key {
            "$ref" => {
                let target = value.as_str().and_then(|written| reference::target(self.reader, written));
                target.is_some_and(|target| self.holds(writer, target))
            }
            "allOf" => each(value).all(|part| self.holds(writer, part)),
            "anyOf" => each(value).any(|branch| self.holds(writer, branch)),
            "oneOf" => {
                let branches: Vec<&Value> = each(value).collect();
                (0..branches.len()).any(|at| {
                    let others = branches.iter().enumerate().filter(|(other, _)| *other != at);
                    self.holds(writer, branches[at])
                        && others.into_iter().all(|(_, other)| disjoint(writer, &Parts::of(self.reader, other)))
                })
            }
            "not" => disjoint(writer, &Parts::of(self.reader, value)),
            "if" => {
                let branch = |key: &str| reader.get(key);
                let condition = Parts::of(self.reader, value);
                branch("then").is_none_or(|then| disjoint(writer, &condition) || self.holds(writer, then))
                    && branch("else").is_none_or(|other| self.holds(writer, value) || self.holds(writer, other))
            }
            "type" => types.within(Types::named(value)),
            // Listed values were compared before; a pattern may list texts too.
            "enum" | "const" => types == Types::STRING && is_kept(writer, key, value),
            "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum" => within(writer, types, key, value),
            "multipleOf" => steps_fit(writer, types, value),
            "minLength" => at_least(writer, key, value) || is_kept(writer, key, value),
            "maxLength" => at_most(writer, key, value) || is_kept(writer, key, value),
            // Validators check the formats that texts are made of; others are annotations.
            "format" if strings::of_format(value).is_empty() => true,
            "format" => writer.all(key).any(|own| own == value),
            "pattern" => writer.all(key).any(|own| own == value) || is_kept(writer, key, value),
            "minItems" => at_least(writer, key, value),
            "maxItems" => at_most(writer, key, value),
            "uniqueItems" => {
                value != &Value::Bool(true)
                    || writer.all(key).any(|own| own == value)
                    || writer.at_most("maxItems").is_some_and(|most| most <= 1)
            }
            "prefixItems" => self.prefix(writer, value),
            "items" => self.items(writer, reader, value),
            "contains" => same_condition(writer, reader, &["contains", "minContains", "maxContains"]),
            "required" => {
                let required = writer.required();
                each(value).filter_map(Value::as_str).all(|name| required.contains(name))
            }
            "minProperties" => {
                let required = u64::try_from(writer.required().len()).unwrap_or(0);
                at_least(writer, key, value) || value.as_u64().is_some_and(|least| required >= least)
            }
            "maxProperties" => {
                let is_closed = writer.other_property().is_impossible() && writer.patterns().is_empty();
                let declared = u64::try_from(writer.declared().len()).unwrap_or(u64::MAX);
                at_most(writer, key, value) || (is_closed && value.as_u64().is_some_and(|most| declared <= most))
            }
            "properties" => named(value).all(|(name, schema)| self.holds_below(&writer.property(name), schema)),
            "patternProperties" => named(value).all(|(pattern, schema)| self.pattern(writer, pattern, schema)),
            "additionalProperties" => self.additional(writer, reader, value),
            "propertyNames" => self.names(writer, value),
            "dependentRequired" => {
                let required = writer.required();
                named(value).all(|(name, needed)| {
                    writer.property(name).is_impossible()
                        || each(needed).filter_map(Value::as_str).all(|name| required.contains(name))
                        || writer.all(key).any(|own| own.get(name) == Some(needed))
                })
            }
            "dependentSchemas" => {
                named(value).all(|(name, schema)| writer.property(name).is_impossible() || self.holds(writer, schema))
            }
            // Read with another keyword, or without a say in what is valid.
            _ => true,
        }
    }

    fn prefix(&mut self, writer: &Parts<'_>, value: &'r Value) -> bool {
        each(value).enumerate().all(|(index, schema)| {
            let longest = writer.at_most("maxItems").and_then(|most| usize::try_from(most).ok());
            longest.is_some_and(|most| most <= index) || self.holds_below(&writer.item(index), schema)
        })
    }

    fn items(&mut self, writer: &Parts<'_>, reader: &Map<String, Value>, value: &'r Value) -> bool {
        let first = reader.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
        let longest = writer.at_most("maxItems").and_then(|most| usize::try_from(most).ok());
        // One behind the last that has a schema of its own stands for all that follow.
        let last = first.max(writer.prefix());
        (first..=last)
            .take_while(|index| longest.is_none_or(|most| *index < most))
            .all(|index| self.holds_below(&writer.item(index), value))
    }

    fn pattern(&mut self, writer: &Parts<'_>, pattern: &str, schema: &'r Value) -> bool {
        let declared = writer.declared();
        declared
            .iter()
            .filter(|name| matches(pattern, name))
            .all(|name| self.holds_below(&writer.property(name), schema))
            && self.holds_for_matching(writer, pattern, schema)
    }

    /// Whether `schema` accepts what fields hold that no part declares by name, as far as their names match `pattern`.
    fn holds_for_matching(&mut self, writer: &Parts<'_>, pattern: &str, schema: &'r Value) -> bool {
        let patterns = writer.patterns();
        if let Some(own) = patterns.iter().find(|own| language::within(pattern, own)) {
            return self.holds_below(&writer.property_matching(own), schema);
        }
        patterns.iter().all(|own| self.holds_below(&writer.property_matching(own), schema))
            && self.holds_below(&writer.other_property(), schema)
    }

    fn additional(&mut self, writer: &Parts<'_>, reader: &Map<String, Value>, schema: &'r Value) -> bool {
        let names = reader.get("properties").and_then(Value::as_object);
        let patterns: Vec<&str> = reader
            .get("patternProperties")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|patterns| patterns.keys().map(String::as_str))
            .collect();
        let is_known = |name: &str| {
            names.is_some_and(|names| names.contains_key(name)) || patterns.iter().any(|pattern| matches(pattern, name))
        };
        let declared: Vec<&str> = writer.declared().into_iter().filter(|name| !is_known(name)).collect();
        declared.into_iter().all(|name| self.holds_below(&writer.property(name), schema))
            && writer
                .patterns()
                .into_iter()
                .filter(|own| !patterns.iter().any(|pattern| language::within(own, pattern)))
                .all(|own| self.holds_below(&writer.property_matching(own), schema))
            && (writer.patterns().iter().any(|own| language::within("", own))
                || self.holds_below(&writer.other_property(), schema))
    }

    fn names(&mut self, writer: &Parts<'_>, schema: &'r Value) -> bool {
        if writer.all("propertyNames").any(|own| own == schema && !mentions_reference(own)) {
            return true;
        }
        let Value::Object(map) = schema else { return schema == &Value::Bool(true) };
        let pattern = map.get("pattern").and_then(Value::as_str).filter(|_| map.len() == 1);
        let is_closed = writer.other_property().is_impossible()
            && writer.patterns().iter().all(|own| pattern.is_some_and(|pattern| language::within(own, pattern)));
        let Some(accepts) = validator::of_part(self.reader, map) else { return false };
        is_closed && writer.declared().into_iter().all(|name| accepts.is_valid(&Value::from(name)))
    }
}

/// The types that a keyword has a say about.
fn concerned(key: &str) -> Types {
    match key {
        "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum" | "multipleOf" => Types::NUMBER,
        "minLength" | "maxLength" | "format" | "pattern" => Types::STRING,
        "minItems" | "maxItems" | "uniqueItems" | "prefixItems" | "items" | "contains" => Types::ARRAY,
        "required"
        | "minProperties"
        | "maxProperties"
        | "properties"
        | "patternProperties"
        | "additionalProperties"
        | "propertyNames"
        | "dependentRequired"
        | "dependentSchemas" => Types::OBJECT,
        _ => Types::ALL,
    }
}

fn each(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn named(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Whether all texts of the writer keep a limit.
fn is_kept(writer: &Parts<'_>, key: &str, value: &Value) -> bool {
    language::compare(writer, key, value) == Texts::Within
}

fn at_least(writer: &Parts<'_>, key: &str, value: &Value) -> bool {
    value.as_u64().is_some_and(|least| writer.at_least(key) >= least)
}

fn at_most(writer: &Parts<'_>, key: &str, value: &Value) -> bool {
    value.as_u64().is_some_and(|most| writer.at_most(key).is_some_and(|own| own <= most))
}

/// Whether one of the writer's own schemas says the same with these keywords, without references.
fn same_condition(writer: &Parts<'_>, reader: &Map<String, Value>, keys: &[&str]) -> bool {
    let no_reference = keys.iter().filter_map(|key| reader.get(*key)).all(|value| !mentions_reference(value));
    no_reference && writer.maps().any(|own| keys.iter().all(|key| own.get(*key) == reader.get(*key)))
}

fn mentions_reference(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.contains_key("$ref") || map.values().any(mentions_reference),
        Value::Array(items) => items.iter().any(mentions_reference),
        _ => false,
    }
}
