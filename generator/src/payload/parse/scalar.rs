//! Strings, numbers, enumerations and lists.

use serde_json::Number;

use super::{Parser, docs, keywords};
use crate::payload::{Body, IntegerRules, Kind, NumberRules, TextFormat, TextRules, Variant, names};
use crate::rules::payload as rule;
use crate::suggest;
use crate::yaml::{self, Node};

/// The range of integers that a Rust `i64` or, from zero up, `u64` holds.
const MIN: i128 = i64::MIN as i128;
const MAX: i128 = u64::MAX as i128;
/// Largest count that is accepted for lengths and sizes.
const MAX_COUNT: u64 = u32::MAX as u64;
/// Most values of one enumeration.
const MAX_VALUES: usize = 1_000;

impl Parser<'_> {
    pub(super) fn text(&mut self, schema: &Node) -> Kind {
        keywords::check(schema, keywords::Subject::String, &mut self.out);
        Kind::Text(self.text_rules(schema))
    }

    pub(super) fn text_rules(&mut self, schema: &Node) -> TextRules {
        let (min, max) = self.counts(schema, "minLength", "maxLength");
        let pattern = schema.get("pattern").and_then(|node| self.pattern(node));
        let format = schema.get("format").and_then(|node| self.format(node));
        if let (Some(format), Some(pattern)) = (format, schema.entry("pattern"))
            && format.is_typed()
        {
            self.refuse(
                &rule::misplaced_keyword::META,
                pattern.key_span,
                "`pattern` beside a `format` with its own Rust type",
            )
            .help = Some("keep one of the two".to_owned());
        }
        TextRules { min, max, pattern, format }
    }

    fn pattern(&mut self, node: &Node) -> Option<String> {
        let Some(pattern) = node.as_str() else {
            self.bad_value(node, "`pattern` must be a regular expression in quotes", "write `pattern: \"^[A-Z]{3}$\"`");
            return None;
        };
        let usable = jsonschema_regex::to_rust_regex(pattern)
            .is_ok_and(|translated| regex::RegexBuilder::new(&translated).size_limit(1 << 20).build().is_ok());
        if !usable {
            let diagnostic =
                self.refuse(&rule::unsafe_pattern::META, node.span, "this pattern cannot be matched in linear time");
            diagnostic.why = Some("look-around and backreferences let one hostile payload stall a consumer".to_owned());
            diagnostic.help = Some("check the syntax, and write it without `(?=`, `(?!`, `(?<` and `\\1`".to_owned());
            return None;
        }
        Some(pattern.to_owned())
    }

    fn format(&mut self, node: &Node) -> Option<TextFormat> {
        let name = node.as_str().unwrap_or_default();
        let found = TextFormat::ALL.iter().copied().find(|format| format.name() == name);
        if found.is_none() {
            let known = TextFormat::ALL.iter().map(|format| format.name());
            let help = suggest::nearest(name, known.clone()).map_or_else(
                || format!("use one of {}, or a `pattern`", known.collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            let diagnostic = self.refuse(
                &rule::unenforced_format::META,
                node.span,
                format!("format `{name}` is not enforced anywhere"),
            );
            diagnostic.why = Some("a format that nobody checks is a promise that nobody keeps".to_owned());
            diagnostic.help = Some(help);
        }
        found
    }

    pub(super) fn integer(&mut self, schema: &Node) -> Kind {
        keywords::check(schema, keywords::Subject::Integer, &mut self.out);
        let mut rules = IntegerRules {
            min: self.whole(schema, "minimum"),
            max: self.whole(schema, "maximum"),
            multiple_of: None,
            one_of: Vec::new(),
        };
        if let Some(above) = self.whole(schema, "exclusiveMinimum") {
            rules.min = rules.min.max(Some(above + 1));
        }
        if let Some(below) = self.whole(schema, "exclusiveMaximum") {
            rules.max = Some(rules.max.map_or(below - 1, |max| max.min(below - 1)));
        }
        if let Some(node) = schema.get("multipleOf") {
            rules.multiple_of = integer_of(node).and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0);
            if rules.multiple_of.is_none() {
                self.bad_value(
                    node,
                    "`multipleOf` of an integer must be a whole number above 0",
                    "write a number without a fraction, such as `multipleOf: 5`",
                );
            }
        }
        if let Some(node) = schema.get("format") {
            match node.as_str() {
                Some("int32") => {
                    rules.min = rules.min.max(Some(i128::from(i32::MIN)));
                    rules.max = Some(rules.max.map_or(i128::from(i32::MAX), |max| max.min(i128::from(i32::MAX))));
                }
                Some("int64") => {}
                _ => self.bad_value(
                    node,
                    "an integer's format is `int32` or `int64`",
                    "write one of the two, or leave `format` out",
                ),
            }
        }
        if rules.min.zip(rules.max).is_some_and(|(min, max)| min > max) {
            self.bad_value(
                schema,
                "no integer lies between `minimum` and `maximum`",
                "swap the two, or widen one of them",
            );
        }
        if rules.max.is_some_and(|max| max > i128::from(i64::MAX)) && rules.min.is_none_or(|min| min < 0) {
            self.bad_value(
                schema,
                "an integer above 9223372036854775807 needs `minimum: 0` or more",
                "add `minimum: 0`, or lower `maximum`",
            );
        }
        Kind::Integer(rules)
    }

    /// A bound of an integer, within what Rust's integers hold.
    fn whole(&mut self, schema: &Node, key: &str) -> Option<i128> {
        let node = schema.get(key)?;
        let value = integer_of(node).filter(|n| (MIN..=MAX).contains(n));
        if value.is_none() {
            self.bad_value(
                node,
                format!("`{key}` of an integer must be a whole number from {MIN} to {MAX}"),
                "write a number, without quotes and without a fraction",
            );
        }
        value
    }

    pub(super) fn number(&mut self, schema: &Node) -> Kind {
        keywords::check(schema, keywords::Subject::Number, &mut self.out);
        if let Some(node) = schema.get("format")
            && !matches!(node.as_str(), Some("float" | "double"))
        {
            self.bad_value(node, "a number's format is `double`", "write `format: double`, or leave `format` out");
        }
        let rules = NumberRules {
            min: self.decimal(schema, "minimum"),
            max: self.decimal(schema, "maximum"),
            exclusive_min: self.decimal(schema, "exclusiveMinimum"),
            exclusive_max: self.decimal(schema, "exclusiveMaximum"),
            multiple_of: self.decimal(schema, "multipleOf"),
        };
        let as_f64 = |n: &Option<Number>| n.as_ref().and_then(Number::as_f64);
        let low = [&rules.min, &rules.exclusive_min].into_iter().filter_map(as_f64).fold(f64::NEG_INFINITY, f64::max);
        let high = [&rules.max, &rules.exclusive_max].into_iter().filter_map(as_f64).fold(f64::INFINITY, f64::min);
        if low > high {
            self.bad_value(schema, "no number lies between the bounds", "swap the two, or widen one of them");
        }
        if as_f64(&rules.multiple_of).is_some_and(|step| step <= 0.0) {
            self.bad_value(
                schema,
                "`multipleOf` must be above 0",
                "write a number above 0, such as `multipleOf: 0.01`",
            );
        }
        Kind::Number(rules)
    }

    fn decimal(&mut self, schema: &Node, key: &str) -> Option<Number> {
        let node = schema.get(key)?;
        if let yaml::Kind::Number(number) = &node.kind {
            return Some(number.clone());
        }
        self.bad_value(node, format!("`{key}` must be a number"), "write a number, without quotes");
        None
    }

    pub(super) fn list(&mut self, schema: &Node, name: &str) -> Kind {
        keywords::check(schema, keywords::Subject::Array, &mut self.out);
        let (min, max) = self.counts(schema, "minItems", "maxItems");
        let unique = schema.get("uniqueItems").is_some_and(|node| node.kind == yaml::Kind::Bool(true));
        let items = match schema.get("items") {
            Some(items) => {
                let name = items
                    .get("title")
                    .and_then(Node::as_str)
                    .and_then(names::pascal)
                    .map_or_else(|| names::singular(name), |title| format!("{}{title}", self.owner_of(name)));
                self.shape(items, &name)
            }
            None => super::any(schema.span),
        };
        Kind::List { items: Box::new(items), min, max, unique }
    }

    /// `enum` and `const`: strings become a type of their own, integers a constraint. The flag: `null` is among them.
    pub(super) fn enumeration(&mut self, schema: &Node, name: &str) -> (Kind, bool) {
        keywords::check(schema, keywords::Subject::Enumeration, &mut self.out);
        let values: Vec<&Node> = match (schema.get("const"), schema.get("enum")) {
            (Some(constant), _) => vec![constant],
            (None, Some(list)) => list.items().iter().collect(),
            (None, None) => Vec::new(),
        };
        let null = values.iter().any(|value| value.kind == yaml::Kind::Null);
        let values: Vec<&Node> = values.into_iter().filter(|value| value.kind != yaml::Kind::Null).collect();
        if values.is_empty() || values.len() > MAX_VALUES {
            self.bad_value(
                schema,
                format!("a list of values must have 1 to {MAX_VALUES}"),
                "name the values, or say what they have in common with `pattern`",
            );
            return (Kind::Any, null);
        }
        let declared = schema.get("type").map(Node::to_json);
        let type_allows = |name: &str| {
            declared.as_ref().is_none_or(|t| *t == name || t.as_array().is_some_and(|a| a.iter().any(|t| *t == name)))
        };
        let integers: Option<Vec<i128>> = values.iter().map(|value| integer_of(value)).collect();
        if let Some(one_of) = integers.filter(|_| type_allows("integer")) {
            return (Kind::Integer(IntegerRules { one_of, ..IntegerRules::default() }), null);
        }
        if !values.iter().all(|value| value.as_str().is_some()) || !type_allows("string") {
            self.bad_value(
                schema,
                "the values must all be strings, or all integers, as `type` says",
                "write values of one type, text in quotes",
            );
            return (Kind::Any, null);
        }
        let mut variants: Vec<Variant> = Vec::with_capacity(values.len());
        for value in values {
            let wire = value.as_str().unwrap_or_default();
            let rust = if wire.is_empty() { Some("Empty".to_owned()) } else { names::pascal(wire) };
            match rust {
                None => self.unusable(value.span, wire, "value"),
                Some(rust) => match variants.iter().find(|variant| variant.name == rust) {
                    Some(twin) => {
                        let message = format!("`{wire}` and `{}` would both be `{rust}` in Rust", twin.value);
                        self.refuse(&rule::name_clash::META, value.span, message).help =
                            Some("rename one of the values".to_owned());
                    }
                    None => variants.push(Variant { name: rust, value: wire.to_owned() }),
                },
            }
        }
        self.define(name, Body::Enum(variants), docs(schema), schema.span);
        (Kind::Named(name.to_owned()), null)
    }

    /// A lower and an upper count.
    pub(super) fn counts(&mut self, schema: &Node, low: &str, high: &str) -> (u64, Option<u64>) {
        let mut read = |key: &str| {
            let node = schema.get(key)?;
            let count = integer_of(node).and_then(|n| u64::try_from(n).ok()).filter(|n| *n <= MAX_COUNT);
            if count.is_none() {
                self.bad_value(
                    node,
                    format!("`{key}` must be a whole number from 0 to {MAX_COUNT}"),
                    "write a number, without quotes and without a fraction",
                );
            }
            count
        };
        let (min, max) = (read(low).unwrap_or(0), read(high));
        if max.is_some_and(|max| min > max) {
            self.bad_value(schema, format!("`{low}` is above `{high}`"), "swap the two, or widen one of them");
        }
        (min, max)
    }

    pub(super) fn bad_value(&mut self, node: &Node, message: impl Into<String>, help: &str) {
        self.refuse(&rule::invalid_schema::META, node.span, message).help = Some(help.to_owned());
    }
}

/// The whole number that `node` holds, `3.0` included.
fn integer_of(node: &Node) -> Option<i128> {
    let yaml::Kind::Number(number) = &node.kind else { return None };
    number.as_i128().or_else(|| {
        let float = number.as_f64()?;
        #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small enough to be exact")]
        (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i128)
    })
}
