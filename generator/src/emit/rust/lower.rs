//! Named types to the syntax tree that typify reads.
//!
//! typify invents names for fields and variants, and merges or refuses shapes that look alike. It is therefore given
//! placeholders that cannot clash (`fld00007`, `Var00007`) and schemas without constraints; [`super::augment`] puts the
//! real names and the constraints in.

use std::collections::BTreeMap;

use schemars08::schema::{
    ArrayValidation, InstanceType, ObjectValidation, Schema, SchemaObject, SingleOrVec, SubschemaValidation,
};
use serde_json::json;

use crate::payload::{Body, Field, Kind, Shape, TextFormat, TypeDef};

/// Stands for any JSON value; replaced by `serde_json::Value`.
pub(super) const ANY: &str = "TidingsAnyValue";

/// What typify reads, and what its placeholders stand for.
#[derive(Default)]
pub(super) struct Lowered {
    pub(super) definitions: BTreeMap<String, Schema>,
    /// Placeholder of a field → index in `fields`.
    pub(super) idents: BTreeMap<String, String>,
    /// Placeholder → text on the wire.
    pub(super) texts: BTreeMap<String, String>,
    next: usize,
}

/// Translates the types of one file.
pub(super) fn lower<'a>(types: impl IntoIterator<Item = &'a TypeDef>) -> Lowered {
    let mut lowered = Lowered::default();
    for def in types {
        let schema = lowered.body(&def.body);
        lowered.definitions.insert(def.name.clone(), schema);
    }
    lowered
}

impl Lowered {
    fn placeholder(&mut self, prefix: &str, ident: &str, wire: &str) -> String {
        let name = format!("{prefix}{:05}", self.next);
        self.next += 1;
        self.idents.insert(name.clone(), ident.to_owned());
        self.texts.insert(name.clone(), wire.to_owned());
        name
    }

    fn body(&mut self, body: &Body) -> Schema {
        match body {
            Body::Struct(fields) => self.object(fields, None),
            Body::Enum(variants) => {
                let values = variants.iter().map(|v| json!(self.placeholder("Var", &v.name, &v.value))).collect();
                SchemaObject { enum_values: Some(values), ..typed(InstanceType::String) }.into()
            }
            Body::Tagged { tag, variants } => one_of(
                variants
                    .iter()
                    .map(|variant| {
                        let value = self.placeholder("Var", &variant.name, &variant.value);
                        self.object(&variant.fields, Some((tag, value)))
                    })
                    .collect(),
            ),
            Body::Untagged(variants) => one_of(variants.iter().map(|variant| shape(&variant.shape)).collect()),
            Body::Alias(alias) => shape(alias),
        }
    }

    /// An object; with a tag, two padding properties keep typify from taking it for another kind of enum.
    fn object(&mut self, fields: &[Field], tag: Option<(&str, String)>) -> Schema {
        let mut object = ObjectValidation::default();
        if let Some((tag, value)) = tag {
            let constant = SchemaObject { enum_values: Some(vec![json!(value)]), ..typed(InstanceType::String) };
            object.properties.insert(tag.to_owned(), constant.into());
            for padding in ["a", "b"] {
                object
                    .properties
                    .insert(format!("{PADDING}{padding}{:05}", self.next), typed(InstanceType::Boolean).into());
            }
        }
        for field in fields {
            let name = self.placeholder("fld", &field.rust_name, &field.name);
            object.properties.insert(name, shape(&field.shape));
        }
        object.required = object.properties.keys().cloned().collect();
        SchemaObject { object: Some(Box::new(object)), ..typed(InstanceType::Object) }.into()
    }
}

/// Prefix of properties that exist for typify only.
pub(super) const PADDING: &str = "zzpad";

fn shape(shape: &Shape) -> Schema {
    let inner: Schema = match &shape.kind {
        Kind::Any => return reference(ANY),
        Kind::Bool => typed(InstanceType::Boolean).into(),
        Kind::Integer(rules) => {
            let format = if rules.max.is_some_and(|max| max > i128::from(i64::MAX)) { "uint64" } else { "int64" };
            formatted(InstanceType::Integer, format)
        }
        Kind::Number(_) => formatted(InstanceType::Number, "double"),
        Kind::Text(rules) => match rules.format {
            Some(format) if format.is_typed() => formatted(InstanceType::String, native(format)),
            _ => typed(InstanceType::String).into(),
        },
        Kind::List { items, .. } => {
            let array = ArrayValidation {
                items: Some(SingleOrVec::Single(Box::new(self::shape(items)))),
                ..Default::default()
            };
            SchemaObject { array: Some(Box::new(array)), ..typed(InstanceType::Array) }.into()
        }
        Kind::Map { values, .. } => {
            let object =
                ObjectValidation { additional_properties: Some(Box::new(self::shape(values))), ..Default::default() };
            SchemaObject { object: Some(Box::new(object)), ..typed(InstanceType::Object) }.into()
        }
        Kind::Named(name) => reference(name),
    };
    if shape.nullable { one_of(vec![inner, typed(InstanceType::Null).into()]) } else { inner }
}

fn native(format: TextFormat) -> &'static str {
    format.name()
}

fn typed(instance_type: InstanceType) -> SchemaObject {
    SchemaObject { instance_type: Some(instance_type.into()), ..SchemaObject::default() }
}

fn formatted(instance_type: InstanceType, format: &str) -> Schema {
    SchemaObject { format: Some(format.to_owned()), ..typed(instance_type) }.into()
}

fn reference(name: &str) -> Schema {
    Schema::new_ref(format!("#/definitions/{name}"))
}

fn one_of(schemas: Vec<Schema>) -> Schema {
    SchemaObject {
        subschemas: Some(Box::new(SubschemaValidation { one_of: Some(schemas), ..Default::default() })),
        ..SchemaObject::default()
    }
    .into()
}
