//! Runs of a flow in a service at work: what it is told, and what it publishes of each run.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::TimeDelta;
use serde_json::Value;
use tidings::Message;
use tidings::clock::Clock as _;
use tidings_generator::model::{Event, Version};
use uuid::Uuid;

use super::delivery::{Deliveries, Delivery, at};
use super::run::{Failure, Run, Stage};
use crate::evidence::Fault;

/// A version of an event.
pub(super) type Versioned<'e> = (&'e Event, &'e Version);

/// The runs of a flow that are under way: by case, what is the same in all events of each.
pub(super) type Runs = BTreeMap<u64, Value>;

/// The longest that anybody waits for anything.
const CENTURY: TimeDelta = TimeDelta::days(36_500);

/// Runs of a flow in a service at work.
pub(super) struct FlowRuns<'e> {
    stage: Stage<'e>,
    deliveries: Deliveries<'e>,
    /// The payload field that tells runs apart; where there is none, the correlation id does.
    correlation: Option<&'e [String]>,
    pub(super) runs: Runs,
    /// What the service was told last.
    told: Vec<Delivery>,
    /// What it had published before the step began.
    before: HashSet<Uuid>,
}

impl<'e> FlowRuns<'e> {
    /// The service with nothing done yet.
    pub(super) async fn of(
        run: Run<'e>,
        deliveries: Deliveries<'e>,
        correlation: Option<&'e [String]>,
    ) -> Result<Self, Box<Fault>> {
        let stage = run.begin().await.map_err(|failure| fault(failure, &[]))?;
        Ok(Self { stage, deliveries, correlation, runs: Runs::new(), told: Vec::new(), before: HashSet::new() })
    }

    /// Tells the service of these events in each run there is, or in new ones where there is none, and returns the runs of
    /// which it was told all.
    pub(super) async fn tell(&mut self, versions: &[Versioned<'e>]) -> Result<Runs, Box<Fault>> {
        if versions.is_empty() {
            return Ok(self.runs.clone());
        }
        let made = self.deliveries.make(versions);
        let mut made = made.map_err(|(id, message)| Box::new(Fault::new(format!("`{id}`: {message}"))))?;
        // Where documents cannot speak of the same thing, there is no run.
        let mut of_case: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
        for delivery in &made {
            let Some(value) = self.value(&delivery.payload, || self.deliveries.correlation_id(delivery.case)) else {
                let name = self.correlation_name();
                let message = format!("`{}` has no `{name}`, which tells the runs of the flow apart", delivery.id);
                return Err(Box::new(delivery.shows(Fault::new(message).at(name))));
            };
            of_case.entry(delivery.case).or_default().push(value);
        }
        let is_first = self.runs.is_empty();
        let is_whole = |case: u64, values: &[Value]| {
            let is_one = values.len() == versions.len() && values.iter().all(|value| *value == values[0]);
            is_one && (is_first || self.runs.get(&case) == values.first())
        };
        of_case.retain(|case, values| is_whole(*case, values));
        let told: Runs =
            of_case.into_iter().filter_map(|(case, values)| Some((case, values.into_iter().next()?))).collect();
        made.retain(|delivery| told.contains_key(&delivery.case));
        let sent = self.stage.send(made.iter().map(|delivery| &delivery.message)).await;
        sent.map_err(|failure| fault(failure, &made))?;
        if is_first {
            self.runs.clone_from(&told);
        }
        self.told = made;
        Ok(told)
    }

    /// Begins runs by what is no event, with documents of the first of the events that it may lead to. Which run each is,
    /// the service says itself.
    pub(super) async fn begin(&mut self, leads_to: &[&'e Event]) -> Result<(), Box<Fault>> {
        let (Some(begin), Some(event)) = (self.stage.run.handling.beginning.clone(), leads_to.first()) else {
            return Ok(());
        };
        let id = event.latest().id(event);
        let documents = self.deliveries.documents(&id).map_err(|message| Fault::new(format!("`{id}`: {message}")))?;
        for (seed, document) in &documents {
            let begun = begin(self.stage.ground.clone(), document.clone()).await;
            begun.map_err(|error| {
                let fault = Fault::new(format!("what begins it fails: {error}")).shown_by(document.clone());
                Box::new(seed.iter().fold(fault, |fault, seed| fault.made_by(*seed)))
            })?;
        }
        self.settle().await?;
        let published = self.published();
        let leads_to: Vec<&str> = leads_to.iter().map(|event| event.name.as_str()).collect();
        let of_events = self.of_runs(&published).filter(|(message, _)| leads_to.contains(&message.event_type.as_str()));
        let values: BTreeSet<String> = of_events.map(|(_, value)| value.to_string()).collect();
        if values.len() < documents.len() {
            let (begun, ended, events) = (documents.len(), values.len(), leads_to.join("` or `"));
            let message = format!("it was begun {begun} times, and {ended} runs published `{events}`");
            return Err(Box::new(Fault::new(message)));
        }
        let values = values.iter().filter_map(|value| serde_json::from_str::<Value>(value).ok());
        self.runs = (0..).zip(values).collect();
        for (case, value) in &self.runs {
            self.deliveries.learn(*case, self.correlation, value.clone());
        }
        Ok(())
    }

    /// What is published from now on is of the step; what was before is not.
    pub(super) fn mark(&mut self) {
        self.before = self.stage.published().into_iter().map(|message| message.event_id).collect();
    }

    fn published(&self) -> Vec<Message> {
        let mut published = self.stage.published();
        published.retain(|message| !self.before.contains(&message.event_id));
        published
    }

    /// Lets the service work until it waits for nothing. Errors are shown by what it was told.
    pub(super) async fn settle(&self) -> Result<(), Box<Fault>> {
        let settled = async {
            self.stage.settle().await?;
            self.stage.until(None).await?;
            self.stage.refused().await.map(drop)
        };
        settled.await.map_err(|failure| fault(failure, &self.told))
    }

    /// Lets time pass, whatever comes of it.
    pub(super) async fn wait(&self, time: std::time::Duration) -> Result<(), Box<Fault>> {
        let time = TimeDelta::from_std(time).unwrap_or(CENTURY).min(CENTURY);
        let end = self.stage.ground.clock.now() + time;
        let waited = async {
            self.stage.settle().await?;
            self.stage.until(Some(end)).await
        };
        waited.await.map_err(|failure| fault(failure, &self.told))
    }

    /// The first of these runs in which the service has published a wrong number of these events, and the number.
    pub(super) fn wrong(
        &self,
        runs: &Runs,
        events: &[String],
        is_wrong: impl Fn(usize) -> bool,
    ) -> Option<(u64, usize)> {
        let published = self.published();
        let of_events: Vec<_> =
            self.of_runs(&published).filter(|(message, _)| events.contains(&message.event_type)).collect();
        let count = |value: &Value| of_events.iter().filter(|(_, it)| it == value).count();
        runs.iter().map(|(case, value)| (*case, count(value))).find(|(_, count)| is_wrong(*count))
    }

    /// The highest number of these events that the service has published of one of these runs.
    pub(super) fn most(&self, runs: &Runs, events: &[String]) -> usize {
        let mut most = 0;
        while self.wrong(runs, events, |count| count > most).is_some() {
            most += 1;
        }
        most
    }

    /// The payload of the first event of this type that the service has published of no run there is.
    pub(super) fn stray(&self, event: &str) -> Option<Value> {
        let published = self.published();
        let mut of_event = self.of_runs(&published).filter(|(message, _)| message.event_type == event);
        let stray = of_event.find(|(_, value)| !self.runs.values().any(|run| run == value));
        stray.map(|(message, _)| serde_json::from_slice(&message.payload).unwrap_or_default())
    }

    /// What the service has published of a run, in words.
    pub(super) fn instead(&self, case: Option<u64>) -> String {
        let published = self.published();
        let run = case.and_then(|case| self.runs.get(&case));
        let of_run = self.of_runs(&published).filter(|(_, value)| Some(value) == run);
        let mut of_run: Vec<&str> = of_run.map(|(message, _)| message.event_type.as_str()).collect();
        of_run.dedup();
        match of_run.as_slice() {
            [] if published.is_empty() => "it published nothing".to_owned(),
            [] => format!("what it published has not its `{}`", self.correlation_name()),
            some => format!("it published `{}`", some.join("`, `")),
        }
    }

    /// A fault that is shown by what the service was told last of a run.
    pub(super) fn fault(&self, case: u64, message: String) -> Box<Fault> {
        let last = self.told.iter().rfind(|delivery| delivery.case == case);
        let fault = Fault::new(message);
        Box::new(match last {
            Some(delivery) => delivery.shows(fault),
            None => fault,
        })
    }

    /// What is the same in all events of a run, in words.
    pub(super) fn correlation_name(&self) -> String {
        self.correlation.map_or_else(|| "correlation_id".to_owned(), |path| path.join("."))
    }

    /// Messages with the run that each is of.
    fn of_runs<'m>(&self, messages: &'m [Message]) -> impl Iterator<Item = (&'m Message, Value)> {
        messages.iter().filter_map(|message| {
            let payload: Value = serde_json::from_slice(&message.payload).ok()?;
            let correlation_id = || message.envelope().map(|envelope| envelope.correlation_id).unwrap_or_default();
            Some((message, self.value(&payload, correlation_id)?))
        })
    }

    fn value(&self, payload: &Value, correlation_id: impl Fn() -> Uuid) -> Option<Value> {
        let Some(path) = self.correlation else { return Some(correlation_id().to_string().into()) };
        let value = at(payload, path)?;
        // The same in capitals.
        let id = value.as_str().and_then(|text| text.parse::<Uuid>().ok());
        Some(id.map_or_else(|| value.clone(), |id| id.to_string().into()))
    }
}

fn fault(failure: Failure, told: &[Delivery]) -> Box<Fault> {
    Box::new(failure.into_fault(told).1)
}
