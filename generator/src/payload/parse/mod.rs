//! JSON Schema to [`Payload`], refusing what the profile does not hold.

mod bundle;
mod docs;
mod keywords;
mod object;
mod scalar;
mod union;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Diagnostic;
use crate::payload::{Body, Docs, Kind, Payload, Scope, Shape, TypeDef, names};
use crate::rules::payload as rule;
use crate::source::Span;
use crate::yaml::{self, Node};
use docs::docs;

/// Deepest nesting of one schema.
const MAX_DEPTH: usize = 32;
/// Most named types one payload may need.
const MAX_TYPES: usize = 500;

/// The types that payloads may share, by scope and name.
#[derive(Debug, Clone, Default)]
pub struct SharedTypes {
    /// Understood types. Those a shared type needs for its nested objects are here as well.
    pub defs: BTreeMap<(Scope, String), TypeDef>,
    /// The schema of each type that was declared, as written.
    pub schemas: BTreeMap<(Scope, String), Node>,
}

impl SharedTypes {
    /// Declares the types of one scope. Every scope is declared before the first is [understood](Self::understand),
    /// because types may name each other.
    pub fn declare(&mut self, scope: &Scope, types: &Node, out: &mut Vec<Diagnostic>) {
        for entry in types.entries() {
            if names::pascal(&entry.key).as_deref() != Some(entry.key.as_str()) {
                let help = names::pascal(&entry.key).map_or_else(
                    || "use a name of ASCII letters and digits, such as `Money`".to_owned(),
                    |name| format!("call it `{name}`"),
                );
                out.push(
                    Diagnostic::new(
                        &rule::unusable_name::META,
                        entry.key_span,
                        format!("`{}` cannot be the name of a type", entry.key),
                    )
                    .why("shared types are written in `PascalCase`, as they appear in Rust")
                    .help(help),
                );
                continue;
            }
            self.schemas.insert((scope.clone(), entry.key.clone()), entry.value.clone());
        }
    }

    /// Reads every declared type.
    pub fn understand(&mut self, out: &mut Vec<Diagnostic>) {
        for ((scope, name), schema) in &self.schemas {
            if let Scope::Context(context) = scope
                && let Some(other) = self.schemas.get(&(Scope::Catalogue, name.clone()))
            {
                out.push(
                    Diagnostic::new(
                        &rule::name_clash::META,
                        schema.span,
                        format!("type `{name}` of context `{context}` is also a type of the catalogue"),
                    )
                    .related(other.span, "the catalogue's")
                    .help("rename one, or use the catalogue's type in both places"),
                );
            }
            let mut parser = Parser::new(scope_context(scope), self);
            parser.scope = Some(scope.clone());
            parser.root_type(schema, name);
            out.append(&mut parser.out);
            self.defs.extend(parser.types.into_iter().map(|(name, def)| ((scope.clone(), name), def)));
        }
        self.check_cycles(out);
    }

    /// The declared type that `name` means in `context`.
    fn find(&self, context: Option<&str>, name: &str) -> Option<(Scope, &Node)> {
        context
            .map(|context| Scope::Context(context.to_owned()))
            .into_iter()
            .chain([Scope::Catalogue])
            .find_map(|scope| self.schemas.get(&(scope.clone(), name.to_owned())).map(|node| (scope, node)))
    }

    /// The understood types that `roots` need, directly or through others.
    fn closure(&self, context: &str, roots: impl IntoIterator<Item = String>) -> BTreeMap<String, TypeDef> {
        let mut found = BTreeMap::new();
        let mut open: Vec<String> = roots.into_iter().collect();
        while let Some(name) = open.pop() {
            let key = |scope| (scope, name.clone());
            let def = self
                .defs
                .get(&key(Scope::Context(context.to_owned())))
                .or_else(|| self.defs.get(&key(Scope::Catalogue)));
            if let Some(def) = def
                && !found.contains_key(&name)
            {
                open.extend(def.body.names().map(str::to_owned));
                found.insert(name, def.clone());
            }
        }
        found
    }

    /// An alias that leads back to itself has no value at all.
    fn check_cycles(&self, out: &mut Vec<Diagnostic>) {
        for ((scope, name), def) in &self.defs {
            let mut seen = BTreeSet::from([name.clone()]);
            let mut next = def.clone();
            while let Body::Alias(Shape { kind: Kind::Named(target), .. }) = &next.body {
                if !seen.insert(target.clone()) {
                    out.push(
                        Diagnostic::new(
                            &rule::recursive_type::META,
                            def.span,
                            format!("type `{name}` stands for itself"),
                        )
                        .help("give it a `type`"),
                    );
                    break;
                }
                let Some(found) =
                    self.closure(scope_context(scope).unwrap_or_default(), [target.clone()]).remove(target)
                else {
                    break;
                };
                next = found;
            }
        }
    }
}

fn scope_context(scope: &Scope) -> Option<&str> {
    match scope {
        Scope::Catalogue => None,
        Scope::Context(name) => Some(name),
    }
}

/// Reads the schema of one payload. `root` is the Rust name of its struct, `context` the context whose shared types
/// it may name besides the catalogue's.
#[must_use]
pub fn parse(schema: &Node, root: &str, context: &str, shared: &SharedTypes) -> (Option<Payload>, Vec<Diagnostic>) {
    let mut parser = Parser::new(Some(context), shared);
    parser.local = schema.get("$defs").map(|defs| (root, defs));
    // A payload that is a shared type gets a struct of its own: it may grow apart from the shared type later.
    let body = parser.target(schema).clone();
    parser.root_type(&body, root);
    parser.local_types();
    let is_object = parser.types.get(root).is_some_and(|def| matches!(def.body, Body::Struct(_) | Body::Tagged { .. }));
    if !is_object && parser.out.is_empty() {
        let is_map = schema.get("type").and_then(Node::as_str) == Some("object");
        let message = if is_map { "a payload must declare its properties" } else { "a payload must be an object" };
        parser.out.push(
            Diagnostic::new(&rule::payload_not_object::META, schema.span, message)
                .why("other fields can be added to an object later; nothing can be added to a bare value")
                .help("write `type: object` with `properties`"),
        );
    }
    if !parser.out.is_empty() {
        return (None, parser.out);
    }
    let used = parser.types.values().flat_map(|def| def.body.names().map(str::to_owned)).collect::<Vec<_>>();
    let own = parser.types;
    let shared_defs = shared.closure(context, used.into_iter().filter(|name| !own.contains_key(name)));
    let schema = bundle::bundle(schema, context, shared);
    (Some(Payload { schema, root: root.to_owned(), types: own, shared: shared_defs }), Vec::new())
}

/// Reads one schema and everything below it.
struct Parser<'a> {
    context: Option<&'a str>,
    shared: &'a SharedTypes,
    /// The root's name and its `$defs`.
    local: Option<(&'a str, &'a Node)>,
    /// Set while reading a shared type.
    scope: Option<Scope>,
    types: BTreeMap<String, TypeDef>,
    out: Vec<Diagnostic>,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn new(context: Option<&'a str>, shared: &'a SharedTypes) -> Self {
        Self { context, shared, local: None, scope: None, types: BTreeMap::new(), out: Vec::new(), depth: 0 }
    }

    /// Reads `schema` as the definition of the type called `name`.
    fn root_type(&mut self, schema: &Node, name: &str) {
        let shape = self.shape(schema, name);
        if !self.types.contains_key(name) {
            self.define(name, Body::Alias(shape), docs(schema), schema.span);
        } else if shape.nullable {
            self.refuse(&rule::several_types::META, schema.span, "a named type cannot be `null` itself").help =
                Some("say at each use whether `null` is allowed there".to_owned());
        }
    }

    /// The types under `$defs`, named `<Root><Name>`.
    fn local_types(&mut self) {
        let Some((root, defs)) = self.local else { return };
        for entry in defs.entries() {
            match names::pascal(&entry.key) {
                Some(name) => self.root_type(&entry.value, &format!("{root}{name}")),
                None => self.unusable(entry.key_span, &entry.key, "type"),
            }
        }
    }

    /// What values `schema` allows. Types that need a name get `name` or one that begins with it.
    fn shape(&mut self, schema: &Node, name: &str) -> Shape {
        if self.depth >= MAX_DEPTH || self.types.len() >= MAX_TYPES {
            self.refuse(
                &rule::oversized_schema::META,
                schema.span,
                "this schema is nested too deep or has too many types",
            )
            .help = Some(format!("at most {MAX_DEPTH} levels and {MAX_TYPES} types; move parts to `types`"));
            return any(schema.span);
        }
        self.depth += 1;
        let shape = self.shape_inner(schema, name);
        self.depth -= 1;
        shape
    }

    fn shape_inner(&mut self, schema: &Node, name: &str) -> Shape {
        self.check_classification(schema);
        match &schema.kind {
            yaml::Kind::Bool(true) => return any(schema.span),
            yaml::Kind::Mapping(_) => {}
            _ => {
                self.refuse(&rule::invalid_schema::META, schema.span, "a schema must be a mapping").help =
                    Some("write `{ type: string }`, or `{}` for any value".to_owned());
                return any(schema.span);
            }
        }
        if let Some(reference) = schema.get("$ref") {
            keywords::check(schema, keywords::Subject::Reference, &mut self.out);
            return self.reference(reference);
        }
        if schema.get("oneOf").is_some() || schema.get("anyOf").is_some() {
            return self.union(schema, name);
        }
        if let Some(all) = schema.get("allOf") {
            return self.all_of(schema, all, name);
        }
        let (types, nullable) = self.types_of(schema);
        let kind = match types {
            _ if schema.get("enum").is_some() || schema.get("const").is_some() => {
                let (kind, null) = self.enumeration(schema, name);
                return Shape { kind, nullable: nullable || null, span: schema.span };
            }
            None => {
                keywords::check(schema, keywords::Subject::Any, &mut self.out);
                return any(schema.span);
            }
            Some("object") => self.object(schema, name),
            Some("array") => self.list(schema, name),
            Some("string") => self.text(schema),
            Some("integer") => self.integer(schema),
            Some("number") => self.number(schema),
            Some("boolean") => {
                keywords::check(schema, keywords::Subject::Boolean, &mut self.out);
                Kind::Bool
            }
            Some(_) => Kind::Any,
        };
        Shape { kind, nullable, span: schema.span }
    }

    /// The one type besides `null`, and whether `null` is there.
    fn types_of<'n>(&mut self, schema: &'n Node) -> (Option<&'n str>, bool) {
        let Some(node) = schema.get("type") else {
            let implied = if schema.get("properties").is_some() { Some("object") } else { None };
            return (implied, false);
        };
        let names: Vec<(&str, Span)> = match &node.kind {
            yaml::Kind::String(one) => vec![(one, node.span)],
            yaml::Kind::Sequence(many) => many.iter().filter_map(|n| n.as_str().map(|s| (s, n.span))).collect(),
            _ => Vec::new(),
        };
        for (name, span) in &names {
            if !keywords::TYPES.contains(name) {
                let help = crate::suggest::nearest(name, keywords::TYPES.iter().copied()).map_or_else(
                    || format!("one of {}", keywords::TYPES.join(", ")),
                    |t| format!("did you mean `{t}`?"),
                );
                self.refuse(&rule::invalid_schema::META, *span, format!("`{name}` is not a type of JSON Schema"))
                    .help = Some(help);
            }
        }
        let nullable = names.iter().any(|(name, _)| *name == "null");
        let mut others = names.iter().map(|(name, _)| *name).filter(|name| *name != "null");
        let first = others.next();
        if first.is_none() {
            self.refuse(&rule::several_types::META, node.span, "a value that can only be `null` says nothing").help =
                Some("name a type: `type: [string, \"null\"]`".to_owned());
        } else if others.next().is_some() {
            self.refuse(&rule::several_types::META, node.span, "a value of several types").help =
                Some("choose one type, or write `oneOf` with one alternative for each".to_owned());
        }
        (first, nullable)
    }

    /// `$ref`: the name of a shared type, or `#/$defs/Name` of the same payload.
    fn reference(&mut self, node: &Node) -> Shape {
        let Some(target) = node.as_str() else {
            self.refuse(&rule::invalid_schema::META, node.span, "`$ref` must be the name of a type").help =
                Some("write `$ref: Money`".to_owned());
            return any(node.span);
        };
        let named = |name: String| Shape { kind: Kind::Named(name), nullable: false, span: node.span };
        if let Some(local) = target.strip_prefix("#/$defs/")
            && let Some((root, defs)) = self.local
            && defs.entry(local).is_some()
            && let Some(name) = names::pascal(local)
        {
            return named(format!("{root}{name}"));
        }
        if self.shared.find(self.context, target).is_some() {
            return named(target.to_owned());
        }
        let known = self
            .shared
            .schemas
            .keys()
            .filter(|(scope, _)| *scope == Scope::Catalogue || scope_context(scope) == self.context);
        let diagnostic = if target.contains([':', '/', '#', '.']) {
            Diagnostic::new(
                &rule::remote_reference::META,
                node.span,
                format!("`$ref: {target}` leads out of the catalogue"),
            )
            .why("everything that is generated must be self-contained and reviewable in one place")
            .help("move the schema to `types` and write its name: `$ref: Money`")
        } else {
            let help = crate::suggest::nearest(target, known.map(|(_, name)| name.as_str())).map_or_else(
                || "declare it under `types` of the context or of the catalogue".to_owned(),
                |name| format!("did you mean `{name}`?"),
            );
            Diagnostic::new(&rule::unknown_type::META, node.span, format!("there is no type `{target}` here"))
                .help(help)
        };
        self.out.push(diagnostic);
        any(node.span)
    }

    fn define(&mut self, name: &str, body: Body, docs: Docs, span: Span) {
        let def = TypeDef { name: name.to_owned(), scope: self.scope.clone(), docs, body, span };
        let clash = self.types.insert(name.to_owned(), def).map(|earlier| earlier.span).or_else(|| {
            let shared = self.shared.find(self.context, name)?;
            (self.scope.as_ref() != Some(&shared.0) || shared.1.span != span).then_some(shared.1.span)
        });
        if let Some(earlier) = clash {
            self.out.push(
                Diagnostic::new(&rule::name_clash::META, span, format!("two types would be called `{name}` in Rust"))
                    .related(earlier, "the other one")
                    .help("give one of them a `title`: it is used in the name"),
            );
        }
    }

    fn refuse(
        &mut self,
        meta: &'static crate::diagnostic::Meta,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        self.out.push(Diagnostic::new(meta, span, message));
        self.out.last_mut().expect("just pushed")
    }

    fn unusable(&mut self, span: Span, name: &str, what: &str) {
        self.refuse(
            &rule::unusable_name::META,
            span,
            format!("no Rust name can be made of the {what} name `{name}`"),
        )
        .help = Some("use ASCII letters and digits; other letters are for descriptions".to_owned());
    }
}

/// A value of any kind.
fn any(span: Span) -> Shape {
    Shape { kind: Kind::Any, nullable: false, span }
}
