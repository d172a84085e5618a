//! Services, projections and flows: who takes part, and what for.

use super::Resolver;
use super::streams::key_path_of;
use crate::diagnostic::Diagnostic;
use crate::format::{self, Duration, OneOrMany};
use crate::model::{Compensation, Flow, KeySource, Model, Place, Projection, Service, Step};
use crate::rules::reference as rule;
use crate::source::Span;

/// Seconds.
const DEFAULT_RETRY: [u64; 5] = [1, 5, 30, 120, 600];

impl Resolver<'_> {
    pub(super) fn services(&mut self, model: &mut Model) {
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

    pub(super) fn flows(&mut self, model: &mut Model) {
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
