//! Whether readers of one schema accept what writers of another one send.
//!
//! `dialect → content_model → proof | sample → witness → finding`. A verdict is decided by a proof or by a witness, a
//! document that the writer may send and the reader refuses; rules explain a verdict and never decide it. Where there is
//! neither, the verdict is *undecided*, which is to be treated like breaking.

mod alike;
mod content_model;
mod dialect;
mod finding;
mod hints;
mod language;
mod locate;
mod memory;
mod numbers;
mod parts;
mod proof;
mod reference;
mod sample;
mod strings;
#[cfg(test)]
mod tests;
mod validator;
mod values;
mod witness;

use serde_json::Value;

pub use finding::Finding;
use proof::Answer;
pub use validator::of as validator;

use crate::positions;

/// What the schemas say about fields that they do not declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ContentModel {
    /// Readers ignore them, writers do not send them: what generated types do.
    #[default]
    TolerantReader,
    /// What JSON Schema says: they may hold anything, unless the schema forbids them.
    AsWritten,
}

/// Who is to understand whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Readers of the new schema read documents of the old one.
    Backward,
    /// Readers of the old schema read documents of the new one.
    Forward,
}

impl Direction {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Backward, Self::Forward];

    /// `backward` or `forward`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backward => "backward",
            Self::Forward => "forward",
        }
    }
}

/// What a comparison in one direction came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Every document is accepted. This has been proven.
    Compatible,
    /// Some documents are refused. Each finding has one; there is at least one finding.
    Breaking(Vec<Finding>),
    /// Neither was shown.
    Undecided {
        /// What stood in the way.
        reason: String,
    },
}

impl Verdict {
    /// `compatible`, `breaking` or `undecided`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Breaking(_) => "breaking",
            Self::Undecided { .. } => "undecided",
        }
    }

    /// The findings of a breaking change; none otherwise.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Breaking(findings) => findings,
            _ => &[],
        }
    }
}

/// Both directions.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Readers of the new schema, documents of the old one.
    pub backward: Verdict,
    /// Readers of the old schema, documents of the new one.
    pub forward: Verdict,
}

impl Comparison {
    /// The verdict in one direction.
    #[must_use]
    pub fn of(&self, direction: Direction) -> &Verdict {
        match direction {
            Direction::Backward => &self.backward,
            Direction::Forward => &self.forward,
        }
    }

    /// The findings of both directions.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        Direction::ALL.into_iter().flat_map(|direction| self.of(direction).findings())
    }
}

/// Why a schema cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// Neither an object nor a boolean.
    #[error("a schema is an object, `true` or `false`")]
    NoSchema,
    /// Nested beyond every use.
    #[error("the schema is nested more than {most} levels deep; move parts of it to `$defs`")]
    TooDeep {
        /// Levels that are allowed.
        most: usize,
    },
    /// `$schema` names something else than drafts 4 to 2020-12.
    #[error("`$schema` names `{uri}`; drafts 4, 6, 7, 2019-09 and 2020-12 are known")]
    UnknownDraft {
        /// What it names.
        uri: String,
    },
    /// A reference that leads out of the schema, or nowhere.
    #[error("`$ref` leads to `{reference}`, which is not in this schema; bundle the schemas into one")]
    UnknownReference {
        /// As it is written.
        reference: String,
    },
    /// It is not what its draft calls a schema.
    #[error("it is no valid JSON Schema: {reason}")]
    Invalid {
        /// What is wrong, in words of the validator.
        reason: String,
    },
}

/// A schema that is ready to be compared.
#[derive(Debug, Clone)]
pub struct Schema {
    /// Of 2020-12, its references inside itself; pointers are those of the schema as it was given.
    standalone: Value,
    /// What a writer sends.
    writes: Value,
    /// What a reader accepts.
    reads: Value,
}

impl Schema {
    /// Reads a schema of any draft from 4 to 2020-12, which must hold everything that it refers to.
    ///
    /// # Errors
    /// When it is no schema, refers to something outside itself, or is nested too deep.
    pub fn new(schema: &Value, model: ContentModel) -> Result<Self, SchemaError> {
        let standalone = without_annotations(dialect::standalone(schema)?);
        let bundled = reference::with_definitions(&standalone);
        if let Err(error) = jsonschema::meta::options().validate(&bundled) {
            return Err(SchemaError::Invalid { reason: error.to_string() });
        }
        let (writes, reads) = match model {
            ContentModel::AsWritten => (bundled.clone(), bundled),
            ContentModel::TolerantReader => (content_model::closed(&standalone), content_model::open(&bundled)),
        };
        Ok(Self { standalone, writes, reads })
    }
}

/// Compares two versions of a schema in both directions.
#[must_use]
pub fn compare(old: &Schema, new: &Schema) -> Comparison {
    Comparison { backward: judge(old, new, Direction::Backward), forward: judge(old, new, Direction::Forward) }
}

/// Compares two versions of a schema in one direction.
#[must_use]
pub fn judge(old: &Schema, new: &Schema, direction: Direction) -> Verdict {
    let (writer, reader) = match direction {
        Direction::Backward => (old, new),
        Direction::Forward => (new, old),
    };
    if writer.standalone == reader.standalone || proof::by_structure(&reader.reads, &writer.writes) {
        return Verdict::Compatible;
    }
    let Some(judge) = witness::Judge::new(writer, reader) else {
        return Verdict::Undecided { reason: "a pattern of the schemas cannot be matched".to_owned() };
    };
    let mut findings = finding::findings(&judge, &sample::documents(&writer.writes, &reader.reads), direction);
    if findings.is_empty() {
        match proof::by_algebra(&reader.reads, &writer.writes) {
            Answer::Covered => return Verdict::Compatible,
            Answer::Left(left) => {
                findings = finding::findings(&judge, &sample::documents(&left, &reader.reads), direction);
            }
            Answer::Unknown => {}
        }
    }
    if findings.is_empty() {
        return Verdict::Undecided {
            reason: "no document was found that shows a break, and no proof that there is none".to_owned(),
        };
    }
    Verdict::Breaking(findings)
}

/// The schema without keywords that have no say in what is valid.
fn without_annotations(mut schema: Value) -> Value {
    fn strip(schema: &mut Value) {
        let Value::Object(map) = schema else { return };
        map.retain(|key, _| !ANNOTATIONS.contains(&key.as_str()) && !key.starts_with("x-"));
        positions::below_mut(map).into_iter().for_each(strip);
    }
    strip(&mut schema);
    schema
}

const ANNOTATIONS: [&str; 7] =
    ["title", "description", "deprecated", "readOnly", "writeOnly", "$comment", "contentSchema"];
