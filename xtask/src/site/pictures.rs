//! What the pictures show: who sends what to whom, and the steps of flows.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, NaiveDate};
use tidings_generator::emit::anchor;
use tidings_generator::model::{
    Context, Event, EventVersion, Flow, Model, Retention, Selection, Service, Status, Stream, Version,
};
use tidings_generator::topology::SuperStream;

use super::chart::{Bar, Chart};
use super::graph::Graph;
use super::html;

/// Most nodes of a picture; with more, it would show nothing any more.
const MOST: usize = 200;

/// A picture that is not drawn yet.
#[derive(Debug)]
pub(super) enum Picture {
    Graph(Graph, String),
    Chart(Chart, String),
}

impl Picture {
    /// The picture as a figure.
    pub(super) fn figure(&self) -> String {
        match self {
            Self::Graph(graph, title) => graph.figure("picture", title),
            Self::Chart(chart, title) => chart.figure("chart", title),
        }
    }
}

/// A graph, unless nothing is connected in it.
fn drawn(graph: Graph, title: String) -> Option<Picture> {
    (!graph.is_empty()).then_some(Picture::Graph(graph, title))
}

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
pub(super) fn overview(model: &Model, who: &Who<'_>, from: &str) -> Option<Picture> {
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
    drawn(graph, "Which service sends to which".to_owned())
}

/// The events of a context between who publishes and who consumes them.
pub(super) fn context(model: &Model, who: &Who<'_>, from: &str, context: &Context) -> Option<Picture> {
    let events: Vec<&Event> = model.events.values().filter(|event| event.context == context.name).collect();
    let title = format!("Who publishes and who consumes events of {}", context.name);
    of_events(who, from, &events, None, &title)
}

/// An event between who publishes and who consumes it.
pub(super) fn event(who: &Who<'_>, from: &str, event: &Event) -> Option<Picture> {
    let title = format!("Who publishes and who consumes {}", event.name);
    of_events(who, from, &[event], Some(&event.name), &title)
}

/// The events of a stream between who publishes and who consumes them.
pub(super) fn stream(model: &Model, who: &Who<'_>, from: &str, stream: &Stream) -> Option<Picture> {
    let mut names: Vec<&str> = stream.carries.iter().map(|EventVersion { event, .. }| event.as_str()).collect();
    names.dedup();
    let events: Vec<&Event> = names.into_iter().filter_map(|name| model.events.get(name)).collect();
    of_events(who, from, &events, None, &format!("Who publishes and who consumes events of stream {}", stream.name))
}

fn of_events(who: &Who<'_>, from: &str, events: &[&Event], here: Option<&str>, title: &str) -> Option<Picture> {
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
    drawn(graph, title.to_owned()).filter(|_| events.len() <= MOST)
}

/// A service between the events it consumes and those it publishes.
pub(super) fn service(model: &Model, from: &str, service: &Service) -> Option<Picture> {
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
    let is_readable = graph.len() <= MOST;
    drawn(graph, format!("What {} consumes and publishes", service.name)).filter(|_| is_readable)
}

/// The steps of a flow, with the events between them; what undoes a step is dashed.
pub(super) fn flow(model: &Model, from: &str, flow: &Flow) -> Option<Picture> {
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
    drawn(graph, format!("The steps of {}", flow.name))
}

/// Years below a picture, at most.
const MOST_TICKS: i32 = 8;

/// Partitions of a stream that are drawn, at most.
const MOST_PARTITIONS: usize = 12;

/// The partitions of a stream and its dead letters, and how long each keeps events.
pub(super) fn partitions(from: &str, stream: &Stream) -> Picture {
    let on_broker = SuperStream::of(stream);
    let dead_letters = stream.dead_letter.zip(on_broker.dead_letter.as_ref());
    let ages = [stream.retention.max_age, dead_letters.and_then(|(policy, _)| policy.retention.max_age)];
    let oldest = ages.into_iter().flatten().max();
    let longest = oldest.map_or(0.0, |age| age.0.as_secs_f64());
    let mut chart = Chart::default();
    let mut row = |kind, label: String, retention: Retention, href| {
        // What is kept for ever begins where the axis does.
        let age = retention.max_age.map(|age| age.0.as_secs_f64()).filter(|_| longest > 0.0);
        let begins = age.map_or(0.0, |age| 1.0 - age / longest);
        let text = match (retention.max_age, retention.max_bytes) {
            (Some(age), Some(bytes)) => format!("{age}, at most {bytes}"),
            (Some(age), None) => age.to_string(),
            (None, Some(bytes)) => format!("at most {bytes}"),
            (None, None) => "for ever".to_owned(),
        };
        let words = format!("{label} keeps events: {text}");
        chart.bar(Bar { kind, label, span: (begins, 1.0), text, href, words });
    };
    let names: Vec<String> = on_broker.partition_names().collect();
    let shown = if names.len() > MOST_PARTITIONS { MOST_PARTITIONS - 2 } else { names.len() };
    for name in &names[..shown] {
        row("event", name.clone(), stream.retention, None);
    }
    if let Some((last, between)) = names[shown..].split_last() {
        row("event", format!("{} more like them", between.len()), stream.retention, None);
        row("event", last.clone(), stream.retention, None);
    }
    if let Some((policy, queue)) = dead_letters {
        let runbook = format!("{}ops/dead-letters.md#{}", html::root(from), anchor(&format!("Stream {}", stream.name)));
        row("undo", queue.name.clone(), policy.retention, Some(html::link(from, &runbook)));
    }
    chart.tick(1.0, "now".to_owned());
    if let Some(age) = oldest {
        chart.tick(0.0, format!("{age} ago"));
    }
    Picture::Chart(chart, format!("Partitions of {}, and how long they keep events", stream.name))
}

/// When versions of an event begin and end; `None` where no version says when it began.
pub(super) fn timeline(event: &Event, today: NaiveDate) -> Option<Picture> {
    let dates = event.versions.values().flat_map(|version| [version.since, version.sunset]).flatten();
    let first = event.versions.values().filter_map(|version| version.since).min()?.min(today);
    let last = dates.chain([today]).max()?;
    let days = |from: NaiveDate, to: NaiveDate| -> f64 { (to - from).as_seconds_f64() / 86_400.0 };
    // Room behind what is known: an active version goes on.
    let length = (days(first, last) * 1.08).max(30.0);
    let at = |day: NaiveDate| (days(first, day) / length).clamp(0.0, 1.0);
    let mut chart = Chart::default();
    for version in event.versions.values().rev() {
        let from = version.since.map_or(0.0, at);
        let to = match (version.sunset, version.status) {
            (Some(sunset), _) => at(sunset),
            (None, Status::Retired) => at(today),
            (None, _) => 1.0,
        };
        chart.bar(Bar {
            kind: kind(version),
            label: format!("version {}", version.number),
            span: (from, to.max(from)),
            text: version.life(),
            href: Some(format!("#version-{}", version.number)),
            words: format!("version {} is {}{}", version.number, version.life(), since(version)),
        });
    }
    let step = usize::try_from((last.year() - first.year()) / MOST_TICKS).unwrap_or_default().max(1);
    for year in (first.year()..=last.year()).step_by(step) {
        let begins = NaiveDate::from_ymd_opt(year, 1, 1).filter(|day| *day > first).map(at);
        // Not where it would cover the word for today.
        if let Some(begins) = begins.filter(|begins| (begins - at(today)).abs() > 0.08) {
            chart.tick(begins, year.to_string());
        }
    }
    chart.tick(at(today), "today".to_owned());
    Some(Picture::Chart(chart, format!("When versions of {} begin and end", event.name)))
}

fn kind(version: &Version) -> &'static str {
    match version.status {
        Status::Active => "event",
        Status::Draft => "service",
        Status::Deprecated | Status::Retired => "undo",
    }
}

fn since(version: &Version) -> String {
    version.since.map_or_else(String::new, |day| format!(", since {day}"))
}
