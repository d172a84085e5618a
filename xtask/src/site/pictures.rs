//! What the pictures show: who sends what to whom, and the steps of flows.

use std::collections::{BTreeMap, BTreeSet};

use tidings_generator::model::{Context, Event, EventVersion, Flow, Model, Selection, Service, Stream};

use super::graph::Graph;
use super::html;

/// Most nodes of a picture; with more, it would show nothing any more.
const MOST: usize = 200;

/// Where the page of something is: relative to that of the picture.
fn page(from: &str, folder: &str, name: &str) -> String {
    html::link(from, &format!("{}docs/{folder}/{name}.md", html::root(from)))
}

fn service_node(graph: &mut Graph, from: &str, service: &Service) -> usize {
    let href = page(from, "services", &service.name);
    let title = service.summary.as_ref().map_or_else(|| service.name.clone(), |it| format!("{}: {it}", service.name));
    graph.node("service", &service.name, Some(href), &title)
}

fn event_node(graph: &mut Graph, from: &str, event: &Event) -> usize {
    let href = page(from, "events", &event.name);
    let title = event.summary.as_ref().map_or_else(|| event.name.clone(), |it| format!("{}: {it}", event.name));
    graph.node("event", &event.name, Some(href), &title)
}

/// Who publishes and who consumes each event, in any version.
#[derive(Debug)]
pub(super) struct Who<'m> {
    publishers: BTreeMap<&'m str, Vec<&'m Service>>,
    consumers: BTreeMap<&'m str, Vec<&'m Service>>,
}

impl<'m> Who<'m> {
    pub(super) fn of(model: &'m Model) -> Self {
        let services = || model.services.values();
        Self {
            publishers: by_event(services().map(|service| (service, service.publishes.as_slice()))),
            consumers: by_event(services().map(|service| (service, service.consumes.as_slice()))),
        }
    }

    fn publishers(&self, event: &str) -> &[&'m Service] {
        self.publishers.get(event).map_or(&[], Vec::as_slice)
    }

    fn consumers(&self, event: &str) -> &[&'m Service] {
        self.consumers.get(event).map_or(&[], Vec::as_slice)
    }
}

fn by_event<'m>(services: impl Iterator<Item = (&'m Service, &'m [Selection])>) -> BTreeMap<&'m str, Vec<&'m Service>> {
    let mut by_event: BTreeMap<&str, Vec<&Service>> = BTreeMap::new();
    for (service, selections) in services {
        let events = selections.iter().flat_map(|selection| &selection.versions).map(|id| id.event.as_str());
        for event in events.collect::<BTreeSet<&str>>() {
            by_event.entry(event).or_default().push(service);
        }
    }
    by_event
}

/// Events that a service publishes or consumes, each once.
fn events_of<'m>(model: &'m Model, selections: &[Selection]) -> Vec<&'m Event> {
    let names: BTreeSet<&str> =
        selections.iter().flat_map(|selection| &selection.versions).map(|id| id.event.as_str()).collect();
    names.into_iter().filter_map(|name| model.events.get(name)).collect()
}

/// All services, with a line from one to another that reads anything of it.
pub(super) fn overview(model: &Model, who: &Who<'_>, from: &str) -> Option<String> {
    if model.services.len() > MOST {
        return None;
    }
    let mut sent: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for event in model.events.keys() {
        for publisher in who.publishers(event) {
            for consumer in who.consumers(event).iter().filter(|consumer| consumer.name != publisher.name) {
                sent.entry((&publisher.name, &consumer.name)).or_default().push(event);
            }
        }
    }
    let mut graph = Graph::default();
    for ((publisher, consumer), events) in sent {
        let (Some(publisher), Some(consumer)) = (model.services.get(publisher), model.services.get(consumer)) else {
            continue;
        };
        let (one, other) = (service_node(&mut graph, from, publisher), service_node(&mut graph, from, consumer));
        let words = format!("{} sends {} to {}", publisher.name, events.join(", "), consumer.name);
        graph.edge(one, other, words, false);
    }
    (!graph.is_empty()).then(|| graph.figure("picture", "Which service sends to which"))
}

/// The events of a context between who publishes and who consumes them.
pub(super) fn context(model: &Model, who: &Who<'_>, from: &str, context: &Context) -> Option<String> {
    let events: Vec<&Event> = model.events.values().filter(|event| event.context == context.name).collect();
    let title = format!("Who publishes and who consumes events of {}", context.name);
    of_events(who, from, &events, None, &title)
}

/// An event between who publishes and who consumes it.
pub(super) fn event(who: &Who<'_>, from: &str, event: &Event) -> Option<String> {
    let title = format!("Who publishes and who consumes {}", event.name);
    of_events(who, from, &[event], Some(&event.name), &title)
}

/// The events of a stream between who publishes and who consumes them.
pub(super) fn stream(model: &Model, who: &Who<'_>, from: &str, stream: &Stream) -> Option<String> {
    let mut names: Vec<&str> = stream.carries.iter().map(|EventVersion { event, .. }| event.as_str()).collect();
    names.dedup();
    let events: Vec<&Event> = names.into_iter().filter_map(|name| model.events.get(name)).collect();
    of_events(who, from, &events, None, &format!("Who publishes and who consumes events of stream {}", stream.name))
}

fn of_events(who: &Who<'_>, from: &str, events: &[&Event], here: Option<&str>, title: &str) -> Option<String> {
    let mut graph = Graph::default();
    for event in events {
        let node = event_node(&mut graph, from, event);
        if here == Some(event.name.as_str()) {
            graph.here(node);
        }
        for service in who.publishers(&event.name) {
            let publisher = service_node(&mut graph, from, service);
            graph.edge(publisher, node, format!("{} publishes {}", service.name, event.name), false);
        }
        for service in who.consumers(&event.name) {
            // Who also publishes is drawn twice: lines then go one way.
            let href = page(from, "services", &service.name);
            let consumer = graph.node("service reader", &service.name, Some(href), &service.name);
            graph.edge(node, consumer, format!("{} consumes {}", service.name, event.name), false);
        }
    }
    (!graph.is_empty() && events.len() <= MOST).then(|| graph.figure("picture", title))
}

/// A service between the events it consumes and those it publishes.
pub(super) fn service(model: &Model, from: &str, service: &Service) -> Option<String> {
    let mut graph = Graph::default();
    let here = service_node(&mut graph, from, service);
    graph.here(here);
    for event in events_of(model, &service.consumes) {
        let node = event_node(&mut graph, from, event);
        graph.edge(node, here, format!("{} consumes {}", service.name, event.name), false);
    }
    for event in events_of(model, &service.publishes) {
        let href = page(from, "events", &event.name);
        let node = graph.node("event published", &event.name, Some(href), &event.name);
        graph.edge(here, node, format!("{} publishes {}", service.name, event.name), false);
    }
    (!graph.is_empty() && graph.len() <= MOST)
        .then(|| graph.figure("picture", &format!("What {} consumes and publishes", service.name)))
}

/// The steps of a flow, with the events between them; what undoes a step is dashed.
pub(super) fn flow(model: &Model, from: &str, flow: &Flow) -> Option<String> {
    let mut graph = Graph::upright();
    let event = |graph: &mut Graph, name: &str| model.events.get(name).map(|event| event_node(graph, from, event));
    for (number, step) in flow.steps.iter().enumerate() {
        let href = page(from, "services", &step.service);
        let label = format!("{}. {}", number + 1, step.name);
        let node = graph.node("service", &label, Some(href.clone()), &format!("{} by {}", step.name, step.service));
        for name in &step.on {
            if let Some(on) = event(&mut graph, name) {
                graph.edge(on, node, format!("{name} begins {}", step.name), false);
            }
        }
        for name in &step.emits {
            if let Some(emits) = event(&mut graph, name) {
                graph.edge(node, emits, format!("{} ends with {name}", step.name), false);
            }
        }
        let Some(compensation) = &step.compensation else { continue };
        let label = format!("undo {}", step.name);
        let undo = graph.node("undo", &label, Some(href), &format!("{} undoes {}", step.service, step.name));
        for name in &compensation.on {
            if let Some(on) = event(&mut graph, name) {
                graph.edge(on, undo, format!("{name} undoes {}", step.name), true);
            }
        }
        for name in &compensation.emits {
            if let Some(emits) = event(&mut graph, name) {
                graph.edge(undo, emits, format!("{} is undone with {name}", step.name), true);
            }
        }
    }
    (!graph.is_empty()).then(|| graph.figure("picture", &format!("The steps of {}", flow.name)))
}
