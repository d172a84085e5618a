//! What the pictures show: who sends what to whom, and the steps of flows.

use std::collections::BTreeMap;

use tidings_generator::model::{Context, Event, EventVersion, Flow, Model, Selection, Service, Stream};

use super::graph::Graph;
use super::html;

/// Most nodes of a picture; with more, it would show nothing any more.
const MOST: usize = 200;

fn service_node(graph: &mut Graph, from: &str, service: &Service) -> usize {
    let href = html::link(from, &format!("{}docs/services/{}.md", html::root(from), service.name));
    let title = service.summary.as_ref().map_or_else(|| service.name.clone(), |it| format!("{}: {it}", service.name));
    graph.node("service", &service.name, Some(href), &title)
}

fn event_node(graph: &mut Graph, from: &str, event: &Event) -> usize {
    let href = html::link(from, &format!("{}docs/events/{}.md", html::root(from), event.name));
    let title = event.summary.as_ref().map_or_else(|| event.name.clone(), |it| format!("{}: {it}", event.name));
    graph.node("event", &event.name, Some(href), &title)
}

/// Whether any version of an event is among these selections.
fn selects(selections: &[Selection], event: &str) -> bool {
    selections.iter().any(|selection| selection.versions.iter().any(|id| id.event == event))
}

/// All services, with a line from one to another that reads anything of it.
pub(super) fn overview(model: &Model, from: &str) -> Option<String> {
    let mut graph = Graph::default();
    let mut sent: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for event in model.events.values() {
        for publisher in model.services.values().filter(|it| selects(&it.publishes, &event.name)) {
            for consumer in model.services.values().filter(|it| selects(&it.consumes, &event.name)) {
                if publisher.name != consumer.name {
                    sent.entry((&publisher.name, &consumer.name)).or_default().push(&event.name);
                }
            }
        }
    }
    for ((publisher, consumer), events) in sent {
        let (Some(publisher), Some(consumer)) = (model.services.get(publisher), model.services.get(consumer)) else {
            continue;
        };
        let (one, other) = (service_node(&mut graph, from, publisher), service_node(&mut graph, from, consumer));
        let words = format!("{} sends {} to {}", publisher.name, events.join(", "), consumer.name);
        graph.edge(one, other, words, false);
    }
    let is_small = model.services.len() <= MOST;
    (is_small && !graph.is_empty()).then(|| graph.figure("picture", "Which service sends to which"))
}

/// The events of a context between who publishes and who consumes them.
pub(super) fn context(model: &Model, from: &str, context: &Context) -> Option<String> {
    let events: Vec<&Event> = model.events.values().filter(|event| event.context == context.name).collect();
    let title = format!("Who publishes and who consumes events of {}", context.name);
    of_events(model, from, &events, None, &title)
}

/// An event between who publishes and who consumes it.
pub(super) fn event(model: &Model, from: &str, event: &Event) -> Option<String> {
    let title = format!("Who publishes and who consumes {}", event.name);
    of_events(model, from, &[event], Some(&event.name), &title)
}

/// The events of a stream between who publishes and who consumes them.
pub(super) fn stream(model: &Model, from: &str, stream: &Stream) -> Option<String> {
    let mut names: Vec<&str> = stream.carries.iter().map(|EventVersion { event, .. }| event.as_str()).collect();
    names.dedup();
    let events: Vec<&Event> = names.into_iter().filter_map(|name| model.events.get(name)).collect();
    of_events(model, from, &events, None, &format!("Who publishes and who consumes events of stream {}", stream.name))
}

fn of_events(model: &Model, from: &str, events: &[&Event], here: Option<&str>, title: &str) -> Option<String> {
    let mut graph = Graph::default();
    let mut services = 0;
    for event in events {
        let node = event_node(&mut graph, from, event);
        if here == Some(event.name.as_str()) {
            graph.here(node);
        }
        for service in model.services.values() {
            if selects(&service.publishes, &event.name) {
                let publisher = service_node(&mut graph, from, service);
                graph.edge(publisher, node, format!("{} publishes {}", service.name, event.name), false);
                services += 1;
            }
        }
        for service in model.services.values().filter(|service| selects(&service.consumes, &event.name)) {
            // Who also publishes is drawn twice: lines then go one way.
            let href = html::link(from, &format!("{}docs/services/{}.md", html::root(from), service.name));
            let consumer = graph.node("service reader", &service.name, Some(href), &service.name);
            graph.edge(node, consumer, format!("{} consumes {}", service.name, event.name), false);
            services += 1;
        }
    }
    (services > 0 && events.len() <= MOST).then(|| graph.figure("picture", title))
}

/// A service between the events it consumes and those it publishes.
pub(super) fn service(model: &Model, from: &str, service: &Service) -> Option<String> {
    let mut graph = Graph::default();
    let here = service_node(&mut graph, from, service);
    graph.here(here);
    for event in model.events.values().filter(|event| selects(&service.consumes, &event.name)) {
        let node = event_node(&mut graph, from, event);
        graph.edge(node, here, format!("{} consumes {}", service.name, event.name), false);
    }
    for event in model.events.values().filter(|event| selects(&service.publishes, &event.name)) {
        let href = html::link(from, &format!("{}docs/events/{}.md", html::root(from), event.name));
        let node = graph.node("event published", &event.name, Some(href), &event.name);
        graph.edge(here, node, format!("{} publishes {}", service.name, event.name), false);
    }
    (!graph.is_empty()).then(|| graph.figure("picture", &format!("What {} consumes and publishes", service.name)))
}

/// The steps of a flow, with the events between them; what undoes a step is dashed.
pub(super) fn flow(model: &Model, from: &str, flow: &Flow) -> Option<String> {
    let mut graph = Graph::upright();
    let event = |graph: &mut Graph, name: &str| model.events.get(name).map(|event| event_node(graph, from, event));
    for (number, step) in flow.steps.iter().enumerate() {
        let href = html::link(from, &format!("{}docs/services/{}.md", html::root(from), step.service));
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
