//! Settings from a file.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use toml::{Spanned, Value};

use super::settings::{Given, Place, Setting, Values};

/// Adds what a file sets to `values`, and what is wrong with it to `faults`. No fault shows a value: it may be a password.
pub(crate) fn read(path: &Path, settings: &'static [Setting], values: &mut Values, faults: &mut Vec<String>) {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(cause) => return faults.push(format!("--config: cannot read `{}`: {cause}", path.display())),
    };
    let line = |offset: usize| 1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
    let entries: BTreeMap<Spanned<String>, Spanned<Value>> = match toml::from_str(&text) {
        Ok(entries) => entries,
        Err(error) => {
            let line = line(error.span().map_or(0, |span| span.start));
            let what = error.message().lines().next().unwrap_or_default();
            return faults.push(format!("{}:{line}: {what}; write `name = value` in TOML", path.display()));
        }
    };
    let path = Arc::new(path.to_owned());
    for (key, value) in entries {
        let (line, key) = (line(key.span().start), key.into_inner());
        let place = Place::File { path: path.clone(), line, key: key.clone() };
        let Some(setting) = settings.iter().find(|setting| setting.key == key) else {
            faults.push(format!("{place}: there is no such setting; {}", remedy(&key, settings)));
            continue;
        };
        let text = match value.into_inner() {
            Value::String(text) => text,
            Value::Integer(number) => number.to_string(),
            Value::Boolean(is) => is.to_string(),
            _ => {
                faults.push(format!("{place}: it is a text, a whole number or true or false; put it in quotes"));
                continue;
            }
        };
        values.or(setting.key, Some(Given { text, place }));
    }
}

/// The nearest name there is, or all.
fn remedy(key: &str, settings: &[Setting]) -> String {
    let bare = key.to_lowercase().replace('-', "_");
    let bare = bare.strip_prefix("tidings_").unwrap_or(&bare);
    let near = settings.iter().find(|setting| distance(setting.key, bare) <= 2);
    near.map_or_else(
        || "`tidings relay --help` has all".to_owned(),
        |setting| format!("did you mean `{}`?", setting.key),
    )
}

/// Letters to add, remove or change.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, same) in other.iter().map(|it| *it == letter).enumerate() {
            let change = diagonal + usize::from(!same);
            diagonal = row[column + 1];
            row[column + 1] = change.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}
