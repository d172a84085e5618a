//! How versions follow from each other.

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::Resolver;
use crate::cast::{Cast, FieldPath, Mapping, Refusal, Rule, Step, image};
use crate::diagnostic::Diagnostic;
use crate::format::{self, FieldSource};
use crate::model::{Model, Version};
use crate::rules::reference as rule;
use crate::source::Span;

/// What is written, and the versions it is from and to.
struct Written<'a, 'm> {
    cast: &'a format::Cast,
    context: &'a str,
    event: &'a str,
    number: u32,
    digits: String,
    /// `upcast` or `downcast`.
    key: &'static str,
    from: &'m Version,
    to: &'m Version,
}

impl Resolver<'_> {
    /// Resolves every `upcast` and `downcast`, once all versions are known.
    pub(super) fn casts(&mut self, model: &mut Model) {
        let mut written = Vec::new();
        for (context, body) in &self.tree.catalogue.contexts {
            for (name, event) in &body.events {
                for (number, version) in &event.versions {
                    let casts = [("upcast", &version.upcast), ("downcast", &version.downcast)];
                    for (key, cast) in casts.into_iter().filter_map(|(key, cast)| Some((key, cast.as_ref()?))) {
                        let (Some(event), digits) = (model.events.get(name), number.to_string()) else { continue };
                        let Some(own) = event.versions.get(number).filter(|_| event.context == *context) else {
                            continue;
                        };
                        let path = path(context, name, &digits, key);
                        let Some(before) = event.before(own) else {
                            let message = format!("`{}` has no version before it", own.id(event));
                            let found = Diagnostic::new(&rule::invalid_cast::META, self.place(&path).name, message);
                            self.out.push(found.help(format!("remove `{key}`")));
                            continue;
                        };
                        let (from, to) = if key == "upcast" { (before, own) } else { (own, before) };
                        written.push(Written { cast, context, event: name, number: *number, digits, key, from, to });
                    }
                }
            }
        }
        let this = &*self;
        let resolved = written.par_iter().map(|it| (it.event, it.number, it.key, this.cast(it)));
        for (event, number, key, cast) in resolved.collect::<Vec<_>>() {
            // A mapping that does not fit is reported, and then as good as none.
            let cast = cast.unwrap_or_else(|Refusal { span, message, help }| {
                self.out.push(Diagnostic::new(&rule::invalid_cast::META, span, message).help(help));
                Cast::ByHand
            });
            let version = model.events.get_mut(event).and_then(|event| event.versions.get_mut(&number));
            if let Some(version) = version {
                let place = if key == "upcast" { &mut version.upcast } else { &mut version.downcast };
                *place = Some(cast);
            }
        }
    }

    fn cast(&self, written: &Written<'_, '_>) -> Result<Cast, Refusal> {
        let format::Cast::Mapping(mapping) = written.cast else { return Ok(Cast::ByHand) };
        let mapping = self.mapping(written, mapping)?;
        image(&written.from.payload.schema, &written.to.payload.schema, &mapping)?;
        Ok(Cast::Mapping(mapping))
    }

    fn mapping(&self, written: &Written<'_, '_>, mapping: &format::Mapping) -> Result<Mapping, Refusal> {
        let path = path(written.context, written.event, &written.digits, written.key);
        let mut rules = Vec::new();
        for (target, source) in &mapping.fields {
            let place: Vec<&str> = path.into_iter().chain(["fields", target]).collect();
            let target = field_path(target, self.place(&place).name)?;
            let from_span = self.node(&place).and_then(|node| node.get("from")).map_or(target.span, |node| node.span);
            let rule = self::rule(&target, source, from_span)?;
            rules.push((target, rule));
        }
        let drop = mapping.drop.iter().enumerate().map(|(index, name)| {
            let index = index.to_string();
            let place: Vec<&str> = path.into_iter().chain(["drop", &index]).collect();
            field_path(name, self.span(&place))
        });
        Ok(Mapping { rules, drop: drop.collect::<Result<_, _>>()?, span: self.place(&path).name })
    }
}

/// The place of a cast in the catalogue.
fn path<'a>(context: &'a str, event: &'a str, digits: &'a str, key: &'a str) -> [&'a str; 7] {
    ["contexts", context, "events", event, "versions", digits, key]
}

fn field_path(text: &str, span: Span) -> Result<FieldPath, Refusal> {
    let parts: Vec<String> = text.split('.').map(str::to_owned).collect();
    if parts.iter().any(String::is_empty) {
        let message = format!("`{text}` is not the name of a field");
        return Err(Refusal { span, message, help: "write a name, or names with dots: `ship_to.country`".to_owned() });
    }
    Ok(FieldPath { parts, span })
}

/// What is written about one field, if it says one thing.
fn rule(target: &FieldPath, source: &FieldSource, from_span: Span) -> Result<Rule, Refusal> {
    let FieldSource { from, constant, default, values, otherwise, before, behind, times, convert } = source;
    let refuse = |message: String, help: &str| Err(Refusal { span: target.span, message, help: help.to_owned() });
    let steps: Vec<Step> = [
        values.as_ref().map(|values| Step::Values(values.clone().into_iter().collect(), otherwise.clone())),
        before.clone().map(Step::Before),
        behind.clone().map(Step::Behind),
        times.map(Step::Times),
        convert.map(Step::Convert),
    ]
    .into_iter()
    .flatten()
    .collect();
    if otherwise.is_some() && values.is_none() {
        return refuse(format!("`otherwise` of `{target}` has no `values`"), "write `default` for what is absent");
    }
    if let Some(value) = constant {
        if from.is_some() || default.is_some() || !steps.is_empty() {
            return refuse(format!("`{target}` is a constant and something else"), "keep `constant` alone");
        }
        return Ok(Rule::Constant(value.clone()));
    }
    if steps.len() > 1 {
        let help = "keep one of `values`, `before`, `behind`, `times` and `convert`";
        return refuse(format!("`{target}` is changed in more than one way"), help);
    }
    let from = match from {
        Some(from) => field_path(from, from_span)?,
        None => target.clone(),
    };
    let step = steps.into_iter().next().unwrap_or(Step::Same);
    Ok(Rule::Field { from, step, default: default.clone() })
}
