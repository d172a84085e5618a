//! Pairs of schemas that are made to go wrong: deep, wide, recursive, with patterns that take long, odd numbers, and
//! keywords of the wrong type. Any bytes are a pair.

use serde_json::{Map, Value, json};

/// Schemas in one document, beyond which only the simplest are made.
const MOST: usize = 400;

const PATTERNS: [&str; 18] = [
    "^(a+)+$",
    "(a|aa)+$",
    "^(a|b|ab)*c",
    "(.*)*x",
    "^[a-z]{1,5000}$",
    "^[a-z]{1,6000}$",
    "((a{0,100}){0,100}){0,100}",
    r"^(?=a)b",
    r"(a)\1",
    r"^\p{L}{0,300}$",
    r"[^\d\s]{40,90}",
    "^.*a.{12}$",
    "^.*b.{14}$",
    "(",
    "",
    "$^",
    r"^[\u{1F600}-\u{1F64F}]+$",
    "(?<!a)b|^",
];
const NAMES: [&str; 8] = ["a", "b", "c", "", "__proto__", "a/b~c", "$ref", "é"];
const REFERENCES: [&str; 12] = [
    "#",
    "#/$defs/a",
    "#/$defs/b",
    "#/$defs/c",
    "#/properties/a",
    "#/allOf/0",
    "#/$defs/a/properties/b",
    "#/$defs/a/anyOf/0",
    "#x",
    "#/%24defs/b",
    "other#/$defs/a",
    "https://example.org/none",
];
const DRAFTS: [&str; 6] = [
    "http://json-schema.org/draft-04/schema#",
    "http://json-schema.org/draft-06/schema#",
    "http://json-schema.org/draft-07/schema#",
    "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
    "https://example.org/none",
];
const TYPES: [&str; 7] = ["object", "array", "string", "integer", "number", "boolean", "null"];
const FORMATS: [&str; 10] =
    ["date", "date-time", "uuid", "email", "hostname", "uri", "regex", "ipv6", "duration", "no-such-format"];
/// Keywords that get any value.
const KEYWORDS: [&str; 24] = [
    "type",
    "properties",
    "required",
    "enum",
    "const",
    "items",
    "prefixItems",
    "additionalProperties",
    "patternProperties",
    "minLength",
    "maxItems",
    "multipleOf",
    "pattern",
    "$ref",
    "$defs",
    "allOf",
    "not",
    "dependentRequired",
    "dependencies",
    "minContains",
    "$id",
    "$anchor",
    "default",
    "examples",
];

/// Two schemas. Often the second is made from the same bytes but one.
pub(crate) fn pair(bytes: &[u8]) -> (Value, Value) {
    let Some((&how, rest)) = bytes.split_first() else { return (json!(true), json!(true)) };
    if how < 100 {
        let (old, new) = rest.split_at(rest.len() / 2);
        return (Maker::document(old), Maker::document(new));
    }
    let mut changed = rest.to_vec();
    let at = usize::from(how) * rest.len() / 256;
    if let Some(byte) = changed.get_mut(at) {
        *byte = byte.wrapping_add(how);
    }
    (Maker::document(rest), Maker::document(&changed))
}

struct Maker<'b> {
    bytes: std::slice::Iter<'b, u8>,
    made: usize,
}

impl<'b> Maker<'b> {
    fn document(bytes: &'b [u8]) -> Value {
        let mut maker = Self { bytes: bytes.iter(), made: 0 };
        let mut schema = maker.schema(0);
        if let Value::Object(map) = &mut schema {
            if maker.below(3) == 0 {
                map.insert("$schema".to_owned(), json!(maker.of(&DRAFTS)));
            }
            let names = ["a", "b", "c"].map(str::to_owned);
            let definitions: Map<String, Value> = names.into_iter().map(|name| (name, maker.schema(1))).collect();
            map.insert("$defs".to_owned(), Value::Object(definitions));
        }
        schema
    }

    /// The next byte; 0 where there are no more.
    fn next(&mut self) -> usize {
        self.bytes.next().copied().map_or(0, usize::from)
    }

    fn below(&mut self, most: usize) -> usize {
        self.next() % most
    }

    fn of<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[self.below(list.len())]
    }

    fn schemas(&mut self, most: usize, depth: usize) -> Vec<Value> {
        (0..=self.below(most)).map(|_| self.schema(depth + 1)).collect()
    }

    fn named(&mut self, names: &[&str], depth: usize) -> Map<String, Value> {
        (0..=self.below(4)).map(|_| (self.of(names).to_owned(), self.schema(depth + 1))).collect()
    }

    fn schema(&mut self, depth: usize) -> Value {
        self.made += 1;
        if self.bytes.len() == 0 || self.made > MOST || depth > 120 {
            return json!({});
        }
        match self.below(16) {
            0 => return json!(true),
            1 => return json!(false),
            2 => return self.nested(depth),
            _ => {}
        }
        let mut map = Map::new();
        for _ in 0..=self.below(4) {
            self.keywords(&mut map, depth);
        }
        Value::Object(map)
    }

    fn keywords(&mut self, map: &mut Map<String, Value>, depth: usize) {
        let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
        match self.below(24) {
            0 => put("type", json!(self.of(&TYPES))),
            1 => put("type", (0..=self.below(3)).map(|_| json!(self.of(&TYPES))).collect()),
            2 => {
                let keys = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
                put(self.of(&keys), self.number())
            }
            3 => {
                let keys = ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"];
                put(self.of(&keys), self.number())
            }
            4 => put("pattern", json!(self.of(&PATTERNS))),
            5 => put("format", json!(self.of(&FORMATS))),
            6 => put("enum", self.values()),
            7 => put("const", self.value(0)),
            8..=10 => put("properties", Value::Object(self.named(&NAMES, depth))),
            11 => put("required", (0..=self.below(6)).map(|_| json!(self.of(&NAMES))).collect()),
            12 => put("patternProperties", Value::Object(self.named(&PATTERNS, depth))),
            13 => {
                let keys = ["additionalProperties", "unevaluatedProperties", "propertyNames", "unevaluatedItems"];
                put(self.of(&keys), self.schema(depth + 1))
            }
            14 => put("items", self.schema(depth + 1)),
            15 => put(self.of(&["prefixItems", "items"]), Value::Array(self.schemas(4, depth))),
            16 => {
                put("minContains", self.number());
                put("contains", self.schema(depth + 1))
            }
            17..=18 => put(self.of(&["anyOf", "oneOf", "allOf"]), Value::Array(self.schemas(6, depth))),
            19 => put("not", self.schema(depth + 1)),
            20 => {
                put("if", self.schema(depth + 1));
                put(self.of(&["then", "else"]), self.schema(depth + 1))
            }
            21 => put(self.of(&["$ref", "$ref", "$dynamicRef", "$recursiveRef"]), json!(self.of(&REFERENCES))),
            22 => {
                let keys = ["$anchor", "$dynamicAnchor", "$recursiveAnchor", "$id", "uniqueItems"];
                put(self.of(&keys), [json!("x"), json!(true), json!("other"), json!("#x")][self.below(4)].clone())
            }
            _ => match self.below(3) {
                0 => put("dependentSchemas", Value::Object(self.named(&NAMES, depth))),
                1 => put("dependentRequired", json!({ self.of(&NAMES): [self.of(&NAMES)] })),
                _ => put(self.of(&KEYWORDS), self.value(0)),
            },
        };
    }

    /// One schema in many others.
    fn nested(&mut self, depth: usize) -> Value {
        let (levels, how) = (self.below(40), self.next());
        (0..levels).fold(self.schema(depth + levels), |inner, level| match (how + level * (how % 2)) % 7 {
            0 => json!({ "not": inner }),
            1 => json!({ "items": inner }),
            2 => json!({ "properties": { "a": inner }, "required": ["a"] }),
            3 => json!({ "allOf": [inner, { "type": ["object", "array"] }] }),
            4 => json!({ "anyOf": [inner, { "const": level }] }),
            5 => json!({ "oneOf": [{ "properties": { "b": inner } }, { "required": ["b"] }] }),
            _ => json!({ "additionalProperties": inner }),
        })
    }

    fn number(&mut self) -> Value {
        let odd = [
            json!(0),
            json!(-0.0),
            json!(1),
            json!(2.0),
            json!(0.1),
            json!(1e-308),
            json!(1e308),
            json!(-1e308),
            json!(i64::MIN),
            json!(i64::MAX),
            json!(u64::MAX),
            json!(9_007_199_254_740_993_u64),
            json!(0.300_000_000_000_000_04),
            json!(-1),
            json!(1e20),
            json!(100_000),
        ];
        let at = self.next();
        odd.get(at).cloned().unwrap_or_else(|| json!(at))
    }

    fn values(&mut self) -> Value {
        match self.below(8) {
            0 => (0..self.next() * 16).map(Value::from).collect(),
            1 => (0..self.next() * 16).map(|number| json!(format!("value {number}"))).collect(),
            _ => (0..=self.below(6)).map(|_| self.value(0)).collect(),
        }
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth < 4 { 9 } else { 6 }) {
            0 => Value::Null,
            1 => json!(self.below(2) == 0),
            2 => self.number(),
            3 => json!(self.of(&NAMES)),
            4 => json!(self.of(&PATTERNS)),
            5 => json!("x".repeat(self.next() * 40)),
            6 => (0..self.below(4)).map(|_| self.value(depth + 1)).collect(),
            _ => (0..self.below(4)).map(|_| (self.of(&NAMES).to_owned(), self.value(depth + 1))).collect(),
        }
    }
}
