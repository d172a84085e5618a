//! Documents that a writer may send and a reader refuses.

use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::{Schema, validator};

/// How often a document is tried to be made smaller.
const MOST_TRIES: usize = 300;

/// Says what is a witness.
pub(super) struct Judge<'s> {
    pub(super) writer: &'s Schema,
    pub(super) reader: &'s Schema,
    /// The writer's schema, closed.
    sends: Validator,
    /// And as it stands: alternatives that were told apart only by being closed stay what they were.
    allows: Validator,
    accepts: Validator,
}

impl<'s> Judge<'s> {
    pub(super) fn new(writer: &'s Schema, reader: &'s Schema) -> Option<Self> {
        let sends = validator::of(&writer.writes)?;
        let allows = validator::of(&writer.standalone)?;
        let accepts = validator::of(&reader.reads)?;
        Some(Self { writer, reader, sends, allows, accepts })
    }

    /// Whether a writer may send it and the reader refuses it.
    pub(super) fn is_witness(&self, document: &Value) -> bool {
        !self.accepts.is_valid(document) && self.may_be_sent(document)
    }

    fn may_be_sent(&self, document: &Value) -> bool {
        self.sends.is_valid(document) && self.allows.is_valid(document)
    }

    /// Why the reader refuses it.
    pub(super) fn refusals<'d>(&'d self, document: &'d Value) -> Vec<ValidationError<'d>> {
        self.accepts.iter_errors(document).take(16).collect()
    }

    /// A smaller witness of which `still` holds, found by taking things out as long as that works.
    pub(super) fn shrunk(&self, document: Value, still: &dyn Fn(&Value) -> bool) -> Value {
        let mut smallest = document;
        let mut tries = 0;
        let mut progress = true;
        while progress {
            progress = false;
            for path in inner_paths(&smallest) {
                tries += 1;
                if tries > MOST_TRIES {
                    return smallest;
                }
                let Some(smaller) = without(&smallest, &path) else { continue };
                if self.is_witness(&smaller) && still(&smaller) {
                    smallest = smaller;
                    progress = true;
                    break;
                }
            }
        }
        smallest
    }
}

/// Pointers to everything inside, outermost first.
fn inner_paths(value: &Value) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut level: Vec<(Vec<String>, &Value)> = vec![(Vec::new(), value)];
    while !level.is_empty() && paths.len() < MOST_TRIES {
        let mut next = Vec::new();
        for (path, value) in level {
            let below: Vec<(String, &Value)> = match value {
                Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
                Value::Array(items) => {
                    items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
                }
                _ => Vec::new(),
            };
            for (step, value) in below {
                let path: Vec<String> = path.iter().cloned().chain([step]).collect();
                paths.push(path.clone());
                next.push((path, value));
            }
        }
        level = next;
    }
    paths
}

/// The value without what stands at `path`.
fn without(value: &Value, path: &[String]) -> Option<Value> {
    let (last, parents) = path.split_last()?;
    let mut copy = value.clone();
    let parent = parents.iter().try_fold(&mut copy, |value, step| match value {
        Value::Object(map) => map.get_mut(step),
        Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    })?;
    match parent {
        Value::Object(map) => {
            map.remove(last)?;
        }
        Value::Array(items) => {
            let index = last.parse::<usize>().ok().filter(|index| *index < items.len())?;
            items.remove(index);
        }
        _ => return None,
    }
    Some(copy)
}
