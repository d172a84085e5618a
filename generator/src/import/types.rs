//! Types that were referred to: equal ones become one, and each gets a name.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToPascalCase;
use serde_json::Value;

use super::events::Event;
use super::library::{Library, Location, identifier};
use super::{naming, rewrite};
use crate::positions;

/// A type that payloads share.
#[derive(Debug, Clone)]
pub(super) struct Type {
    pub(super) name: String,
    /// Where it stood; where several did, the first.
    pub(super) location: Location,
    /// References are names.
    pub(super) schema: Value,
    /// The contexts that use it. One: it belongs there. More: it belongs to the catalogue.
    pub(super) contexts: BTreeSet<String>,
}

/// Merges equal types, names them, and writes the names into all references.
pub(super) fn settle(library: &Library<'_>, types: Vec<rewrite::Type>, events: &mut [Event]) -> Vec<Type> {
    let wished: Vec<String> = types.iter().map(|found| wished_name(library, &found.location)).collect();
    let classes = classes(&types, &wished);
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut names: BTreeMap<usize, String> = BTreeMap::new();
    let mut settled: Vec<Type> = Vec::new();
    for (index, found) in types.into_iter().enumerate() {
        if names.contains_key(&classes[index]) {
            continue;
        }
        let mut name = wished[index].clone();
        let mut suffix = 2;
        while !taken.insert(name.clone()) {
            name = format!("{}{suffix}", wished[index]);
            suffix += 1;
        }
        names.insert(classes[index], name.clone());
        settled.push(Type { name, location: found.location, schema: found.schema, contexts: BTreeSet::new() });
    }
    let mut name_it = |reference: &mut String| {
        let index = reference.strip_prefix("type:").and_then(|index| index.parse::<usize>().ok());
        if let Some(name) = index.and_then(|index| names.get(classes.get(index)?)) {
            reference.clone_from(name);
        }
    };
    for found in &mut settled {
        positions::each_reference(&mut found.schema, &mut name_it);
    }
    for event in events.iter_mut() {
        positions::each_reference(&mut event.schema, &mut name_it);
    }
    spread_contexts(&mut settled, events);
    settled.retain(|found| !found.contexts.is_empty());
    settled.sort_by(|a, b| a.name.cmp(&b.name));
    settled
}

/// Types in the same class are equal, all they refer to included: classes are split until none falls apart.
fn classes(types: &[rewrite::Type], wished: &[String]) -> Vec<usize> {
    let mut class: Vec<usize> = vec![0; types.len()];
    let mut count = 0;
    loop {
        let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
        let next: Vec<usize> = types
            .iter()
            .zip(wished)
            .map(|(found, name)| {
                let mut schema = found.schema.clone();
                positions::each_reference(&mut schema, &mut |reference| {
                    let index = reference.strip_prefix("type:").and_then(|index| index.parse::<usize>().ok());
                    if let Some(index) = index {
                        *reference = format!("class:{}", class[index]);
                    }
                });
                let fresh = seen.len();
                *seen.entry((name.clone(), schema.to_string())).or_insert(fresh)
            })
            .collect();
        let found = seen.len();
        class = next;
        if found == count {
            return class;
        }
        count = found;
    }
}

/// Tells each type which contexts need it, directly or through other types.
fn spread_contexts(types: &mut [Type], events: &mut [Event]) {
    let by_name: BTreeMap<String, usize> =
        types.iter().enumerate().map(|(index, found)| (found.name.clone(), index)).collect();
    let mut open: Vec<(usize, String)> = Vec::new();
    for event in events {
        let context = event.context.clone();
        positions::each_reference(&mut event.schema, &mut |name| {
            open.extend(by_name.get(name).map(|index| (*index, context.clone())));
        });
    }
    while let Some((index, context)) = open.pop() {
        if types[index].contexts.insert(context.clone()) {
            positions::each_reference(&mut types[index].schema, &mut |name| {
                open.extend(by_name.get(name).map(|index| (*index, context.clone())));
            });
        }
    }
}

/// A name from where the type stood: its own name, else that of its file.
fn wished_name(library: &Library<'_>, location: &Location) -> String {
    let file = &library.files[location.file];
    let last = location.pointer.rsplit('/').next().unwrap_or_default();
    let own = library.get(location).and_then(|schema| identifier(schema));
    let from_id = own.and_then(|id| id.trim_end_matches(['#', '/']).rsplit(['/', ':']).next());
    let stem = file.path.rsplit('/').next().unwrap_or_default();
    let candidates = [Some(last.to_owned()), from_id.map(str::to_owned), Some(stem.to_owned())];
    candidates
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty() && text.parse::<usize>().is_err())
        .filter_map(|text| naming::parts(&text.replace(".schema.json", "").replace(".json", "")))
        .map(|parts| parts.words.join("_").to_pascal_case())
        .find(|name| name.starts_with(|first: char| first.is_ascii_uppercase()) && name != "Self")
        .unwrap_or_else(|| "Shared".to_owned())
}
