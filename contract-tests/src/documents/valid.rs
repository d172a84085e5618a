//! Types as strategies.
//!
//! What is simple comes first in every choice, because that is where proptest shrinks to: an absent field, a short list,
//! a small number.

use std::collections::HashMap;

use proptest::collection::{SizeRange, vec};
use proptest::prelude::{Just, any};
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Strategy as _, Union};
use serde_json::{Map, Value, json};
use tidings_generator::payload::{Body, Field, Kind, Payload, Shape, TextRules};

use super::{numbers, text};

/// Levels of nesting below which only what is required is made: a type that contains itself has no end. A field is two or
/// three of them.
const DEPTH: usize = 14;

/// Items of a list, or entries of a map, beyond its least number.
const FEW: u64 = 4;

/// The longest list that is made of different items.
const MANY: u64 = 64;

/// The longest list that is made at all.
const LONGEST: u64 = 2_000;

/// Values of one document, about. A schema that asks for more has no documents.
const LARGEST: u64 = 100_000;

/// Documents that are meant to be valid.
pub(super) fn documents(payload: &Payload) -> BoxedStrategy<Value> {
    Types { payload, made: HashMap::new(), room: LARGEST }.named(&payload.root, 0)
}

struct Types<'p> {
    payload: &'p Payload,
    /// Strategies of named types at a depth.
    made: HashMap<(&'p str, usize), BoxedStrategy<Value>>,
    /// Values that there may still be inside what is being made.
    room: u64,
}

impl<'p> Types<'p> {
    fn named(&mut self, name: &'p str, depth: usize) -> BoxedStrategy<Value> {
        if let Some(made) = self.made.get(&(name, depth)) {
            return made.clone();
        }
        // A type that contains itself where it must would have no value at all; the validator says so.
        let too_deep = depth > 3 * DEPTH;
        let Some(def) = self.payload.type_def(name).filter(|_| !too_deep) else { return Just(Value::Null).boxed() };
        let strategy = match &def.body {
            Body::Struct(fields) => self.object(fields, depth).prop_map(Value::Object).boxed(),
            Body::Enum(variants) => {
                select(variants.iter().map(|variant| json!(variant.value)).collect::<Vec<_>>()).boxed()
            }
            Body::Tagged { tag, variants } => Union::new(variants.iter().map(|variant| {
                let (tag, value) = (tag.clone(), variant.value.clone());
                let tagged = move |fields: Map<String, Value>| {
                    Value::Object([(tag.clone(), json!(value))].into_iter().chain(fields).collect())
                };
                self.object(&variant.fields, depth).prop_map(tagged).boxed()
            }))
            .boxed(),
            Body::Untagged(variants) => {
                Union::new(variants.iter().map(|variant| self.shape(&variant.shape, depth + 1))).boxed()
            }
            Body::Alias(shape) => self.shape(shape, depth + 1),
        };
        self.made.insert((name, depth), strategy.clone());
        strategy
    }

    fn object(&mut self, fields: &'p [Field], depth: usize) -> BoxedStrategy<Map<String, Value>> {
        let mut names = Vec::new();
        let mut values = Vec::new();
        for field in fields {
            if !field.required && depth >= DEPTH {
                continue;
            }
            let value = self.shape(&field.shape, depth + 1);
            names.push(field.name.clone());
            values.push(if field.required { value.prop_map(Some).boxed() } else { sometimes(value) });
        }
        let named = move |values: Vec<Option<Value>>| {
            names.iter().zip(values).filter_map(|(name, value)| Some((name.clone(), value?))).collect()
        };
        values.prop_map(named).boxed()
    }

    /// What is made so many times.
    fn within(&mut self, times: u64, make: impl FnOnce(&mut Self) -> BoxedStrategy<Value>) -> BoxedStrategy<Value> {
        let room = self.room;
        self.room /= times.max(1);
        let made = if self.room == 0 { Just(Value::Null).boxed() } else { make(self) };
        self.room = room;
        made
    }

    fn shape(&mut self, shape: &'p Shape, depth: usize) -> BoxedStrategy<Value> {
        let value = match &shape.kind {
            Kind::Any => anything(),
            Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
            Kind::Integer(rules) => numbers::integers(rules),
            Kind::Number(rules) => numbers::numbers(rules),
            Kind::Text(rules) => text::texts(rules).prop_map(Value::String).boxed(),
            Kind::List { items, min, max, unique } => {
                let items = self.within(*min, |this| this.shape(items, depth + 1));
                lists(&items, Sizes::new(*min, *max, depth), *unique)
            }
            Kind::Map { values, keys, min, max } => {
                let values = self.within(*min, |this| this.shape(values, depth + 1));
                maps(keys, &values, Sizes::new(*min, *max, depth))
            }
            Kind::Named(name) => self.named(name, depth + 1),
        };
        if shape.nullable {
            Union::new_weighted(vec![(1, Just(Value::Null).boxed()), (4, value)]).boxed()
        } else {
            value
        }
    }
}

/// A value, or none.
fn sometimes(value: BoxedStrategy<Value>) -> BoxedStrategy<Option<Value>> {
    Union::new_weighted(vec![(2, Just(None).boxed()), (3, value.prop_map(Some).boxed())]).boxed()
}

/// How many items or entries.
#[derive(Clone, Copy)]
struct Sizes {
    least: u64,
    /// A few more than that.
    few: u64,
    /// What is allowed, and may be too many to make.
    most: Option<u64>,
}

impl Sizes {
    fn new(least: u64, most: Option<u64>, depth: usize) -> Self {
        let few = if depth >= DEPTH { least } else { least.saturating_add(FEW).min(most.unwrap_or(u64::MAX)) };
        // Long lists of long lists help nobody.
        Self { least, few, most: most.filter(|most| *most > few && depth < DEPTH / 3) }
    }

    fn few(&self) -> SizeRange {
        (number(self.least)..=number(self.few)).into()
    }
}

fn number(size: u64) -> usize {
    usize::try_from(size.min(LONGEST)).unwrap_or(usize::MAX)
}

fn lists(items: &BoxedStrategy<Value>, sizes: Sizes, unique: bool) -> BoxedStrategy<Value> {
    if unique {
        let few = vec(items.clone(), sizes.few()).prop_map(without_repetition);
        let most = sizes.most.filter(|most| *most <= MANY);
        let most = most.map(|most| (1, vec(items.clone(), number(most)).prop_map(without_repetition).boxed()));
        return Union::new_weighted([(12, few.boxed())].into_iter().chain(most).collect()).boxed();
    }
    let few = vec(items.clone(), sizes.few()).prop_map(Value::Array).boxed();
    let most = sizes.most.filter(|most| *most <= LONGEST).map(|most| {
        // One item many times: what matters is the length.
        let repeated =
            items.clone().prop_map(move |item| Value::Array(std::iter::repeat_n(item, number(most)).collect()));
        (1, repeated.boxed())
    });
    Union::new_weighted([(24, few)].into_iter().chain(most).collect()).boxed()
}

fn without_repetition(items: Vec<Value>) -> Value {
    let mut kept: Vec<Value> = Vec::with_capacity(items.len());
    for item in items {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    Value::Array(kept)
}

fn maps(keys: &TextRules, values: &BoxedStrategy<Value>, sizes: Sizes) -> BoxedStrategy<Value> {
    let entries = (text::texts(keys), values.clone());
    let object = |entries: Vec<(String, Value)>| Value::Object(entries.into_iter().collect());
    let most = sizes.most.filter(|most| *most <= MANY);
    let most = most.map(|most| (1, vec(entries.clone(), number(most)).prop_map(object).boxed()));
    let few = vec(entries, sizes.few()).prop_map(object).boxed();
    Union::new_weighted([(12, few)].into_iter().chain(most).collect()).boxed()
}

fn anything() -> BoxedStrategy<Value> {
    let values = [
        Value::Null,
        json!(true),
        json!(0),
        json!(-1.5),
        json!(""),
        json!("text"),
        json!([]),
        json!([1, "two", null]),
        json!({}),
        json!({ "a": { "b": [0] } }),
    ];
    select(values.to_vec()).boxed()
}
