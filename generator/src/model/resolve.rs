//! Names to what they stand for, defaults to values.

mod names;
mod selection;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Diagnostic;
use crate::format::{self, OneOrMany};
use crate::load::Tree;
use crate::model::{
    Allow, Compensation, Context, DeadLetter, Event, EventVersion, Flow, KeyPath, KeySource, Lints, Model, Place,
    Projection, Retention, Service, Step, Stream, Team, Version,
};
use crate::payload::{self, Scope, SharedTypes};
use crate::rules::reference as rule;
use crate::source::Span;
use crate::suggest;
use crate::yaml::Node;

use format::{ByteSize, Duration};

const DEFAULT_PARTITIONS: u32 = 3;
const DEFAULT_PAYLOAD_BUDGET: ByteSize = ByteSize(64_000);
const DEFAULT_CHOREOGRAPHY_STEPS: u32 = 3;
const DEFAULT_RETRY: [u64; 5] = [1, 5, 30, 120, 600];

/// Resolves a catalogue. Parts with errors are left out of the model; a model made with errors is good for further
/// checks and not for generating.
#[must_use]
pub fn resolve(tree: &Tree) -> (Model, Vec<Diagnostic>) {
    let mut resolver = Resolver { tree, out: Vec::new() };
    let model = resolver.model();
    (model, resolver.out)
}

struct Resolver<'a> {
    tree: &'a Tree,
    out: Vec<Diagnostic>,
}

impl Resolver<'_> {
    fn model(&mut self) -> Model {
        let catalogue = &self.tree.catalogue;
        let mut model = Model {
            name: catalogue.name.clone(),
            summary: catalogue.summary.clone(),
            description: catalogue.description.clone(),
            tenancy: catalogue.tenancy.as_ref().map(|tenancy| tenancy.mode),
            teams: self.teams(),
            contexts: BTreeMap::new(),
            streams: BTreeMap::new(),
            events: BTreeMap::new(),
            services: BTreeMap::new(),
            projections: BTreeMap::new(),
            flows: BTreeMap::new(),
            types: self.types(),
            lints: self.lints(),
            allows: self.allows(),
        };
        for (name, context) in &catalogue.contexts {
            let path = ["contexts", name.as_str()];
            self.kebab(&path, "context");
            self.team(context.team.as_deref(), &path);
            let place = self.place(&path);
            model.contexts.insert(
                name.clone(),
                Context {
                    name: name.clone(),
                    team: context.team.clone(),
                    summary: context.summary.clone(),
                    description: context.description.clone(),
                    place,
                },
            );
            self.streams(name, context, &mut model);
        }
        for (name, context) in &catalogue.contexts {
            self.events(name, context, &mut model);
        }
        names::check(&model, &mut self.out);
        self.keys(&model);
        self.services(&mut model);
        self.flows(&mut model);
        model
    }

    fn node(&self, path: &[&str]) -> Option<&Node> {
        self.tree.root.at(path.iter().copied())
    }

    fn span(&self, path: &[&str]) -> Span {
        self.node(path).map_or(self.tree.root.span, |node| node.span)
    }

    /// Place of the entry at `path`.
    fn place(&self, path: &[&str]) -> Place {
        let entry = path.split_last().and_then(|(last, parents)| self.node(parents)?.entry(last));
        let root = self.tree.root.span;
        entry.map_or(Place { name: root, whole: root }, |entry| {
            let (name, body) = (entry.key_span, entry.value.span);
            // The key of an included context stands inside its body.
            let whole = if name.file == body.file {
                Span { file: name.file, start: name.start.min(body.start), end: name.end.max(body.end) }
            } else {
                body
            };
            Place { name, whole }
        })
    }

    fn kebab(&mut self, path: &[&str], what: &str) {
        let name = path.last().copied().unwrap_or_default();
        if !names::is_kebab(name) {
            self.out.push(
                Diagnostic::new(
                    &rule::invalid_name::META,
                    self.place(path).name,
                    format!("`{name}` cannot be the name of a {what}"),
                )
                .help(names::kebab_help(name)),
            );
        }
    }

    fn teams(&mut self) -> BTreeMap<String, Team> {
        let mut teams = BTreeMap::new();
        for (id, team) in &self.tree.catalogue.teams {
            self.kebab(&["teams", id], "team");
            teams.insert(
                id.clone(),
                Team {
                    id: id.clone(),
                    name: team.name.clone(),
                    email: team.email.clone(),
                    on_call: team.on_call.clone(),
                    chat: team.chat.clone(),
                    github: team.github.clone(),
                    place: self.place(&["teams", id]),
                },
            );
        }
        teams
    }

    /// Reports a team that does not exist; `owner` is what names it.
    fn team(&mut self, team: Option<&str>, owner: &[&str]) {
        if let Some(team) = team {
            let path: Vec<&str> = owner.iter().copied().chain(["team"]).collect();
            let teams = &self.tree.catalogue.teams;
            self.known("team", team, self.span(&path), teams.keys().map(String::as_str), "declare it under `teams`");
        }
    }

    /// Reports `name` unless it is among `known`.
    fn known<'n>(
        &mut self,
        what: &str,
        name: &str,
        span: Span,
        known: impl Iterator<Item = &'n str> + Clone,
        otherwise: &str,
    ) -> bool {
        // What could not be understood has an error of its own.
        if self.tree.cut.contains(name) || known.clone().any(|candidate| candidate == name) {
            return true;
        }
        if self.tree.cut.contains(name) {
            return false;
        }
        let help = suggest::nearest(name, known)
            .map_or_else(|| otherwise.to_owned(), |near| format!("did you mean `{near}`?"));
        self.out.push(
            Diagnostic::new(&rule::unknown_reference::META, span, format!("there is no {what} `{name}`")).help(help),
        );
        false
    }

    fn types(&mut self) -> SharedTypes {
        let mut types = SharedTypes::default();
        if let Some(node) = self.tree.root.get("types") {
            types.declare(&Scope::Catalogue, node, &mut self.out);
        }
        for context in self.tree.root.get("contexts").map(Node::entries).unwrap_or_default() {
            if let Some(node) = context.value.get("types") {
                types.declare(&Scope::Context(context.key.clone()), node, &mut self.out);
            }
        }
        types.understand(&mut self.out);
        types
    }

    fn lints(&self) -> Lints {
        let lints = &self.tree.catalogue.lints;
        Lints {
            severity: lints
                .severity
                .iter()
                .map(|(rule, severity)| (rule.clone(), (*severity, self.place(&["lints", "severity", rule]).name)))
                .collect(),
            payload_budget: lints.payload_budget.unwrap_or(DEFAULT_PAYLOAD_BUDGET),
            choreography_steps: lints.choreography_steps.unwrap_or(DEFAULT_CHOREOGRAPHY_STEPS) as usize,
        }
    }

    /// Every `allow`, wherever it stands, with what it covers.
    fn allows(&self) -> Vec<Allow> {
        let mut allows = Vec::new();
        let mut open: Vec<(&Node, usize)> = vec![(&self.tree.root, 0)];
        while let Some((node, depth)) = open.pop() {
            for entry in node.entries() {
                let is_schema = matches!(entry.key.as_str(), "data" | "types" | "examples");
                if entry.key == "allow" {
                    let scope = (depth > 0).then_some(node.span);
                    allows.extend(entry.value.items().iter().filter_map(|item| {
                        let allow: format::Allow = serde_json::from_value(item.to_json()).ok()?;
                        Some(Allow {
                            rule: allow.rule,
                            reason: allow.reason,
                            expires: allow.expires,
                            scope,
                            span: item.span,
                        })
                    }));
                } else if !is_schema {
                    open.push((&entry.value, depth + 1));
                }
            }
        }
        allows.sort_by_key(|allow| allow.span);
        allows
    }

    fn streams(&mut self, context: &str, body: &format::Context, model: &mut Model) {
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

    fn stream(&self, name: &str, context: &str, own: &format::Stream, path: &[&str], place: Place) -> Stream {
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

    fn events(&mut self, context: &str, body: &format::Context, model: &mut Model) {
        for (name, event) in &body.events {
            let path = ["contexts", context, "events", name.as_str()];
            let place = self.place(&path);
            self.team(event.team.as_deref(), &path);
            let Some(type_name) = names::event_type_name(name) else {
                self.out.push(
                    Diagnostic::new(&rule::invalid_name::META, place.name, format!("`{name}` cannot be an event type"))
                        .help("write lower-case words joined by `.` and `_`: `order.placed`, `stock.ran_out`"),
                );
                continue;
            };
            if let Some(other) = model.events.get(name) {
                self.out.push(
                    Diagnostic::new(
                        &rule::conflicting_name::META,
                        place.name,
                        format!("event `{name}` is also in context `{}`", other.context),
                    )
                    .related(other.place.name, "the other one")
                    .help("an event belongs to one context; rename one of the two"),
                );
                continue;
            }
            let mut versions = BTreeMap::new();
            for (number, version) in &event.versions {
                if let Some(version) = self.version(&path, *number, version, event, &type_name, model) {
                    versions.insert(*number, version);
                }
            }
            if versions.is_empty() {
                continue;
            }
            let defaults = &self.tree.catalogue.defaults;
            model.events.insert(
                name.clone(),
                Event {
                    name: name.clone(),
                    type_name,
                    context: context.to_owned(),
                    team: event.team.clone().or_else(|| body.team.clone()),
                    aggregate: event.aggregate.clone(),
                    summary: event.summary.clone(),
                    description: event.description.clone(),
                    classification: event.classification,
                    compatibility: event.compatibility.or(defaults.compatibility).unwrap_or_default(),
                    versions,
                    place,
                },
            );
        }
    }

    fn version(
        &mut self,
        event_path: &[&str; 4],
        number: u32,
        version: &format::Version,
        event: &format::Event,
        type_name: &str,
        model: &mut Model,
    ) -> Option<Version> {
        let [_, context, _, name] = *event_path;
        let key = number.to_string();
        let path: Vec<&str> = event_path.iter().copied().chain(["versions", key.as_str()]).collect();
        let place = self.place(&path);
        if number == 0 {
            self.out.push(
                Diagnostic::new(&rule::invalid_version::META, place.name, "versions count from 1").help("call it `1`"),
            );
            return None;
        }
        let stream = self.stream_of(event_path, &path, number, version, event, model);
        let data: Vec<&str> = path.iter().copied().chain(["data"]).collect();
        let schema = self.node(&data)?.clone();
        let (payload, mut found) = payload::parse(&schema, &format!("{type_name}V{number}"), context, &model.types);
        self.out.append(&mut found);
        let (stream, payload) = (stream?, payload?);
        if let Some(stream) = model.streams.get_mut(&stream) {
            stream.carries.insert(EventVersion { event: name.to_owned(), version: number });
        }
        Some(Version {
            number,
            status: version.status,
            since: version.since,
            sunset: version.sunset,
            changes: version.changes.clone(),
            stream,
            payload,
            examples: version.examples.clone(),
            place,
        })
    }

    /// The stream that carries a version; an unnamed one is made if it is not declared.
    fn stream_of(
        &mut self,
        event_path: &[&str; 4],
        version_path: &[&str],
        number: u32,
        version: &format::Version,
        event: &format::Event,
        model: &mut Model,
    ) -> Option<String> {
        let [_, context, _, name] = *event_path;
        let (named, owner) = match (&version.stream, &event.stream) {
            (Some(named), _) => (named, version_path),
            (None, Some(named)) => (named, event_path.as_slice()),
            (None, None) => {
                let own = format!("{name}.v{number}");
                if !model.streams.contains_key(&own) {
                    let place = self.place(version_path);
                    let mut stream = self.stream(&own, context, &format::Stream::default(), &[], place);
                    stream.implicit = true;
                    model.streams.insert(own.clone(), stream);
                }
                return Some(own);
            }
        };
        let span = self.span(&owner.iter().copied().chain(["stream"]).collect::<Vec<_>>());
        let known = model.streams.keys().map(String::as_str);
        if !self.known("stream", named, span, known, &format!("declare it under `streams` of context `{context}`")) {
            return None;
        }
        let stream = model.streams.get(named)?;
        if stream.context != context {
            self.out.push(
                Diagnostic::new(
                    &rule::unknown_reference::META,
                    span,
                    format!("stream `{named}` belongs to context `{}`", stream.context),
                )
                .related(stream.place.name, "declared here")
                .why("the owner of a stream decides what is on it")
                .help(format!("declare a stream in context `{context}`, or move the event")),
            );
            return None;
        }
        Some(named.clone())
    }

    /// Every key path must lead to something that all events of the stream have.
    fn keys(&mut self, model: &Model) {
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

    fn services(&mut self, model: &mut Model) {
        let catalogue = &self.tree.catalogue;
        let fallback = || DEFAULT_RETRY.map(|seconds| Duration(std::time::Duration::from_secs(seconds))).to_vec();
        for (name, service) in &catalogue.services {
            let path = ["services", name.as_str()];
            self.kebab(&path, "service");
            self.team(service.team.as_deref(), &path);
            let publishes = self.selections(&["services", name, "publishes"], &service.publishes, model);
            let consumes = self.selections(&["services", name, "consumes"], &service.consumes, model);
            model.services.insert(
                name.clone(),
                Service {
                    name: name.clone(),
                    team: service.team.clone(),
                    summary: service.summary.clone(),
                    description: service.description.clone(),
                    publishes,
                    consumes,
                    dedup: service.dedup,
                    dedup_window: service.dedup_window,
                    lag_budget: service.lag_budget,
                    retry: service.retry.clone().or_else(|| catalogue.defaults.retry.clone()).unwrap_or_else(fallback),
                    place: self.place(&path),
                },
            );
        }
        for (name, projection) in &catalogue.projections {
            let path = ["projections", name.as_str()];
            self.kebab(&path, "projection");
            let services = catalogue.services.keys().map(String::as_str);
            let span = self.span(&["projections", name, "service"]);
            self.known("service", &projection.service, span, services, "declare it under `services`");
            let from = self.selections(&["projections", name, "from"], &projection.from, model);
            model.projections.insert(
                name.clone(),
                Projection {
                    name: name.clone(),
                    service: projection.service.clone(),
                    summary: projection.summary.clone(),
                    from,
                    lag_budget: projection.lag_budget,
                    place: self.place(&path),
                },
            );
        }
    }

    fn flows(&mut self, model: &mut Model) {
        let catalogue = &self.tree.catalogue;
        for (name, flow) in &catalogue.flows {
            let path = ["flows", name.as_str()];
            self.kebab(&path, "flow");
            let services: Vec<&str> = catalogue.services.keys().map(String::as_str).collect();
            if let Some(orchestrator) = &flow.orchestrator {
                let span = self.span(&["flows", name, "orchestrator"]);
                self.known("service", orchestrator, span, services.iter().copied(), "declare it under `services`");
            }
            let mut steps = Vec::with_capacity(flow.steps.len());
            for (index, step) in flow.steps.iter().enumerate() {
                let index = index.to_string();
                let at = ["flows", name, "steps", index.as_str()];
                let whole = self.span(&at);
                let of = |key| at.iter().copied().chain([key]).collect::<Vec<&str>>();
                let span = self.span(&of("service"));
                self.known("service", &step.service, span, services.iter().copied(), "declare it under `services`");
                let on = self.event_names(&of("on"), &step.on, model);
                let emits = self.event_names(&of("emits"), &step.emits, model);
                let compensation = step.compensation.as_ref().map(|compensation| {
                    let of = |key| at.iter().copied().chain(["compensation", key]).collect::<Vec<&str>>();
                    Compensation {
                        on: self.event_names(&of("on"), &compensation.on, model),
                        emits: self.event_names(&of("emits"), &compensation.emits, model),
                    }
                });
                steps.push(Step {
                    name: step.name.clone(),
                    service: step.service.clone(),
                    on,
                    emits,
                    compensation,
                    timeout: step.timeout,
                    place: Place { name: self.span(&of("name")), whole },
                });
            }
            let correlation = self.correlation(name, flow);
            model.flows.insert(
                name.clone(),
                Flow {
                    name: name.clone(),
                    summary: flow.summary.clone(),
                    description: flow.description.clone(),
                    style: flow.style,
                    orchestrator: flow.orchestrator.clone(),
                    correlation,
                    steps,
                    place: self.place(&path),
                },
            );
        }
    }

    fn correlation(&mut self, flow: &str, body: &format::Flow) -> Option<Vec<String>> {
        let span = self.span(&["flows", flow, "correlation"]);
        match key_path_of(body.correlation.as_deref()?, span).map(|key| key.source) {
            Some(KeySource::Data(path)) => Some(path),
            _ => {
                self.out.push(
                    Diagnostic::new(&rule::invalid_key_path::META, span, "a flow is correlated by a payload field")
                        .help("write `data.order_id`; leave it out to use the envelope's `correlation_id`"),
                );
                None
            }
        }
    }

    fn event_names(&mut self, path: &[&str], names: &OneOrMany<String>, model: &Model) -> Vec<String> {
        let whole = self.span(path);
        let spans: Vec<Span> =
            self.node(path).map(|node| node.items().iter().map(|item| item.span).collect()).unwrap_or_default();
        let known = |name: &&String| model.events.contains_key(*name);
        for (index, name) in names.as_slice().iter().enumerate().filter(|(_, name)| !known(name)) {
            if self.declares(name) {
                continue;
            }
            let span = spans.get(index).copied().unwrap_or(whole);
            self.known("event", name, span, model.events.keys().map(String::as_str), "declare it in a context");
        }
        names.as_slice().iter().filter(known).cloned().collect()
    }

    /// Whether the catalogue declares this event, understood or not.
    fn declares(&self, event: &str) -> bool {
        self.tree.catalogue.contexts.values().any(|context| context.events.contains_key(event))
    }
}

/// `tenant_id`, `correlation_id` or `data.a.b`.
fn key_path_of(text: &str, span: Span) -> Option<KeyPath> {
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
