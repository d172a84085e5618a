//! Payload schemas: the profile of JSON Schema that survives the way to Rust and back, and what a schema means.
//!
//! [`Payload`] is a schema understood: named types with fields and constraints. Everything that says something about
//! a payload (Rust, documentation, size estimates, lints, compatibility) reads it from here and never from raw JSON.

#![expect(missing_docs, reason = "fields named as keywords of JSON Schema mean what the keywords mean")]

mod names;
mod parse;
mod size;
mod table;

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::{Number, Value};

pub use parse::{SharedTypes, parse};
pub use table::FieldRow;

pub(crate) use names::pascal as pascal_name;
pub(crate) use names::snake as snake_name;

use crate::format::Classification;
use crate::source::Span;

/// One version's payload.
#[derive(Debug, Clone)]
pub struct Payload {
    /// JSON Schema 2020-12, self-contained: every reference leads into its own `$defs`. No `$id`, no `title`.
    pub schema: Value,
    /// Name of the root type in `types`, equal to the Rust struct's: `OrderPlacedV2`.
    pub root: String,
    /// The types that belong to this payload alone, by Rust name. Shared types are in [`SharedTypes`].
    pub types: BTreeMap<String, TypeDef>,
    /// The shared types it uses, directly or through others, by Rust name.
    pub shared: BTreeMap<String, TypeDef>,
}

/// What all of it follows from: the schema, the name of the root, and what a schema that stands alone no longer says,
/// the title of the root and who shares a type.
impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { schema, root, types, shared } = self;
        let title = types.get(root).and_then(|root| root.docs.title.as_ref());
        let scopes: BTreeMap<&String, &Option<Scope>> = shared.iter().map(|(name, def)| (name, &def.scope)).collect();
        (schema, root, title, scopes).serialize(serializer)
    }
}

/// A named type.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypeDef {
    /// Rust name, `PascalCase`, unique in its module.
    pub name: String,
    /// `None`: belongs to one payload. `Some(Scope)`: shared.
    pub scope: Option<Scope>,
    pub docs: Docs,
    pub body: Body,
    #[serde(skip)]
    pub span: Span,
}

/// Who shares a type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Scope {
    Catalogue,
    /// Name of a context.
    Context(String),
}

/// What a named type is made of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Body {
    Struct(Vec<Field>),
    /// A closed list of strings.
    Enum(Vec<Variant>),
    /// Objects told apart by one required constant property.
    Tagged {
        tag: String,
        variants: Vec<TaggedVariant>,
    },
    /// Alternatives of different JSON types, such as a string or an object.
    Untagged(Vec<UntaggedVariant>),
    /// A shared type that is neither: a constrained string, a list, ….
    Alias(Shape),
}

/// One value of a [`Body::Enum`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Variant {
    /// Rust name.
    pub name: String,
    /// The string on the wire.
    pub value: String,
}

/// One alternative of a [`Body::Tagged`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaggedVariant {
    /// Rust name.
    pub name: String,
    /// Value of the tag on the wire.
    pub value: String,
    pub docs: Docs,
    /// Without the tag.
    pub fields: Vec<Field>,
}

/// One alternative of a [`Body::Untagged`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UntaggedVariant {
    /// Rust name.
    pub name: String,
    pub shape: Shape,
}

/// One property of an object.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    /// Name on the wire.
    pub name: String,
    /// Rust field name: snake case, raw (`r#type`) or suffixed (`self_`) where it must be.
    pub rust_name: String,
    pub required: bool,
    pub shape: Shape,
    pub docs: Docs,
    /// Place of the property's name.
    #[serde(skip)]
    pub span: Span,
}

/// The type of a value, with its constraints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shape {
    pub kind: Kind,
    /// Whether `null` is a value too.
    pub nullable: bool,
    #[serde(skip)]
    pub span: Span,
}

/// What kind of value, and what it must satisfy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Kind {
    /// Any JSON value.
    Any,
    Bool,
    Integer(IntegerRules),
    Number(NumberRules),
    Text(TextRules),
    List {
        items: Box<Shape>,
        min: u64,
        max: Option<u64>,
        unique: bool,
    },
    /// An object whose keys are data.
    Map {
        values: Box<Shape>,
        keys: TextRules,
        min: u64,
        max: Option<u64>,
    },
    /// A named type: of this payload, or shared.
    Named(String),
}

/// Constraints of an integer.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct IntegerRules {
    /// Inclusive bounds.
    pub min: Option<i128>,
    pub max: Option<i128>,
    pub multiple_of: Option<u64>,
    /// Non-empty: only these.
    pub one_of: Vec<i128>,
}

/// Constraints of a number.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct NumberRules {
    pub min: Option<Number>,
    pub max: Option<Number>,
    pub exclusive_min: Option<Number>,
    pub exclusive_max: Option<Number>,
    pub multiple_of: Option<Number>,
}

/// Constraints of a string.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TextRules {
    /// In characters.
    pub min: u64,
    pub max: Option<u64>,
    /// ECMA 262 regular expression, not anchored.
    pub pattern: Option<String>,
    pub format: Option<TextFormat>,
}

/// Formats that are enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum TextFormat {
    /// RFC 3339; `chrono::DateTime<Utc>` in Rust.
    DateTime,
    /// RFC 3339 full-date; `chrono::NaiveDate`.
    Date,
    /// RFC 4122, hyphenated; `uuid::Uuid`.
    Uuid,
    Uri,
    UriReference,
    Email,
    Ipv4,
    Ipv6,
}

impl TextFormat {
    /// Every format, by name.
    pub const ALL: &[Self] =
        &[Self::Date, Self::DateTime, Self::Email, Self::Ipv4, Self::Ipv6, Self::Uri, Self::UriReference, Self::Uuid];

    /// The name in JSON Schema.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DateTime => "date-time",
            Self::Date => "date",
            Self::Uuid => "uuid",
            Self::Uri => "uri",
            Self::UriReference => "uri-reference",
            Self::Email => "email",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        }
    }

    /// Whether values have a Rust type of their own instead of `String`.
    #[must_use]
    pub fn is_typed(self) -> bool {
        matches!(self, Self::DateTime | Self::Date | Self::Uuid)
    }
}

impl Body {
    /// Names of the types it refers to.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let shapes: Vec<&Shape> = match self {
            Self::Struct(fields) => fields.iter().map(|field| &field.shape).collect(),
            Self::Enum(_) => Vec::new(),
            Self::Tagged { variants, .. } => {
                variants.iter().flat_map(|variant| &variant.fields).map(|field| &field.shape).collect()
            }
            Self::Untagged(variants) => variants.iter().map(|variant| &variant.shape).collect(),
            Self::Alias(shape) => vec![shape],
        };
        shapes.into_iter().filter_map(Shape::named)
    }
}

impl Shape {
    /// The named type that it is, or that its items or values are.
    #[must_use]
    pub fn named(&self) -> Option<&str> {
        match &self.kind {
            Kind::Named(name) => Some(name),
            Kind::List { items: inner, .. } | Kind::Map { values: inner, .. } => inner.named(),
            Kind::Any | Kind::Bool | Kind::Integer(_) | Kind::Number(_) | Kind::Text(_) => None,
        }
    }
}

/// What a schema says about itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Docs {
    pub title: Option<String>,
    pub description: Option<String>,
    pub deprecated: bool,
    /// `x-classification`.
    pub classification: Option<Classification>,
    pub default: Option<Value>,
    pub examples: Vec<Value>,
}
