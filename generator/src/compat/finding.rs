//! What breaks, in the words of its rule: one finding for each place and reason, with a document that shows it.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

use super::Direction;
use super::locate::{self, Located};
use super::witness::Judge;
use crate::diagnostic::Meta;
use crate::pointer::{self, step};
use crate::rules::compat as rule;

/// Most findings of one comparison.
const MOST: usize = 50;
/// Witnesses that are looked at for one reason, smallest first.
const LOOKED_AT: usize = 2_000;

/// One reason why documents are refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule it falls under.
    pub rule: &'static Meta,
    /// Who does not understand whom.
    pub direction: Direction,
    /// Where in a document: a JSON pointer, with `*` for any item of a list.
    pub place: String,
    /// Pointer into the old schema to what speaks of that place.
    pub path_old: String,
    /// Pointer into the new schema to what speaks of that place.
    pub path_new: String,
    /// One line, lower case, no full stop.
    pub message: String,
    /// A document that one side may send and the other refuses.
    pub witness: Value,
}

/// Why a document is refused: keyword, place, and what else tells reasons apart.
type Reason = (String, String, String);

/// The findings that `documents` show.
pub(super) fn findings(judge: &Judge<'_>, documents: &[Value], direction: Direction) -> Vec<Finding> {
    let mut witnesses: Vec<&Value> = documents.iter().filter(|document| judge.is_witness(document)).collect();
    witnesses.sort_by_cached_key(|document| size(document));
    witnesses.truncate(LOOKED_AT);
    let reasons_of = |document: &Value| -> BTreeSet<Reason> {
        judge.refusals(document).iter().flat_map(refusals_in).map(|refusal| refusal.reason(judge)).collect()
    };
    let told: Vec<BTreeSet<Reason>> = witnesses.iter().map(|witness| reasons_of(witness)).collect();
    // What every document is refused for does not tell one from another.
    let always = told.iter().skip(1).fold(told.first().cloned().unwrap_or_default(), |all, one| &all & one);
    let mut shown_by: BTreeMap<&Reason, (usize, &Value)> = BTreeMap::new();
    for (witness, reasons) in witnesses.iter().zip(&told) {
        let others = reasons.difference(&always).count();
        for reason in reasons {
            // A document that is refused for one reason alone shows it best; of several, the smallest comes first.
            let others = others - usize::from(!always.contains(reason));
            let best = shown_by.entry(reason).or_insert((others, witness));
            if others < best.0 {
                *best = (others, witness);
            }
        }
    }
    // What only ever comes together with other reasons follows from them.
    let is_told_apart = shown_by.values().any(|(others, _)| *others == 0);
    let mut found: Vec<Finding> = shown_by
        .into_iter()
        .filter(|(_, (others, _))| !is_told_apart || *others == 0)
        .take(MOST)
        .filter_map(|(reason, (_, witness))| {
            let most =
                told.iter().zip(&witnesses).find(|(_, it)| std::ptr::eq(**it, witness)).map_or(1, |(all, _)| all.len());
            let still = |document: &Value| {
                let reasons = reasons_of(document);
                reasons.contains(reason) && reasons.len() <= most
            };
            let witness = judge.shrunk(witness.clone(), &still);
            let refusals = judge.refusals(&witness);
            let refusal = refusals.iter().flat_map(refusals_in).find(|refusal| refusal.reason(judge) == *reason)?;
            Some(refusal.finding(judge, direction, witness.clone()))
        })
        .collect();
    found.sort_by(|a, b| (&a.place, a.rule.id).cmp(&(&b.place, b.rule.id)));
    found.dedup_by(|a, b| a.place == b.place && a.rule.id == b.rule.id && a.message == b.message);
    found
}

/// Characters of the document as JSON.
fn size(document: &Value) -> usize {
    document.to_string().len()
}

/// One refusal of a document, as precise as can be said.
struct Refusal<'e> {
    kind: &'e Kind,
    /// Asked for because of another field.
    depends: bool,
    path: Vec<String>,
    instance: &'e Value,
}

/// The refusals behind an error: of alternatives, those of the one that was meant.
fn refusals_in<'e>(error: &'e ValidationError<'_>) -> Vec<Refusal<'e>> {
    if let Kind::AnyOf { context } | Kind::OneOfNotValid { context } = error.kind()
        && let Some(meant) = meant(error, context)
    {
        return meant.iter().flat_map(refusals_in).collect();
    }
    let path = pointer::parts(error.instance_path().as_str());
    let depends = error.schema_path().as_str().contains("/dependentRequired");
    vec![Refusal { kind: error.kind(), depends, path, instance: error.instance() }]
}

/// The alternative that was meant, if it is clear: the only one that refuses nothing but what lies deeper, and does not
/// refuse a constant there.
fn meant<'e>(
    error: &ValidationError<'_>,
    context: &'e [Vec<ValidationError<'static>>],
) -> Option<&'e Vec<ValidationError<'static>>> {
    let depth = |error: &ValidationError<'_>| error.instance_path().as_str().matches('/').count();
    let here = depth(error);
    let is_other = |branch: &&Vec<ValidationError<'static>>| {
        branch.iter().any(|inner| {
            let inside = depth(inner).saturating_sub(here);
            match inner.kind() {
                Kind::Type { .. } | Kind::FalseSchema => inside == 0,
                Kind::Constant { .. } | Kind::Enum { .. } => inside <= 1,
                _ => false,
            }
        })
    };
    let mut fitting = context.iter().filter(|branch| !branch.is_empty() && !is_other(branch));
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}

impl Refusal<'_> {
    fn reason(&self, judge: &Judge<'_>) -> Reason {
        let detail = match self.kind {
            Kind::Required { property } => property.to_string(),
            Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
                unexpected.join(",")
            }
            // Where the writer lists no values either, one shows what all others would.
            Kind::Enum { .. } => {
                let writer = locate::locate(&judge.writer.standalone, &self.path);
                let lists = locate::with(&writer, &["enum", "const"]).is_some();
                if lists { self.instance.to_string() } else { String::new() }
            }
            Kind::Type { .. } => format!("{:?}", super::values::type_of(self.instance)),
            _ => String::new(),
        };
        (self.kind.keyword().to_owned(), self.place(), detail)
    }

    /// Where, with `*` for any item of a list.
    fn place(&self) -> String {
        let any = |part: &String| if part.bytes().all(|b| b.is_ascii_digit()) { "*".to_owned() } else { part.clone() };
        self.path.iter().fold(String::new(), |pointer, part| step(&pointer, &any(part)))
    }

    fn finding(&self, judge: &Judge<'_>, direction: Direction, witness: Value) -> Finding {
        let writer = locate::locate(&judge.writer.standalone, &self.path);
        let reader = locate::locate(&judge.reader.standalone, &self.path);
        let keyword = self.kind.keyword();
        let (rule, message) = self.explained(direction, &writer);
        let at = |parts: &[Located<'_>]| {
            let (found, suffix) = match locate::with(parts, &[keyword]) {
                Some((found, _)) => (Some(found), format!("/{keyword}")),
                None => (parts.first(), String::new()),
            };
            found.map_or_else(String::new, |found| format!("{}{suffix}", found.pointer))
        };
        let (of_writer, of_reader) = (at(&writer), at(&reader));
        let (path_old, path_new) = match direction {
            Direction::Backward => (of_writer, of_reader),
            Direction::Forward => (of_reader, of_writer),
        };
        let place = match self.kind {
            // What is missing, rather than what it is missing in.
            Kind::Required { property } if !self.depends => step(&self.place(), property.as_str().unwrap_or_default()),
            _ => self.place(),
        };
        Finding { rule, direction, place, path_old, path_new, message, witness }
    }

    /// Rule and message.
    fn explained(&self, direction: Direction, writer: &[Located<'_>]) -> (&'static Meta, String) {
        use Direction::{Backward, Forward};

        let backward = direction == Backward;
        let (reader_side, writer_side) = if backward { ("new", "old") } else { ("old", "new") };
        let place = self.named();
        let limit = if backward { &rule::limit_tightened::META } else { &rule::limit_loosened::META };
        let breaks = |what: String| {
            format!(
                "{place} may be {} in {writer_side} documents; readers of the {reader_side} schema {what}",
                short(self.instance)
            )
        };
        match self.kind {
            Kind::Required { property } if !self.depends => {
                let name = property.as_str().unwrap_or_default();
                let is_declared = writer
                    .iter()
                    .filter_map(|at| at.schema.as_object())
                    .any(|map| map.get("properties").is_some_and(|properties| properties.get(name).is_some()));
                let field =
                    if self.path.is_empty() { format!("field `{name}`") } else { format!("field `{name}` of {place}") };
                match (direction, is_declared) {
                    (Backward, false) => (
                        &rule::required_field_added::META,
                        format!("readers of the new schema require {field}, which old documents do not have"),
                    ),
                    (Backward, true) => (
                        &rule::field_made_required::META,
                        format!("readers of the new schema require {field}, which old documents may lack"),
                    ),
                    (Forward, false) => (
                        &rule::required_field_removed::META,
                        format!("readers of the old schema require {field}, which new documents no longer have"),
                    ),
                    (Forward, true) => (
                        &rule::field_made_optional::META,
                        format!("readers of the old schema require {field}, which new documents may lack"),
                    ),
                }
            }
            Kind::Type { .. } => (&rule::type_changed::META, breaks("expect another type".to_owned())),
            Kind::Enum { .. } => {
                let rule = if backward { &rule::enum_value_removed::META } else { &rule::enum_value_added::META };
                (rule, breaks("do not list it".to_owned()))
            }
            Kind::Constant { expected_value } => {
                (&rule::constant_changed::META, breaks(format!("expect {}", short(expected_value))))
            }
            Kind::Minimum { limit: value }
            | Kind::Maximum { limit: value }
            | Kind::ExclusiveMinimum { limit: value }
            | Kind::ExclusiveMaximum { limit: value } => {
                (limit, breaks(format!("allow {} {value}", bound(self.kind.keyword()))))
            }
            Kind::MinLength { limit: value }
            | Kind::MinItems { limit: value }
            | Kind::MinProperties { limit: value }
            | Kind::MaxLength { limit: value }
            | Kind::MaxItems { limit: value }
            | Kind::MaxProperties { limit: value } => (
                limit,
                breaks(format!("allow {} {value} {}", bound(self.kind.keyword()), counted(self.kind.keyword()))),
            ),
            Kind::MultipleOf { multiple_of } => (limit, breaks(format!("take multiples of {multiple_of} only"))),
            Kind::Pattern { pattern } => {
                (&rule::pattern_changed::META, breaks(format!("want it to match `{pattern}`")))
            }
            Kind::PropertyNames { .. } => {
                (&rule::pattern_changed::META, breaks("do not allow a field of that name".to_owned()))
            }
            Kind::Format { format } => {
                (&rule::format_changed::META, breaks(format!("want it to be of format `{format}`")))
            }
            Kind::UniqueItems => (&rule::items_changed::META, breaks("want its items to differ".to_owned())),
            Kind::Contains => (&rule::items_changed::META, breaks("want it to contain something else".to_owned())),
            Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
                let names = unexpected.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                (
                    &rule::field_refused::META,
                    format!(
                        "{writer_side} documents may have field {names}, which readers of the {reader_side} schema refuse"
                    ),
                )
            }
            Kind::FalseSchema | Kind::AdditionalItems { .. } | Kind::UnevaluatedItems { .. } => (
                &rule::field_refused::META,
                format!("{writer_side} documents may have {place}, which readers of the {reader_side} schema refuse"),
            ),
            Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } | Kind::OneOfMultipleValid { .. } => {
                let rule = if backward { &rule::variant_removed::META } else { &rule::variant_added::META };
                (rule, breaks("have no alternative for it".to_owned()))
            }
            _ => (&rule::condition_changed::META, breaks("have a condition that it breaks".to_owned())),
        }
    }

    /// What stands at the place, for a message.
    fn named(&self) -> String {
        if self.path.is_empty() {
            "the document".to_owned()
        } else {
            format!("`{}`", self.place().trim_start_matches('/').replace('/', "."))
        }
    }
}

fn bound(keyword: &str) -> &'static str {
    match keyword {
        "exclusiveMinimum" => "only more than",
        "exclusiveMaximum" => "only less than",
        _ if keyword.starts_with("min") => "no less than",
        _ => "no more than",
    }
}

fn counted(keyword: &str) -> &'static str {
    match keyword {
        "minLength" | "maxLength" => "characters",
        "minItems" | "maxItems" => "items",
        _ => "fields",
    }
}

/// A value in a message.
fn short(value: &Value) -> String {
    const MOST: usize = 60;
    let text = value.to_string();
    if text.chars().count() <= MOST {
        return format!("`{text}`");
    }
    format!("`{}…`", text.chars().take(MOST).collect::<String>())
}
