//! Alternatives: nullable values, tagged objects, and values of different JSON types.

use std::collections::BTreeSet;

use super::{Parser, any, docs, keywords};
use crate::payload::{Body, Kind, Shape, TaggedVariant, UntaggedVariant, names};
use crate::rules::payload as rule;
use crate::yaml::{self, Node};

/// Most alternatives of one union.
const MAX_ALTERNATIVES: usize = 200;

impl Parser<'_> {
    pub(super) fn union(&mut self, schema: &Node, name: &str) -> Shape {
        keywords::check(schema, keywords::Subject::Union, &mut self.out);
        let key = if schema.get("oneOf").is_some() { "oneOf" } else { "anyOf" };
        let Some(list) = schema.get(key) else { return any(schema.span) };
        if let (Some(_), Some(both)) = (schema.get("oneOf"), schema.entry("anyOf")) {
            self.refuse(&rule::ambiguous_union::META, both.key_span, "`anyOf` beside `oneOf`").help =
                Some("keep one of them".to_owned());
        }
        if list.items().is_empty() || list.items().len() > MAX_ALTERNATIVES {
            self.bad_value(
                list,
                format!("`{key}` must be a list of 1 to {MAX_ALTERNATIVES} schemas"),
                "write one schema for each alternative",
            );
            return any(schema.span);
        }
        let is_null = |node: &&Node| node.get("type").and_then(Node::as_str) == Some("null");
        let nullable = list.items().iter().any(|node| is_null(&node));
        let rest: Vec<&Node> = list.items().iter().filter(|node| !is_null(node)).collect();
        let mut shape = match rest.as_slice() {
            [] => {
                self.bad_value(
                    list,
                    "a value that can only be `null` says nothing",
                    "add an alternative, or leave the property out",
                );
                any(schema.span)
            }
            [only] => self.shape(only, name),
            several => match self.tag_of(several) {
                Some(tag) => self.tagged(schema, several, &tag, name),
                None => self.untagged(schema, several, name),
            },
        };
        shape.nullable |= nullable;
        shape
    }

    /// The schema that `node` stands for: a reference followed once or more.
    pub(super) fn target<'n>(&'n self, node: &'n Node) -> &'n Node {
        let mut node = node;
        // References may lead in a circle; the longest honest chain is short.
        for _ in 0..16 {
            let Some(name) = node.get("$ref").and_then(Node::as_str) else { break };
            let local =
                name.strip_prefix("#/$defs/").and_then(|local| self.local.and_then(|(_, defs)| defs.get(local)));
            match local.or_else(|| self.shared.find(self.context, name).map(|(_, node)| node)) {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }

    /// The property that is required and constant in every alternative, with a different value in each.
    fn tag_of(&self, alternatives: &[&Node]) -> Option<String> {
        let targets: Vec<&Node> = alternatives.iter().map(|node| self.target(node)).collect();
        let candidates = targets.first()?.get("properties")?.entries();
        candidates.iter().map(|property| property.key.as_str()).find_map(|tag| {
            let values: Option<BTreeSet<&str>> = targets.iter().map(|target| tag_value(target, tag)).collect();
            (values?.len() == targets.len()).then(|| tag.to_owned())
        })
    }

    fn tagged(&mut self, schema: &Node, alternatives: &[&Node], tag: &str, name: &str) -> Shape {
        let mut variants: Vec<TaggedVariant> = Vec::with_capacity(alternatives.len());
        for alternative in alternatives {
            let target = self.target(alternative).clone();
            let Some(value) = tag_value(&target, tag).map(str::to_owned) else { continue };
            keywords::check(&target, keywords::Subject::Object, &mut self.out);
            let Some(variant) = names::pascal(&value) else {
                self.unusable(target.span, &value, "alternative");
                continue;
            };
            if variants.iter().any(|other| other.name == variant) {
                let message = format!("two alternatives would be called `{variant}` in Rust");
                self.refuse(&rule::name_clash::META, target.span, message).help =
                    Some("rename one tag value".to_owned());
                continue;
            }
            let fields = self.fields(&without_property(&target, tag), &format!("{name}{variant}"));
            variants.push(TaggedVariant { name: variant, value, docs: docs(&target), fields });
        }
        self.define(name, Body::Tagged { tag: tag.to_owned(), variants }, docs(schema), schema.span);
        Shape { kind: Kind::Named(name.to_owned()), nullable: false, span: schema.span }
    }

    fn untagged(&mut self, schema: &Node, alternatives: &[&Node], name: &str) -> Shape {
        let mut variants: Vec<UntaggedVariant> = Vec::with_capacity(alternatives.len());
        let mut seen: BTreeSet<&'static str> = BTreeSet::new();
        for alternative in alternatives {
            let Some(json_type) = json_type(self.target(alternative)) else {
                self.ambiguous(alternative, "this alternative does not say its type");
                continue;
            };
            let overlaps = !seen.insert(json_type)
                || (json_type == "integer" && seen.contains("number"))
                || (json_type == "number" && seen.contains("integer"));
            if overlaps {
                self.ambiguous(alternative, "this alternative cannot be told from another one");
                continue;
            }
            let variant = match json_type {
                "string" => "Text",
                "array" => "List",
                "boolean" => "Bool",
                "integer" => "Integer",
                "number" => "Number",
                _ => "Object",
            };
            let shape = self.shape(alternative, &format!("{name}{variant}"));
            variants.push(UntaggedVariant { name: variant.to_owned(), shape });
        }
        self.define(name, Body::Untagged(variants), docs(schema), schema.span);
        Shape { kind: Kind::Named(name.to_owned()), nullable: false, span: schema.span }
    }

    fn ambiguous(&mut self, node: &Node, message: &str) {
        let diagnostic = self.refuse(&rule::ambiguous_union::META, node.span, message);
        diagnostic.why = Some("a reader must know from one look which alternative it has".to_owned());
        diagnostic.help = Some(
            "give every object alternative a required property with a different `const`, or alternatives of different types"
                .to_owned(),
        );
    }
}

/// The one string that `tag` may hold in objects of `schema`, if it is required there.
fn tag_value<'n>(schema: &'n Node, tag: &str) -> Option<&'n str> {
    let is_required = schema.get("required")?.items().iter().any(|item| item.as_str() == Some(tag));
    let property = schema.get("properties")?.get(tag)?;
    let constant = property.get("const").or_else(|| match property.get("enum")?.items() {
        [only] => Some(only),
        _ => None,
    })?;
    if is_required { constant.as_str() } else { None }
}

/// The JSON type of every value of `schema`, where it is one.
fn json_type(schema: &Node) -> Option<&'static str> {
    if let Some(name) = schema.get("type").and_then(Node::as_str) {
        return keywords::TYPES.iter().copied().find(|known| *known == name);
    }
    if schema.get("properties").is_some() {
        return Some("object");
    }
    let first = schema.get("const").or_else(|| schema.get("enum")?.items().first())?;
    match first.kind {
        yaml::Kind::String(_) => Some("string"),
        yaml::Kind::Number(_) => Some("integer"),
        _ => None,
    }
}

/// `schema` without the property called `name`, which is no longer required either.
fn without_property(schema: &Node, name: &str) -> Node {
    let mut copy = schema.clone();
    if let yaml::Kind::Mapping(entries) = &mut copy.kind {
        for entry in entries.iter_mut() {
            match (entry.key.as_str(), &mut entry.value.kind) {
                ("properties", yaml::Kind::Mapping(properties)) => properties.retain(|property| property.key != name),
                ("required", yaml::Kind::Sequence(names)) => names.retain(|item| item.as_str() != Some(name)),
                _ => {}
            }
        }
    }
    copy
}
