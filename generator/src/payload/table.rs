//! A payload as a flat table of fields, for people, lints and estimates.

use crate::format::Classification;
use crate::payload::{Body, Docs, Field, Kind, Payload, Shape, TypeDef};
use crate::source::Span;

/// One field, wherever it is nested.
#[derive(Debug, Clone)]
pub struct FieldRow<'a> {
    /// Path from the payload's root: `lines[].sku`, `prices{}.cents`.
    pub path: String,
    /// Name of the property itself.
    pub name: &'a str,
    /// Whether it is required in the object that holds it.
    pub required: bool,
    /// Its type and constraints.
    pub shape: &'a Shape,
    /// What the schema says about it.
    pub docs: &'a Docs,
    /// As declared by the property, or else by its type.
    pub classification: Option<Classification>,
    /// Place of the property's name.
    pub span: Span,
    /// Nesting depth, 0 at the root.
    pub depth: usize,
}

impl Payload {
    /// Every field in document order, nested ones behind the one that holds them. A recursive type is listed once per
    /// path that reaches it and not entered again.
    #[must_use]
    pub fn fields(&self) -> Vec<FieldRow<'_>> {
        let mut walk = Walk { payload: self, rows: Vec::new(), open: Vec::new() };
        walk.named(&self.root, "");
        walk.rows
    }

    /// What is found by following property names from the root through objects, and whether it is always there: every
    /// property on the way is required and none may be `null`.
    #[must_use]
    pub fn shape_at(&self, path: &[String]) -> Option<(&Shape, bool)> {
        let (first, rest) = path.split_first()?;
        let (mut shape, mut always) = self.property(&self.root, first)?;
        for name in rest {
            let Kind::Named(object) = &shape.kind else { return None };
            let (inner, present) = self.property(object, name)?;
            (shape, always) = (inner, always && present);
        }
        Some((shape, always))
    }

    /// A property of a named object, and whether it is always there.
    fn property(&self, object: &str, name: &str) -> Option<(&Shape, bool)> {
        match &self.type_def(object)?.body {
            Body::Struct(fields) => {
                let field = fields.iter().find(|field| field.name == name)?;
                Some((&field.shape, field.required && !field.shape.nullable))
            }
            Body::Alias(Shape { kind: Kind::Named(target), .. }) if target != object => self.property(target, name),
            _ => None,
        }
    }

    fn classification(&self, field: &Field) -> Option<Classification> {
        let of_type = || self.type_def(field.shape.named()?)?.docs.classification;
        field.docs.classification.or_else(of_type)
    }

    /// The named type, of this payload or shared.
    #[must_use]
    pub fn type_def(&self, name: &str) -> Option<&TypeDef> {
        self.types.get(name).or_else(|| self.shared.get(name))
    }
}

struct Walk<'a> {
    payload: &'a Payload,
    rows: Vec<FieldRow<'a>>,
    /// Names of the types being walked, outermost first.
    open: Vec<&'a str>,
}

impl<'a> Walk<'a> {
    fn named(&mut self, name: &'a str, path: &str) {
        if self.open.contains(&name) {
            return;
        }
        let Some(def) = self.payload.type_def(name) else { return };
        self.open.push(name);
        match &def.body {
            Body::Struct(fields) => self.fields(fields, path),
            Body::Tagged { variants, .. } => variants.iter().for_each(|variant| self.fields(&variant.fields, path)),
            Body::Untagged(variants) => variants.iter().for_each(|variant| self.shape(&variant.shape, path)),
            Body::Alias(shape) => self.shape(shape, path),
            Body::Enum(_) => {}
        }
        self.open.pop();
    }

    fn fields(&mut self, fields: &'a [Field], path: &str) {
        for field in fields {
            let path = if path.is_empty() { field.name.clone() } else { format!("{path}.{}", field.name) };
            self.rows.push(FieldRow {
                path: path.clone(),
                name: &field.name,
                required: field.required,
                shape: &field.shape,
                docs: &field.docs,
                classification: self.payload.classification(field),
                span: field.span,
                depth: path.matches('.').count(),
            });
            self.shape(&field.shape, &path);
        }
    }

    fn shape(&mut self, shape: &'a Shape, path: &str) {
        match &shape.kind {
            Kind::Named(name) => self.named(name, path),
            Kind::List { items, .. } => self.shape(items, &format!("{path}[]")),
            Kind::Map { values, .. } => self.shape(values, &format!("{path}{{}}")),
            Kind::Any | Kind::Bool | Kind::Integer(_) | Kind::Number(_) | Kind::Text(_) => {}
        }
    }
}
