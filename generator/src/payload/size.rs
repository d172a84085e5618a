//! How large a payload may get.

use crate::payload::{Body, Field, Kind, Payload, Shape, TextRules};

/// Characters of a text, and items of a list or map, that no bound limits.
const TEXT: u64 = 64;
const ITEMS: u64 = 16;
/// Bytes of a value that may be anything.
const ANYTHING: u64 = 256;

impl Payload {
    /// Estimated size in bytes of a large payload as JSON: every field present, lists as long as they may be, texts
    /// half as long as they may be. Where nothing sets a limit, 64 characters and 16 items. A type inside itself counts
    /// once.
    #[must_use]
    pub fn estimated_bytes(&self) -> u64 {
        self.named(&self.root, &mut Vec::new())
    }

    fn named<'a>(&'a self, name: &'a str, open: &mut Vec<&'a str>) -> u64 {
        let Some(def) = self.type_def(name).filter(|_| !open.contains(&name)) else { return 0 };
        open.push(name);
        let size = match &def.body {
            Body::Struct(fields) => self.object(fields, open),
            Body::Enum(variants) => variants.iter().map(|variant| variant.value.len() as u64 + 2).max().unwrap_or(0),
            Body::Tagged { tag, variants } => variants
                .iter()
                .map(|variant| self.object(&variant.fields, open) + (tag.len() + variant.value.len()) as u64 + 6)
                .max()
                .unwrap_or(0),
            Body::Untagged(variants) => {
                variants.iter().map(|variant| self.shape(&variant.shape, open)).max().unwrap_or(0)
            }
            Body::Alias(shape) => self.shape(shape, open),
        };
        open.pop();
        size
    }

    fn object<'a>(&'a self, fields: &'a [Field], open: &mut Vec<&'a str>) -> u64 {
        fields.iter().fold(2, |sum: u64, field| {
            let value = self.shape(&field.shape, open);
            sum.saturating_add(value).saturating_add(field.name.len() as u64 + 4)
        })
    }

    fn shape<'a>(&'a self, shape: &'a Shape, open: &mut Vec<&'a str>) -> u64 {
        match &shape.kind {
            Kind::Any => ANYTHING,
            Kind::Bool => 5,
            Kind::Integer(_) | Kind::Number(_) => 12,
            Kind::Text(rules) => text(rules),
            Kind::List { items, max, .. } => count(*max).saturating_mul(self.shape(items, open).saturating_add(1)),
            Kind::Map { values, keys, max, .. } => {
                let entry = self.shape(values, open).saturating_add(text(keys)).saturating_add(2);
                count(*max).saturating_mul(entry)
            }
            Kind::Named(name) => self.named(name, open),
        }
    }
}

fn text(rules: &TextRules) -> u64 {
    match rules.format {
        Some(format) if format.is_typed() => 38,
        _ => rules.max.map_or(TEXT, |max| (max / 2).max(rules.min)) + 2,
    }
}

fn count(max: Option<u64>) -> u64 {
    max.unwrap_or(ITEMS)
}
