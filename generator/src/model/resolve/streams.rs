//! Streams, and the keys that partition them.

use std::collections::BTreeSet;

use super::Resolver;
use crate::diagnostic::Diagnostic;
use crate::format::{self, OneOrMany};
use crate::model::{DeadLetter, KeyPath, KeySource, Model, Place, Retention, Stream};
use crate::rules::reference as rule;
use crate::source::Span;
use crate::suggest;

const DEFAULT_PARTITIONS: u32 = 3;

impl Resolver<'_> {
    pub(super) fn streams(&mut self, context: &str, body: &format::Context, model: &mut Model) {
        for (name, stream) in &body.streams {
            let path = ["contexts", context, "streams", name.as_str()];
            let place = self.place(&path);
            if let Some(other) = model.streams.get(name) {
                self.out.push(
                    Diagnostic::new(
                        &rule::conflicting_name::META,
                        place.name,
                        format!("stream `{name}` is also in context `{}`", other.context),
                    )
                    .related(other.place.name, "the other one")
                    .help("a stream belongs to one context; rename one of the two"),
                );
                continue;
            }
            let stream = self.stream(name, context, stream, &path, place);
            model.streams.insert(name.clone(), stream);
        }
    }

    pub(super) fn stream(
        &self,
        name: &str,
        context: &str,
        own: &format::Stream,
        path: &[&str],
        place: Place,
    ) -> Stream {
        let defaults = &self.tree.catalogue.defaults;
        let key_path: Vec<&str> = path.iter().copied().chain(["partition_key"]).collect();
        let (key, key_path) = match &own.partition_key {
            Some(key) => (Some(key), key_path.as_slice()),
            None => (defaults.partition_key.as_ref(), ["defaults", "partition_key"].as_slice()),
        };
        let span = self.span(key_path);
        let retention = own.retention.or(defaults.retention);
        let dead_letter = own.dead_letter.or(defaults.dead_letter);
        Stream {
            name: name.to_owned(),
            context: context.to_owned(),
            summary: own.summary.clone(),
            description: own.description.clone(),
            partitions: own.partitions.or(defaults.partitions).unwrap_or(DEFAULT_PARTITIONS),
            partition_key: key
                .map(OneOrMany::as_slice)
                .unwrap_or_default()
                .iter()
                .filter_map(|part| key_path_of(part, span))
                .collect(),
            retention: retention
                .map_or_else(Retention::default, |r| Retention { max_age: r.max_age, max_bytes: r.max_bytes }),
            dead_letter: dead_letter.map(|d| DeadLetter {
                retention: Retention { max_age: d.max_age, max_bytes: d.max_bytes },
                then: d.then,
            }),
            implicit: false,
            carries: BTreeSet::new(),
            place,
        }
    }

    /// Every key path must lead to something that all events of the stream have.
    pub(super) fn keys(&mut self, model: &Model) {
        for stream in model.streams.values() {
            for key in &stream.partition_key {
                let KeySource::Data(path) = &key.source else { continue };
                for (_, version) in stream.carries.iter().filter_map(|id| model.version(id)) {
                    if version.payload.shape_at(path).is_none() {
                        let fields: Vec<String> =
                            version.payload.fields().iter().map(|f| format!("data.{}", f.path)).collect();
                        let written = key.source.to_string();
                        let help = suggest::nearest(&written, fields.iter().map(String::as_str)).map_or_else(
                            || "name a field that every event of the stream has".to_owned(),
                            |near| format!("did you mean `{near}`?"),
                        );
                        self.out.push(
                            Diagnostic::new(
                                &rule::invalid_key_path::META,
                                key.span,
                                format!(
                                    "`{}` has no `{written}`, which is the partition key of stream `{}`",
                                    version.payload.root, stream.name
                                ),
                            )
                            .related(version.place.name, "this version")
                            .help(help),
                        );
                    }
                }
            }
        }
        for (path, keys) in self.key_paths() {
            for key in keys.as_slice() {
                let span = self.span(&path.iter().map(String::as_str).collect::<Vec<_>>());
                if key_path_of(key, span).is_none() {
                    self.out.push(
                        Diagnostic::new(&rule::invalid_key_path::META, span, format!("`{key}` is not a key"))
                            .help("write `tenant_id`, `correlation_id`, or a payload field such as `data.order_id`"),
                    );
                }
            }
        }
    }

    /// Every partition key as written, with its path.
    fn key_paths(&self) -> Vec<(Vec<String>, OneOrMany<String>)> {
        let catalogue = &self.tree.catalogue;
        let path = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
        let of_streams = catalogue.contexts.iter().flat_map(|(context, body)| {
            body.streams.iter().filter_map(move |(stream, settings)| {
                Some((
                    path(&["contexts", context, "streams", stream, "partition_key"]),
                    settings.partition_key.clone()?,
                ))
            })
        });
        let default = catalogue.defaults.partition_key.clone().map(|key| (path(&["defaults", "partition_key"]), key));
        default.into_iter().chain(of_streams).collect()
    }
}

/// `tenant_id`, `correlation_id` or `data.a.b`.
pub(super) fn key_path_of(text: &str, span: Span) -> Option<KeyPath> {
    let source = match text {
        "tenant_id" => KeySource::Tenant,
        "correlation_id" => KeySource::Correlation,
        _ => {
            let path: Vec<String> = text.strip_prefix("data.")?.split('.').map(str::to_owned).collect();
            if path.iter().any(String::is_empty) {
                return None;
            }
            KeySource::Data(path)
        }
    };
    Some(KeyPath { source, span })
}
