//! Documents that a writer may send, chosen for where the reader's schema makes a difference.
//!
//! For every place of a document there are values at and around each limit of either side, every listed value, and each
//! alternative; for every field, a document with it and one without. A document differs from a small one in one place,
//! so what it shows has one cause. Whether a document is valid is for a validator to say.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Number, Value, json};

use super::alike;
use super::hints::{Hints, keeps_limits};
use super::language::{self, Texts};
use super::parts::{Parts, Types};
use super::strings;

/// Most documents that are made of one value, and of the whole.
const MOST: usize = 4_000;
/// Values that are made where nothing can be refused.
const FEW: usize = 3;
/// Levels of nesting below which only the simplest value is made.
const DEPTH: usize = 7;
/// Levels below which nothing is made: a type that contains itself has no end.
const MOST_DEPTH: usize = 24;
/// Fields up to which an object is tried with all of them in every variation.
const NARROW: usize = 60;
/// Longest text and list that are made.
const LONGEST: u64 = 5_000;

/// Documents of `writer`, simple ones first.
pub(super) fn documents(writer: &Value, reader: &Value) -> Vec<Value> {
    let spares = alike::is_plain(writer) && alike::is_plain(reader);
    let mut sampler = Sampler { budget: 40 * MOST, spares };
    sampler.values(&Parts::of(writer, writer), &Hints::of(reader), 0)
}

struct Sampler {
    /// Values that may still be made.
    budget: usize,
    /// Few values are enough where both sides say the same: none of them can be what is refused.
    spares: bool,
}

impl Sampler {
    /// Values of `writer`, each once; the first is the simplest. Empty where none was found.
    fn values(&mut self, writer: &Parts<'_>, reader: &Hints<'_>, depth: usize) -> Vec<Value> {
        if writer.is_impossible() || depth > MOST_DEPTH || self.budget == 0 {
            return Vec::new();
        }
        self.budget -= 1;
        if writer.is_anything() && reader.is_empty() {
            return vec![json!("x"), json!(1), json!(null), json!(true), json!(0.5), json!({}), json!([])];
        }
        let mut values: Vec<Value> = Vec::new();
        if let Some(listed) = writer.listed() {
            values.extend(listed.into_iter().cloned());
        } else if let Some(alternatives) = writer.alternatives() {
            let each: Vec<Vec<Value>> =
                alternatives.iter().map(|alternative| self.values(alternative, reader, depth + 1)).collect();
            // The simplest of each come first.
            values.extend(each.iter().filter_map(|values| values.first().cloned()));
            values.extend(each.into_iter().flat_map(|values| values.into_iter().skip(1)));
        } else {
            for one in writer.types().each() {
                values.extend(self.of_type(writer, reader, one, depth));
            }
            values.extend(["examples", "default"].into_iter().flat_map(|key| writer.all(key)).flat_map(|value| {
                match value {
                    Value::Array(examples) => examples.clone(),
                    other => vec![other.clone()],
                }
            }));
        }
        let most = match depth {
            ..=DEPTH if self.spares && reader.say_the_same(writer) => FEW,
            ..=DEPTH => MOST,
            _ => 1,
        };
        let mut values = unique(values);
        // The rest of a document should be what is sent, and not what it is refused for.
        let seems_accepted = reader.seem_to_accept();
        let seems_sent = |value: &Value| writer.maps().all(|map| keeps_limits(map, value));
        values.sort_by_cached_key(|value| {
            let holds_others = value.is_object() || value.is_array();
            (!(holds_others || seems_sent(value)), !(holds_others || seems_accepted(value)))
        });
        values.truncate(most);
        self.budget = self.budget.saturating_sub(values.len());
        values
    }

    fn of_type(&mut self, writer: &Parts<'_>, reader: &Hints<'_>, one: Types, depth: usize) -> Vec<Value> {
        match one {
            Types::NULL => vec![Value::Null],
            Types::BOOLEAN => vec![Value::Bool(true), Value::Bool(false)],
            Types::INTEGER => numbers(writer, reader, true),
            Types::FRACTION => numbers(writer, reader, false),
            Types::STRING => texts(writer, reader),
            Types::ARRAY => self.arrays(writer, reader, depth),
            _ => self.objects(writer, reader, depth),
        }
    }

    fn arrays(&mut self, writer: &Parts<'_>, reader: &Hints<'_>, depth: usize) -> Vec<Value> {
        let least = usize::try_from(writer.at_least("minItems")).unwrap_or(0);
        let longest = usize::try_from(LONGEST).unwrap_or(usize::MAX);
        let most =
            writer.at_most("maxItems").and_then(|most| usize::try_from(most).ok()).unwrap_or(longest).min(longest);
        let prefix = writer.prefix().max(reader.prefix());
        let unique_items = writer.all("uniqueItems").any(|value| value == &Value::Bool(true));
        // Items that differ are as many values.
        let spares = self.spares;
        self.spares &= !unique_items;
        let items: Vec<Vec<Value>> = (0..=prefix.min(16))
            .map(|index| self.values(&writer.item(index), &reader.item(index), depth + 1))
            .collect();
        self.spares = spares;
        let contained: Vec<Value> = writer
            .all("contains")
            .flat_map(|schema| self.values(&Parts::of(writer.document(), schema), reader, depth + 1))
            .collect();
        let item = |index: usize| -> Option<Value> {
            let values = &items[index.min(items.len() - 1)];
            let value = if unique_items { values.get(index % values.len().max(1)) } else { values.first() };
            value.cloned()
        };
        let of_length = |length: usize| -> Option<Vec<Value>> { (0..length).map(item).collect() };
        let around = reader.counts(&["minItems", "maxItems", "minContains", "maxContains"]);
        let mut lengths: Vec<usize> = vec![least, 0, 1, 2, prefix, prefix + 1];
        lengths.extend(
            around
                .iter()
                .flat_map(|count| [count.saturating_sub(1), *count, count + 1])
                .filter_map(|n| usize::try_from(n).ok()),
        );
        lengths.extend(writer.at_most("maxItems").and_then(|most| usize::try_from(most).ok()));
        let lengths = lengths.into_iter().filter(|length| (least..=most).contains(length) && *length <= longest);
        let mut arrays: Vec<Vec<Value>> = unique_by(lengths).into_iter().filter_map(of_length).collect();
        let base = of_length(least.max(1).min(most)).unwrap_or_default();
        for (index, values) in items.iter().enumerate().filter(|_| most > 0) {
            for value in values {
                let mut array = of_length((index + 1).max(least)).unwrap_or_else(|| base.clone());
                if let Some(place) = array.get_mut(index) {
                    *place = value.clone();
                    arrays.push(array);
                }
            }
        }
        let mut times: Vec<usize> = around.iter().filter_map(|count| usize::try_from(count + 1).ok()).collect();
        times.extend([1, 2]);
        for value in contained {
            for times in unique_by(times.iter().copied().filter(|times| *times <= 100)) {
                let mut array = base.clone();
                array.extend(std::iter::repeat_n(value.clone(), times));
                arrays.push(array);
                arrays.push(vec![value.clone(); times]);
            }
        }
        if let Some(value) = item(0) {
            arrays.push(vec![value.clone(), value]);
        }
        arrays.into_iter().filter(|array| (least..=most).contains(&array.len())).map(Value::Array).collect()
    }

    fn objects(&mut self, writer: &Parts<'_>, reader: &Hints<'_>, depth: usize) -> Vec<Value> {
        let required = writer.required();
        let mut names: Vec<&str> = writer.declared().into_iter().collect();
        names.extend(required.iter().filter(|name| !names.contains(name)).copied().collect::<Vec<_>>());
        let deep = depth > DEPTH;
        let mut fields: Vec<(&str, Vec<Value>)> = Vec::new();
        for name in names {
            if deep && !required.contains(name) {
                continue;
            }
            let values = self.values(&writer.property(name), &reader.property(name), depth + 1);
            if values.is_empty() && required.contains(name) {
                return Vec::new();
            }
            fields.push((name, values));
        }
        let simplest = |wanted: &dyn Fn(&str) -> bool| -> Map<String, Value> {
            let fields = fields.iter().filter(|(name, _)| wanted(name));
            fields.filter_map(|(name, values)| Some(((*name).to_owned(), values.first()?.clone()))).collect()
        };
        let base = simplest(&|name| required.contains(name));
        let full = simplest(&|_| true);
        let mut objects = vec![base.clone()];
        if deep {
            return objects.into_iter().map(Value::Object).collect();
        }
        objects.push(full.clone());
        // Documents with every field of a wide object, one for each value of each field, would be a square of its width.
        let is_narrow = fields.len() <= NARROW;
        for (name, values) in &fields {
            if objects.len() > MOST {
                break;
            }
            for value in values {
                objects.push(with(&base, name, value));
            }
            if !is_narrow {
                continue;
            }
            if !required.contains(name) {
                let mut object = full.clone();
                object.remove(*name);
                objects.push(object);
            }
            // What depends on other fields shows when those are there.
            objects.extend(values.iter().take(12).map(|value| with(&full, name, value)));
        }
        // Fields that nobody declared, where they are allowed.
        let other = writer.other_property();
        let undeclared = reader.names().into_iter().filter(|name| !fields.iter().any(|(known, _)| known == name));
        let matching: Vec<String> =
            writer.patterns().into_iter().chain(reader.patterns()).flat_map(strings::matching).collect();
        let invented = ["undeclared", "x", "Y-1", ""].into_iter();
        let names = writer.all("propertyNames").fold(Parts::of(writer.document(), &Value::Bool(true)), Parts::and);
        let named = texts(&names, &reader.property_names());
        let named = named.into_iter().filter_map(|name| name.as_str().map(str::to_owned)).take(60);
        let free: BTreeSet<String> =
            undeclared.map(str::to_owned).chain(matching).chain(invented.map(str::to_owned)).chain(named).collect();
        if !other.is_impossible() || !writer.patterns().is_empty() {
            for name in free {
                let values = self.values(&writer.property(&name), &reader.property(&name), depth + 2);
                let most = if name == "x" { MOST } else { 40 };
                objects.extend(values.into_iter().take(most).map(|value| with(&base, &name, &value)));
            }
        }
        let counts = reader.counts(&["minProperties", "maxProperties"]);
        let mut counts: Vec<u64> =
            counts.iter().flat_map(|count| [count.saturating_sub(1), *count, count + 1]).collect();
        counts.extend([writer.at_least("minProperties")]);
        counts.extend(writer.at_most("maxProperties"));
        for count in unique_by(counts.into_iter().filter(|count| *count <= 200)) {
            objects.extend(self.of_size(&base, &full, writer, usize::try_from(count).unwrap_or(0), depth));
        }
        objects.into_iter().map(Value::Object).collect()
    }

    /// An object with this many fields.
    fn of_size(
        &mut self,
        base: &Map<String, Value>,
        full: &Map<String, Value>,
        writer: &Parts<'_>,
        size: usize,
        depth: usize,
    ) -> Option<Map<String, Value>> {
        let mut object = base.clone();
        for (name, value) in full {
            if object.len() < size {
                object.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        let patterns = writer.patterns();
        for number in 0..size.saturating_sub(object.len()) {
            let name =
                patterns.iter().flat_map(|pattern| strings::matching(pattern)).find(|name| !object.contains_key(name));
            let name = name.unwrap_or_else(|| format!("field-{number}"));
            let value = self.values(&writer.property(&name), &Hints::of(&Value::Null), depth + 4).into_iter().next()?;
            object.insert(name, value);
        }
        (object.len() == size).then_some(object)
    }
}

fn with(object: &Map<String, Value>, name: &str, value: &Value) -> Map<String, Value> {
    let mut object = object.clone();
    object.insert(name.to_owned(), value.clone());
    object
}

/// Numbers at and around the limits of both sides.
fn numbers(writer: &Parts<'_>, reader: &Hints<'_>, whole: bool) -> Vec<Value> {
    let limits = ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf"];
    let of_both = limits.iter().flat_map(|key| writer.all(key).chain(reader.all(key)).collect::<Vec<_>>());
    let named = reader.values().into_iter().filter(|value| value.is_number());
    let known: Vec<Number> = of_both.chain(named).filter_map(|value| value.as_number().cloned()).collect();
    let steps: Vec<f64> = writer.all("multipleOf").filter_map(Value::as_f64).filter(|step| *step > 0.0).collect();
    let mut numbers: Vec<Value> = vec![json!(0), json!(1), json!(-1)];
    for number in &known {
        numbers.push(Value::Number(number.clone()));
        if let Some(exact) = number.as_i64() {
            numbers.extend([exact.checked_add(1), exact.checked_sub(1)].into_iter().flatten().map(Value::from));
        }
        if let Some(value) = number.as_f64() {
            let near = [value.floor(), value.ceil(), value + 0.5, value - 0.5, value * 2.0, value * 3.0, value / 2.0];
            numbers.extend(near.into_iter().filter_map(number_of));
            // Between this and the next.
            let small = value.abs().max(1.0) * 1e-6;
            numbers.extend([value + small, value - small].into_iter().filter_map(number_of));
            for step in &steps {
                let nearest = (value / step).round();
                let multiples = [nearest - 1.0, nearest, nearest + 1.0].map(|times| times * step);
                numbers.extend(multiples.into_iter().filter_map(number_of));
            }
        }
    }
    numbers.extend([json!(2), json!(3), json!(5), json!(7), json!(1_000_003), json!(-1_000_003)]);
    for step in &steps {
        numbers.extend([1.0, 2.0, 3.0, 5.0, -1.0].into_iter().filter_map(|times| number_of(times * step)));
    }
    if whole {
        numbers.extend([json!(i64::MAX), json!(i64::MIN), json!(u64::MAX)]);
    } else {
        numbers.extend([json!(0.5), json!(-0.5), json!(1.5), json!(0.1), json!(1e300), json!(-1e300), json!(1e-9)]);
    }
    // The validator divides as floating point, which goes wrong for large ones.
    let has_steps = writer.all("multipleOf").chain(reader.all("multipleOf")).next().is_some();
    numbers.retain(|value| !has_steps || value.as_f64().is_some_and(|value| value.abs() < 1e12));
    let is_whole = |value: &Value| super::values::type_of(value) == Types::INTEGER;
    numbers.into_iter().filter(|value| is_whole(value) == whole).collect()
}

fn number_of(value: f64) -> Option<Value> {
    #[expect(clippy::cast_possible_truncation, reason = "whole, and far from the limits")]
    if value.fract() == 0.0 && value.abs() < 9e15 {
        Some(Value::from(value as i64))
    } else {
        Number::from_f64(value).map(Value::Number)
    }
}

/// Texts at and around the lengths of both sides, of their formats and patterns, and every listed one.
fn texts(writer: &Parts<'_>, reader: &Hints<'_>) -> Vec<Value> {
    let mut texts: Vec<String> = Vec::new();
    let own: Vec<&Value> = writer.all("format").collect();
    let patterns: Vec<&str> = writer.all("pattern").filter_map(Value::as_str).collect();
    texts.extend(own.iter().flat_map(|format| strings::of_format(format)).map(|text| (*text).to_owned()));
    texts.extend(patterns.iter().flat_map(|pattern| strings::matching(pattern)));
    let least = writer.at_least("minLength");
    texts.push("a".repeat(usize::try_from(least.min(LONGEST)).unwrap_or(0)));
    let counts = reader.counts(&["minLength", "maxLength"]);
    let around = counts.iter().flat_map(|count| [count.saturating_sub(1), *count, count + 1]);
    let most = writer.at_most("maxLength");
    for length in unique_by(around.chain(most).chain([0, 1, least])).into_iter().filter(|length| *length <= LONGEST) {
        let length = usize::try_from(length).unwrap_or(0);
        texts.push("a".repeat(length));
        // Texts of a pattern are stretched by what they end with.
        let longer: Vec<String> = texts.iter().take(8).filter_map(|text| stretched(text, length)).collect();
        texts.extend(longer);
    }
    texts.extend(reader.values().into_iter().filter_map(|value| value.as_str().map(str::to_owned)));
    texts.extend(reader.all("format").flat_map(strings::of_format).map(|text| (*text).to_owned()));
    texts.extend(reader.all("pattern").filter_map(Value::as_str).flat_map(strings::matching));
    for key in ["pattern", "minLength", "maxLength"] {
        for value in reader.all(key) {
            if let Texts::Outside(text) = language::compare(writer, key, value) {
                texts.push(text);
            }
        }
    }
    texts.extend(
        ["x", "X", "0", "-1", " ", "é", "\u{1f600}", "a b", "other", "12", "AB", "\n", "none of these"]
            .map(str::to_owned),
    );
    texts.into_iter().map(Value::String).collect()
}

/// `text` with its last character repeated until it has `length`.
fn stretched(text: &str, length: usize) -> Option<String> {
    let missing = length.checked_sub(text.chars().count()).filter(|missing| *missing > 0)?;
    let last = text.chars().next_back()?;
    Some(text.chars().chain(std::iter::repeat_n(last, missing)).collect())
}

/// Each value once, in order.
fn unique(values: Vec<Value>) -> Vec<Value> {
    let mut seen = HashSet::with_capacity(values.len());
    let is_first: Vec<bool> = values.iter().map(|value| seen.insert(value)).collect();
    values.into_iter().zip(is_first).filter_map(|(value, is_first)| is_first.then_some(value)).collect()
}

fn unique_by<T: Ord + Copy>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = BTreeSet::new();
    values.filter(|value| seen.insert(*value)).collect()
}
