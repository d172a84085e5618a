//! Which names may be used, and which of them would be the same in generated code.

use std::collections::BTreeMap;

use heck::{ToKebabCase, ToPascalCase, ToSnakeCase};

use crate::diagnostic::Diagnostic;
use crate::model::Model;
use crate::rules::reference as rule;
use crate::source::Span;
use crate::topology;

/// Longest name; RabbitMQ allows 255 bytes, some of which are for partitions and dead letters.
const MAX_LENGTH: usize = 100;

/// Modules of the generated crate that are not contexts.
const RESERVED_CONTEXTS: &[&str] = &["crate", "self", "super", "topology", "types"];

pub(super) fn is_kebab(name: &str) -> bool {
    name.len() <= MAX_LENGTH
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.contains("--")
        && !name.ends_with('-')
}

pub(super) fn kebab_help(name: &str) -> String {
    let suggestion = name.to_kebab_case();
    if is_kebab(&suggestion) {
        format!("call it `{suggestion}`")
    } else {
        format!("use lower-case letters, digits and `-`, at most {MAX_LENGTH}, beginning with a letter")
    }
}

/// `order.placed` → `OrderPlaced`; `None` for anything but dotted lower-case words.
pub(super) fn event_type_name(event: &str) -> Option<String> {
    let part_is_good = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_lowercase())
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
    };
    (event.len() <= MAX_LENGTH && event.split('.').all(part_is_good)).then(|| event.to_pascal_case())
}

fn is_stream(name: &str) -> bool {
    name.len() <= MAX_LENGTH
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'))
}

/// Reports names that cannot be used and names that clash in generated code.
pub(super) fn check(model: &Model, out: &mut Vec<Diagnostic>) {
    for context in model.contexts.values() {
        if RESERVED_CONTEXTS.contains(&context.name.to_snake_case().as_str()) {
            let message = format!("a context cannot be called `{}`", context.name);
            out.push(
                Diagnostic::new(&rule::invalid_name::META, context.place.name, message)
                    .why("the generated crate has a module of that name already")
                    .help("name it after the part of the business it is about"),
            );
        }
    }
    for stream in model.streams.values().filter(|stream| !stream.implicit && !is_stream(&stream.name)) {
        let message = format!("`{}` cannot be the name of a stream", stream.name);
        out.push(Diagnostic::new(&rule::invalid_name::META, stream.place.name, message).help(format!(
            "use lower-case letters, digits, `.`, `_` and `-`, at most {MAX_LENGTH}, beginning with a letter"
        )));
    }
    for stream in model.streams.values() {
        if let Some(fault) = topology::name_fault(model, &stream.name) {
            let message = format!("the broker cannot have a stream called `{}`", stream.name);
            out.push(
                Diagnostic::new(&rule::invalid_name::META, stream.place.name, message).why(fault).help("rename it"),
            );
        }
    }
    let events = model
        .events
        .values()
        .map(|event| ((event.context.as_str(), event.type_name.clone()), &event.name, event.place.name));
    clashes("events", events, out);
    clashes_with_steps(model, out);
    let streams = model
        .streams
        .values()
        .map(|stream| ((stream.context.as_str(), stream.name.to_pascal_case()), &stream.name, stream.place.name));
    clashes("streams", streams, out);
    let contexts =
        model.contexts.values().map(|context| (("", context.name.to_snake_case()), &context.name, context.place.name));
    clashes("contexts", contexts, out);
}

/// Steps between versions that are left to a person have traits, which stand beside the events.
fn clashes_with_steps(model: &Model, out: &mut Vec<Diagnostic>) {
    for event in model.events.values() {
        let between = |rest: &str| {
            let of_context = model.events.values().filter(|other| other.context == event.context);
            of_context.filter(|other| other.type_name == rest).map(|other| &other.name).next()
        };
        let steps = ["Upcast", "Downcast"].iter().filter_map(|step| event.type_name.strip_prefix(step));
        if let Some(other) = steps.filter_map(between).next() {
            let message =
                format!("`{}` would be called in Rust as a step between versions of `{other}` is", event.name);
            out.push(
                Diagnostic::new(&rule::conflicting_name::META, event.place.name, message).help("rename the event"),
            );
        }
    }
}

fn clashes<'a>(
    what: &str,
    names: impl Iterator<Item = ((&'a str, String), &'a String, Span)>,
    out: &mut Vec<Diagnostic>,
) {
    let mut seen: BTreeMap<(&str, String), (&String, Span)> = BTreeMap::new();
    for (key, name, span) in names {
        let rust = key.1.clone();
        if let Some((other, first)) = seen.insert(key, (name, span)) {
            let message = format!("{what} `{other}` and `{name}` would both be `{rust}` in Rust");
            out.push(
                Diagnostic::new(&rule::conflicting_name::META, span, message)
                    .related(first, "the other one")
                    .help("rename one of them"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::load::load_text;
    use crate::model::resolve;

    #[test]
    fn an_event_is_not_called_like_a_step_between_versions_of_another() {
        let catalogue = |name: &str| {
            format!(
                "format: tidings/1\nname: shop\ncontexts:\n  orders:\n    streams: {{ orders: {{}} }}\n    events:\n      \
                 order.placed: {{ stream: orders, versions: {{ 1: {{ status: active, data: {{ type: object }} }} }} }}\n      \
                 {name}: {{ stream: orders, versions: {{ 1: {{ status: active, data: {{ type: object }} }} }} }}\n"
            )
        };
        let conflicts = |name: &str| {
            let (_, found) = resolve(&load_text("catalogue.yaml", &catalogue(name)).tree.unwrap());
            found.into_iter().filter(|it| it.rule == "conflicting-name").map(|it| it.message).collect::<Vec<_>>()
        };
        let message = "would be called in Rust as a step between versions of `order.placed` is";
        assert_eq!(conflicts("upcast.order.placed"), [format!("`upcast.order.placed` {message}")]);
        assert_eq!(conflicts("downcast.order_placed"), [format!("`downcast.order_placed` {message}")]);
        assert_eq!(conflicts("order.upcast"), [] as [String; 0]);
        assert_eq!(conflicts("upcast.order.paid"), [] as [String; 0]);
    }
}
