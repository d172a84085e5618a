//! Fields of one version to fields of another.

use serde_json::{Map, Value};

use super::CastError;
use crate::event::{self, Event};
use crate::wire::Violation;

/// A payload on its way to another version. What no call speaks of keeps its name and value; what the other version
/// does not have is left behind.
///
/// Paths are names of fields from the root: `&["ship_to", "country"]`.
#[derive(Debug)]
pub struct Mapping {
    old: Value,
    new: Value,
    fault: Option<Violation>,
}

/// Where the value of a field comes from.
#[derive(Debug)]
pub struct Source {
    from: Option<&'static [&'static str]>,
    step: Step,
    default: Option<Value>,
}

/// What is done to a value on the way. `null` stays `null`.
#[derive(Debug)]
enum Step {
    Same,
    /// Texts by what they stand for, and what all others stand for.
    Values(Vec<(&'static str, Value)>, Option<Value>),
    Before(&'static str),
    Behind(&'static str),
    Times(i64),
    Text,
    List,
}

impl Source {
    /// Always this value.
    #[must_use]
    pub fn constant(value: Value) -> Self {
        Self { from: None, step: Step::Same, default: Some(value) }
    }

    /// The value of a field of the other version; none where the field is absent.
    #[must_use]
    pub fn field(from: &'static [&'static str]) -> Self {
        Self { from: Some(from), step: Step::Same, default: None }
    }

    /// Where there is no value, or `null`: this one.
    #[must_use]
    pub fn or(self, default: Value) -> Self {
        Self { default: Some(default), ..self }
    }

    /// What stands beside the text; for a text that is not listed, `otherwise`, or the text itself.
    #[must_use]
    pub fn values<const N: usize>(self, values: [(&'static str, Value); N], otherwise: Option<Value>) -> Self {
        Self { step: Step::Values(values.into(), otherwise), ..self }
    }

    /// The text up to the first `separator`; all of it where there is none.
    #[must_use]
    pub fn before(self, separator: &'static str) -> Self {
        Self { step: Step::Before(separator), ..self }
    }

    /// The text behind the first `separator`; no value where there is none.
    #[must_use]
    pub fn behind(self, separator: &'static str) -> Self {
        Self { step: Step::Behind(separator), ..self }
    }

    /// The integer, multiplied.
    #[must_use]
    pub fn times(self, factor: i64) -> Self {
        Self { step: Step::Times(factor), ..self }
    }

    /// A number or truth value as text, as JSON writes it.
    #[must_use]
    pub fn text(self) -> Self {
        Self { step: Step::Text, ..self }
    }

    /// A list of the value alone.
    #[must_use]
    pub fn list(self) -> Self {
        Self { step: Step::List, ..self }
    }

    fn value(self, old: &Value) -> Result<Option<Value>, Violation> {
        let Self { from, step, default } = self;
        let found = from.and_then(|path| path.iter().try_fold(old, |value, part| value.get(part)));
        let value = match found {
            None => None,
            Some(Value::Null) => Some(Value::Null),
            Some(value) => step.of(value).map_err(|violation| {
                let place = from.unwrap_or_default().join(".");
                violation.within(place)
            })?,
        };
        Ok(value.filter(|value| default.is_none() || !value.is_null()).or(default))
    }
}

impl Step {
    fn of(self, value: &Value) -> Result<Option<Value>, Violation> {
        let text = || value.as_str().ok_or_else(|| Violation::new("a text", value));
        Ok(match self {
            Self::Same => Some(value.clone()),
            Self::Values(values, otherwise) => {
                let text = text()?;
                let listed = values.into_iter().find(|(from, _)| *from == text).map(|(_, to)| to);
                listed.or(otherwise).or_else(|| Some(value.clone()))
            }
            Self::Before(separator) => {
                let text = text()?;
                Some(text.split_once(separator).map_or(text, |(before, _)| before).into())
            }
            Self::Behind(separator) => text()?.split_once(separator).map(|(_, behind)| behind.into()),
            Self::Times(factor) => {
                let product = value.as_i64().and_then(|number| number.checked_mul(factor));
                let expected =
                    || Violation::new(format!("an integer that stays one when multiplied by {factor}"), value);
                Some(product.ok_or_else(expected)?.into())
            }
            Self::Text => match value {
                Value::Bool(_) | Value::Number(_) => Some(value.to_string().into()),
                _ => Some(text()?.into()),
            },
            Self::List => Some(vec![value.clone()].into()),
        })
    }
}

impl Mapping {
    /// Begins with all that `event` says.
    ///
    /// # Errors
    /// When the event violates its schema.
    pub fn of<E: Event>(event: &E) -> Result<Self, CastError> {
        Ok(Self::of_value(serde_json::to_value(event).map_err(CastError::unwritable::<E>)?))
    }

    /// Begins with a payload that has no type.
    #[must_use]
    pub fn of_value(payload: Value) -> Self {
        Self { new: payload.clone(), old: payload, fault: None }
    }

    /// Gives a field the value of `source`; the field is absent where that has none.
    #[must_use]
    pub fn with(mut self, path: &[&str], source: Source) -> Self {
        match source.value(&self.old) {
            Ok(Some(value)) => put(&mut self.new, path, value),
            Ok(None) => remove(&mut self.new, path),
            Err(violation) => self.fault = self.fault.or(Some(violation)),
        }
        self
    }

    /// Leaves a field behind that would keep its name.
    #[must_use]
    pub fn without(mut self, path: &[&str]) -> Self {
        remove(&mut self.new, path);
        self
    }

    /// The other version.
    ///
    /// # Errors
    /// When a value on the way was not what the mapping is for, or the result violates its schema.
    pub fn finish<E: Event>(self) -> Result<E, CastError> {
        let mapped = self.into_value();
        let new = mapped.map_err(|cause| CastError::Mapping { event_type: E::TYPE, version: E::VERSION, cause })?;
        Ok(event::decode(new)?)
    }

    /// The other version, not held against its schema.
    ///
    /// # Errors
    /// When a value on the way was not what the mapping is for.
    pub fn into_value(self) -> Result<Value, Violation> {
        self.fault.map_or(Ok(self.new), Err)
    }
}

fn put(target: &mut Value, path: &[&str], value: Value) {
    match path {
        [] => *target = value,
        [first, rest @ ..] => {
            if !target.is_object() {
                *target = Map::new().into();
            }
            if let Value::Object(fields) = target {
                put(fields.entry(*first).or_insert(Value::Null), rest, value);
            }
        }
    }
}

fn remove(target: &mut Value, path: &[&str]) {
    let Some((last, parents)) = path.split_last() else { return };
    let parent = parents.iter().try_fold(target, |value, part| value.get_mut(part));
    if let Some(Value::Object(fields)) = parent {
        fields.remove(*last);
    }
}
