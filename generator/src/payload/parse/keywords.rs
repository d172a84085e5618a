//! Which keywords of JSON Schema the profile holds, and what to write instead of the others.

use crate::diagnostic::Diagnostic;
use crate::rules::payload as rule;
use crate::suggest;
use crate::yaml::Node;

/// The types of JSON Schema.
pub(super) const TYPES: &[&str] = &["array", "boolean", "integer", "null", "number", "object", "string"];

/// What a schema describes, as far as it decides which keywords make sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Any,
    Array,
    Boolean,
    Enumeration,
    Integer,
    Number,
    Object,
    Reference,
    String,
    Union,
}

impl Subject {
    fn keywords(self) -> &'static [&'static str] {
        match self {
            Self::Any | Self::Boolean => &[],
            Self::Array => &["items", "minItems", "maxItems", "uniqueItems"],
            Self::Enumeration => &["enum", "const", "minLength"],
            Self::Integer | Self::Number => {
                &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format"]
            }
            Self::Object => {
                &["properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties"]
            }
            Self::Reference => &["$ref"],
            Self::String => &["minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType"],
            Self::Union => &["oneOf", "anyOf", "allOf"],
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Any => "a value without a type",
            Self::Array => "an array",
            Self::Boolean => "a boolean",
            Self::Enumeration => "a list of values",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Object => "an object",
            Self::Reference => "a reference",
            Self::String => "a string",
            Self::Union => "a union",
        }
    }
}

const EVERYWHERE: &[&str] = &[
    "$comment",
    "$defs",
    "$id",
    "$schema",
    "default",
    "deprecated",
    "description",
    "example",
    "examples",
    "readOnly",
    "title",
    "type",
    "writeOnly",
];

const SUBJECTS: &[Subject] = &[
    Subject::Array,
    Subject::Enumeration,
    Subject::Number,
    Subject::Object,
    Subject::Reference,
    Subject::String,
    Subject::Union,
];

/// What JSON Schema has and the profile has not, with the way out.
const OUTSIDE: &[(&str, &str)] = &[
    ("$anchor", "name the type under `types` and refer to it by name"),
    ("$dynamicAnchor", "name the type under `types` and refer to it by name"),
    ("$dynamicRef", "name the type under `types` and refer to it by name"),
    ("$recursiveRef", "name the type under `types` and refer to it by name"),
    ("additionalItems", "give all items one shape with `items`"),
    ("contains", "check it in the handler, or give the special item a property of its own"),
    ("definitions", "move them to `types` of the context, or to `$defs`"),
    ("dependencies", "split the object into the alternatives of a `oneOf` told apart by a constant property"),
    ("dependentRequired", "split the object into the alternatives of a `oneOf` told apart by a constant property"),
    ("dependentSchemas", "split the object into the alternatives of a `oneOf` told apart by a constant property"),
    ("else", "split the object into the alternatives of a `oneOf` told apart by a constant property"),
    ("if", "split the object into the alternatives of a `oneOf` told apart by a constant property"),
    ("maxContains", "check it in the handler"),
    ("minContains", "check it in the handler"),
    ("not", "say what is allowed instead of what is not"),
    ("nullable", "write `type: [string, \"null\"]`"),
    ("patternProperties", "write a map: `additionalProperties` for the values and `propertyNames` for the keys"),
    ("prefixItems", "use an object with named properties instead of positions"),
    ("then", "split the object into the alternatives of a `oneOf` told apart by a constant property"),
    ("unevaluatedItems", "leave it out: `items` describes every item"),
    ("unevaluatedProperties", "leave it out: producers send what is declared, consumers ignore the rest"),
];

/// Reports every keyword of `schema` that its subject does not have.
pub(super) fn check(schema: &Node, subject: Subject, out: &mut Vec<Diagnostic>) {
    for entry in schema.entries() {
        let key = entry.key.as_str();
        if EVERYWHERE.contains(&key) || subject.keywords().contains(&key) || key.starts_with("x-") {
            continue;
        }
        let at = entry.key_span;
        out.push(if let Some((_, instead)) = OUTSIDE.iter().find(|(name, _)| *name == key) {
            Diagnostic::new(&rule::unsupported_keyword::META, at, format!("`{key}` is outside the payload profile"))
                .why("it has no faithful counterpart in a Rust type, or none in the other generated formats")
                .help(*instead)
        } else if SUBJECTS.iter().any(|other| other.keywords().contains(&key)) {
            Diagnostic::new(
                &rule::misplaced_keyword::META,
                at,
                format!("`{key}` says nothing about {}", subject.noun()),
            )
            .why("a validator ignores it here, so the rule you had in mind would not be enforced")
            .help("remove it, or correct the `type`")
        } else {
            let known = SUBJECTS.iter().flat_map(|s| s.keywords()).chain(EVERYWHERE).copied();
            let help = suggest::nearest(key, known)
                .map_or_else(|| "prefix your own keywords with `x-`".to_owned(), |k| format!("did you mean `{k}`?"));
            Diagnostic::new(&rule::unknown_keyword::META, at, format!("`{key}` is not a keyword of JSON Schema"))
                .help(help)
        });
    }
}
