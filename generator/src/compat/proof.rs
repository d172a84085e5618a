//! A proof that every document of one schema is accepted by another.
//!
//! First by structure: keyword by keyword, one level after the other. A pair of schemas that is met again further down
//! may be assumed, because every document ends somewhere: this is how recursive types are proven (Amadio and Cardelli,
//! Subtyping recursive types, 1993). What structure does not show is asked of the `canonical` algebra of `jsonschema`.
//! Both only ever say yes where it is so; neither says no.

use std::cmp::Ordering;
use std::collections::HashSet;

use jsonschema::canonical::{CanonicalSchema, Containment};
use serde_json::{Map, Number, Value};

use super::language::{self, Texts};
use super::parts::{Limit, Parts, Types, compare, matches};
use super::{reference, validator};

/// Steps of the structural proof before it gives up.
const MOST_STEPS: usize = 20_000;
/// Keywords that the structural proof does not know. Where the reader has one, only equal schemas are proven.
const UNKNOWN: [&str; 4] = ["unevaluatedItems", "unevaluatedProperties", "$dynamicRef", "$recursiveRef"];

/// Formats that validators check; others are annotations.
const FORMATS: [&str; 19] = [
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "idn-email",
    "idn-hostname",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
];

/// Whether every document of `writer` is one of `reader`, as their structure shows. `false` means that it does not.
pub(super) fn by_structure(reader: &Value, writer: &Value) -> bool {
    let mut prover = Prover { reader, steps: 0, assumed: HashSet::new(), here: Vec::new() };
    prover.holds(&Parts::of(writer, writer), reader)
}

/// Whether every document of `writer` is one of `reader`, as the algebra shows. `false` means that it does not.
pub(super) fn by_algebra(reader: &Value, writer: &Value) -> bool {
    let (Some(reader), Some(writer)) = (canonical(reader), canonical(writer)) else { return false };
    reader.covers(&writer).is_ok_and(|answer| answer == Containment::Yes)
}

/// A schema of what `writer` allows and `reader` does not, where the algebra can say it.
pub(super) fn difference(reader: &Value, writer: &Value) -> Option<Value> {
    let difference = canonical(writer)?.subtract(&canonical(reader)?).ok()?.to_json_schema();
    Some(reference::with_definitions(&difference))
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
            "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum" => {
                !types.has(Types::named(&Value::from("number"))) || within(writer, types, key, value)
            }
            "multipleOf" => !types.has(Types::named(&Value::from("number"))) || steps_fit(writer, types, value),
            "minLength" => !types.has(Types::STRING) || at_least(writer, key, value) || is_kept(writer, key, value),
            "maxLength" => !types.has(Types::STRING) || at_most(writer, key, value) || is_kept(writer, key, value),
            "format" if value.as_str().is_none_or(|name| !FORMATS.contains(&name)) => true,
            "format" => !types.has(Types::STRING) || writer.all(key).any(|own| own == value),
            "pattern" => {
                !types.has(Types::STRING) || writer.all(key).any(|own| own == value) || is_kept(writer, key, value)
            }
            "minItems" => !types.has(Types::ARRAY) || at_least(writer, key, value),
            "maxItems" => !types.has(Types::ARRAY) || at_most(writer, key, value),
            "uniqueItems" => {
                value != &Value::Bool(true)
                    || !types.has(Types::ARRAY)
                    || writer.all(key).any(|own| own == value)
                    || writer.at_most("maxItems").is_some_and(|most| most <= 1)
            }
            "prefixItems" => !types.has(Types::ARRAY) || self.prefix(writer, value),
            "items" => !types.has(Types::ARRAY) || self.items(writer, reader, value),
            "contains" => {
                !types.has(Types::ARRAY) || same_condition(writer, reader, &["contains", "minContains", "maxContains"])
            }
            "required" => {
                let required = writer.required();
                !types.has(Types::OBJECT) || each(value).filter_map(Value::as_str).all(|name| required.contains(name))
            }
            "minProperties" => {
                let required = u64::try_from(writer.required().len()).unwrap_or(0);
                !types.has(Types::OBJECT)
                    || at_least(writer, key, value)
                    || value.as_u64().is_some_and(|least| required >= least)
            }
            "maxProperties" => {
                let is_closed = writer.other_property().is_impossible() && writer.patterns().is_empty();
                let declared = u64::try_from(writer.declared().len()).unwrap_or(u64::MAX);
                !types.has(Types::OBJECT)
                    || at_most(writer, key, value)
                    || (is_closed && value.as_u64().is_some_and(|most| declared <= most))
            }
            "properties" => {
                !types.has(Types::OBJECT)
                    || named(value).all(|(name, schema)| self.holds_below(&writer.property(name), schema))
            }
            "patternProperties" => {
                !types.has(Types::OBJECT) || named(value).all(|(pattern, schema)| self.pattern(writer, pattern, schema))
            }
            "additionalProperties" => !types.has(Types::OBJECT) || self.additional(writer, reader, value),
            "propertyNames" => !types.has(Types::OBJECT) || self.names(writer, value),
            "dependentRequired" => {
                let required = writer.required();
                !types.has(Types::OBJECT)
                    || named(value).all(|(name, needed)| {
                        writer.property(name).is_impossible()
                            || each(needed).filter_map(Value::as_str).all(|name| required.contains(name))
                            || writer.all(key).any(|own| own.get(name) == Some(needed))
                    })
            }
            "dependentSchemas" => {
                !types.has(Types::OBJECT)
                    || named(value)
                        .all(|(name, schema)| writer.property(name).is_impossible() || self.holds(writer, schema))
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

fn each(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn named(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// All values, where there are finitely many and the parts or their types list them.
fn finite(writer: &Parts<'_>) -> Option<Vec<Value>> {
    finite_within(writer, 4)
}

fn finite_within(writer: &Parts<'_>, depth: usize) -> Option<Vec<Value>> {
    let types = writer.types();
    if let Some(listed) = writer.listed() {
        return Some(listed.into_iter().filter(|value| type_of(value).within(types)).cloned().collect());
    }
    if types == Types::OBJECT {
        return records(writer, depth.checked_sub(1)?);
    }
    let with_bool = types.has(Types::BOOLEAN).then(|| vec![Value::Bool(false), Value::Bool(true)]);
    let with_null = types.has(Types::NULL).then(|| vec![Value::Null]);
    let all_types = types.each().all(|one| one == Types::BOOLEAN || one == Types::NULL);
    all_types.then(|| with_bool.into_iter().chain(with_null).flatten().collect())
}

/// All records of a closed object, where each of its fields has few values.
fn records(writer: &Parts<'_>, depth: usize) -> Option<Vec<Value>> {
    const MOST: usize = 64;
    if !writer.other_property().is_impossible() || !writer.patterns().is_empty() {
        return None;
    }
    let required = writer.required();
    let mut records = vec![Map::new()];
    for name in writer.declared() {
        let field = writer.property(name);
        let values = if field.is_impossible() { Vec::new() } else { finite_within(&field, depth)? };
        let mut next = if required.contains(name) { Vec::new() } else { records.clone() };
        for value in values {
            next.extend(records.iter().cloned().map(|mut record| {
                record.insert(name.to_owned(), value.clone());
                record
            }));
        }
        records = next;
        if records.len() > MOST {
            return None;
        }
    }
    Some(records.into_iter().map(Value::Object).collect())
}

pub(super) fn type_of(value: &Value) -> Types {
    match value {
        Value::Null => Types::NULL,
        Value::Bool(_) => Types::BOOLEAN,
        Value::Number(number) if number.is_f64() && number.as_f64().is_some_and(|n| n.fract() != 0.0) => {
            Types::FRACTION
        }
        Value::Number(_) => Types::INTEGER,
        Value::String(_) => Types::STRING,
        Value::Array(_) => Types::ARRAY,
        Value::Object(_) => Types::OBJECT,
    }
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

/// Whether the writer's numbers keep the reader's limit.
fn within(writer: &Parts<'_>, types: Types, key: &str, value: &Value) -> bool {
    let Value::Number(limit) = value else { return false };
    let is_lower = key.ends_with("inimum");
    let Some(own) = (if is_lower { writer.lowest() } else { writer.highest() }) else { return false };
    let whole = !types.has(Types::FRACTION);
    let own = if whole { tightened(own, is_lower) } else { own };
    let order = compare(&own.value, limit);
    let inside = if is_lower { Ordering::Greater } else { Ordering::Less };
    let exclusive = key.starts_with("exclusive");
    order == Some(inside) || (order == Some(Ordering::Equal) && (!exclusive || own.exclusive))
}

/// The limit of whole numbers that this limit of all numbers is.
fn tightened(limit: Limit, is_lower: bool) -> Limit {
    if let Some(whole) = limit.value.as_i64() {
        let next = if is_lower { whole.checked_add(1) } else { whole.checked_sub(1) };
        return match next.filter(|_| limit.exclusive) {
            Some(next) => Limit { value: next.into(), exclusive: false },
            None => limit,
        };
    }
    let Some(value) = limit.value.as_f64().filter(|value| value.fract() != 0.0) else { return limit };
    let rounded = if is_lower { value.ceil() } else { value.floor() };
    Number::from_f64(rounded).map_or(limit, |value| Limit { value, exclusive: false })
}

/// Whether the writer's steps are among the reader's.
fn steps_fit(writer: &Parts<'_>, types: Types, value: &Value) -> bool {
    let Some(step) = fraction(value) else { return writer.all("multipleOf").any(|own| own == value) };
    let whole = (!types.has(Types::FRACTION)).then_some((1, 1));
    let own: Vec<(u128, u128)> = writer.all("multipleOf").filter_map(fraction).chain(whole).collect();
    // Whole multiples of a/b, in lowest terms, are the multiples of a.
    let whole_steps = own.iter().map(|(times, _)| (*times, 1)).filter(|_| whole.is_some());
    own.iter().copied().chain(whole_steps.collect::<Vec<_>>()).any(|own| own.0 * step.1 % (own.1 * step.0) == 0)
}

/// A positive decimal number in lowest terms, unless it has too many digits.
fn fraction(value: &Value) -> Option<(u128, u128)> {
    let text = value.as_number()?.to_string();
    let (whole, digits) = text.split_once('.').unwrap_or((&text, ""));
    let below = 10_u128.checked_pow(u32::try_from(digits.len()).ok()?)?;
    let above: u128 = format!("{whole}{digits}").parse().ok().filter(|above| *above > 0 && *above < 1 << 60)?;
    let (mut a, mut b) = (above, below);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    (below < 1 << 60).then_some((above / a, below / a))
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

/// Whether it is certain that no value is one of `parts`.
fn is_empty(parts: &Parts<'_>, depth: usize) -> bool {
    if parts.is_impossible() {
        return true;
    }
    let types = parts.types();
    if let Some(listed) = parts.listed()
        && listed.iter().all(|value| !type_of(value).within(types))
    {
        return true;
    }
    let number_is_empty = || match (parts.lowest(), parts.highest()) {
        (Some(low), Some(high)) => match compare(&low.value, &high.value) {
            Some(Ordering::Greater) => true,
            Some(Ordering::Equal) => low.exclusive || high.exclusive,
            _ => false,
        },
        _ => false,
    };
    let exceeds = |least: &str, most: &str| parts.at_most(most).is_some_and(|most| parts.at_least(least) > most);
    types.each().all(|one| {
        if one == Types::INTEGER || one == Types::FRACTION {
            number_is_empty()
        } else if one == Types::STRING {
            exceeds("minLength", "maxLength")
        } else if one == Types::ARRAY {
            exceeds("minItems", "maxItems")
        } else if one == Types::OBJECT {
            exceeds("minProperties", "maxProperties")
                || (depth > 0 && parts.required().into_iter().any(|name| is_empty(&parts.property(name), depth - 1)))
        } else {
            false
        }
    })
}

/// Whether it is certain that no value is one of both.
fn disjoint(a: &Parts<'_>, b: &Parts<'_>) -> bool {
    let types = a.types().and(b.types());
    if types.is_none() || a.is_impossible() || b.is_impossible() {
        return true;
    }
    if let (Some(a), Some(b)) = (finite(a), finite(b)) {
        return !share_a_value(&a, &b);
    }
    if !types.within(Types::OBJECT) {
        return false;
    }
    let both: Vec<&str> = a.required().into_iter().chain(b.required()).collect();
    both.into_iter().any(|name| {
        let (a, b) = (a.property(name), b.property(name));
        a.is_impossible() || b.is_impossible() || a.types().and(b.types()).is_none() || {
            matches!((finite(&a), finite(&b)), (Some(a), Some(b)) if !share_a_value(&a, &b))
        }
    })
}

fn share_a_value(a: &[Value], b: &[Value]) -> bool {
    a.iter().any(|a| b.iter().any(|b| same(a, b)))
}

/// Equal as JSON Schema compares: `1` and `1.0` are one number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => compare(a, b) == Some(Ordering::Equal),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}
