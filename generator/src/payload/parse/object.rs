//! Objects: structs of named properties, maps, and `allOf` of objects.

use super::{Parser, any, docs, keywords};
use crate::format::Classification;
use crate::payload::{Body, Field, Kind, Shape, TextRules, names};
use crate::rules::payload as rule;
use crate::suggest;
use crate::yaml::{self, Node};

/// Most properties of one object.
const MAX_PROPERTIES: usize = 1_000;

impl Parser<'_> {
    pub(super) fn object(&mut self, schema: &Node, name: &str) -> Kind {
        keywords::check(schema, keywords::Subject::Object, &mut self.out);
        if schema.get("properties").is_none_or(|node| node.entries().is_empty()) {
            return self.map(schema, name);
        }
        for key in ["minProperties", "maxProperties", "propertyNames"] {
            if let Some(entry) = schema.entry(key) {
                self.refuse(
                    &rule::misplaced_keyword::META,
                    entry.key_span,
                    format!("`{key}` beside `properties`: an object is either a record or a map"),
                )
                .help = Some("remove it, or make the map a property of its own".to_owned());
            }
        }
        let fields = self.fields(schema, name);
        self.define(name, Body::Struct(fields), docs(schema), schema.span);
        Kind::Named(name.to_owned())
    }

    /// The fields of an object called `name`.
    pub(super) fn fields(&mut self, schema: &Node, name: &str) -> Vec<Field> {
        if let Some(extra) = schema.get("additionalProperties")
            && !matches!(extra.kind, yaml::Kind::Bool(_))
            && !extra.entries().is_empty()
        {
            let diagnostic = self.refuse(
                &rule::open_object::META,
                extra.span,
                "an object with declared and with typed further properties",
            );
            diagnostic.why = Some("a property added later could collide with what somebody already sends".to_owned());
            diagnostic.help =
                Some("put the further ones into a map property of their own, such as `labels`".to_owned());
        }
        let properties = schema.get("properties").map(Node::entries).unwrap_or_default();
        if properties.len() > MAX_PROPERTIES {
            self.bad_value(
                schema,
                format!("an object may have at most {MAX_PROPERTIES} properties"),
                "group fields that belong together into objects of their own",
            );
            return Vec::new();
        }
        let required: Vec<&str> = self.required(schema, properties);
        let mut fields: Vec<Field> = Vec::with_capacity(properties.len());
        for property in properties {
            let Some(rust_name) = names::snake(&property.key) else {
                self.unusable(property.key_span, &property.key, "property");
                continue;
            };
            if let Some(twin) = fields.iter().find(|field| field.rust_name == rust_name) {
                let message = format!("`{}` and `{}` would both be `{rust_name}` in Rust", twin.name, property.key);
                let at = twin.span;
                let diagnostic = self.refuse(&rule::name_clash::META, property.key_span, message);
                diagnostic.related.push((at, "the other one".to_owned()));
                diagnostic.help = Some("rename one of them".to_owned());
                continue;
            }
            let title = property.value.get("title").and_then(Node::as_str).and_then(names::pascal);
            let part = title.or_else(|| names::pascal(&property.key)).unwrap_or_default();
            let shape = self.shape(&property.value, &format!("{name}{part}"));
            fields.push(Field {
                name: property.key.clone(),
                rust_name,
                required: required.contains(&property.key.as_str()),
                shape,
                docs: docs(&property.value),
                span: property.key_span,
            });
        }
        fields
    }

    fn required<'n>(&mut self, schema: &'n Node, properties: &[yaml::Entry]) -> Vec<&'n str> {
        let Some(list) = schema.get("required") else { return Vec::new() };
        if !matches!(list.kind, yaml::Kind::Sequence(_)) {
            self.refuse(&rule::invalid_schema::META, list.span, "`required` must be a list of property names").help =
                Some("write `required: [order_id, total]` in the object, beside `properties`".to_owned());
        }
        for item in list.items() {
            let name = item.as_str().unwrap_or_default();
            if properties.iter().all(|property| property.key != name) {
                let help = suggest::nearest(name, properties.iter().map(|property| property.key.as_str())).map_or_else(
                    || format!("declare `{name}` under `properties`"),
                    |near| format!("did you mean `{near}`?"),
                );
                self.refuse(
                    &rule::undeclared_required::META,
                    item.span,
                    format!("`{name}` is required but not declared"),
                )
                .help = Some(help);
            }
        }
        list.items().iter().filter_map(Node::as_str).collect()
    }

    pub(super) fn check_classification(&mut self, schema: &Node) {
        let Some(node) = schema.get("x-classification") else { return };
        if serde_json::from_value::<Classification>(node.to_json()).is_err() {
            self.refuse(&rule::invalid_schema::META, node.span, "this is not a classification").help =
                Some("one of `public`, `internal`, `confidential`, `personal`".to_owned());
        }
    }

    /// An object without declared properties: its keys are data.
    fn map(&mut self, schema: &Node, name: &str) -> Kind {
        let (min, max) = self.counts(schema, "minProperties", "maxProperties");
        if let Some(required) = schema.get("required").filter(|node| !node.items().is_empty()) {
            self.refuse(&rule::undeclared_required::META, required.span, "required properties that are not declared")
                .help = Some("declare them under `properties`".to_owned());
        }
        let keys = match schema.get("propertyNames") {
            Some(names) => {
                keywords::check(names, keywords::Subject::String, &mut self.out);
                self.text_rules(names)
            }
            None => TextRules::default(),
        };
        let values = match schema.get("additionalProperties") {
            Some(Node { kind: yaml::Kind::Bool(false), span }) => {
                let diagnostic = self.refuse(&rule::invalid_schema::META, *span, "this object can only be empty");
                diagnostic.help = Some("declare `properties`, or leave `additionalProperties: false` out".to_owned());
                any(schema.span)
            }
            Some(values) => {
                let name = values
                    .get("title")
                    .and_then(Node::as_str)
                    .and_then(names::pascal)
                    .map_or_else(|| names::singular(name), |title| format!("{}{title}", self.owner_of(name)));
                self.shape(values, &name)
            }
            None => any(schema.span),
        };
        Kind::Map { values: Box::new(values), keys, min, max }
    }

    /// The name to put a `title` behind: that of the payload or shared type being read.
    pub(super) fn owner_of(&self, name: &str) -> String {
        self.local.map_or_else(|| name.to_owned(), |(root, _)| root.to_owned())
    }

    /// `allOf`: one schema, or objects whose properties are put together.
    pub(super) fn all_of(&mut self, schema: &Node, all: &Node, name: &str) -> Shape {
        match all.items() {
            [only] if schema.get("properties").is_none() => {
                keywords::check(schema, keywords::Subject::Union, &mut self.out);
                self.shape(only, name)
            }
            _ => {
                let at = schema.entry("allOf").map_or(all.span, |entry| entry.key_span);
                let diagnostic = self.refuse(&rule::unsupported_keyword::META, at, "`allOf` of several schemas");
                diagnostic.why = Some("whether parts fit together cannot be seen from any one of them".to_owned());
                diagnostic.help = Some(
                    "write the properties out, or put the common ones into a property with a shared type".to_owned(),
                );
                any(schema.span)
            }
        }
    }
}
