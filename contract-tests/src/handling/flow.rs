//! Steps of flows, taken by real handlers: each ends as the catalogue says, is undone once and only where it was taken, and
//! does not wait for ever.

use tidings_generator::model::{Compensation, Flow, FlowStyle, Selection, Service, Step};
use tidings_generator::suggest;

use super::delivery::Deliveries;
use super::flow_runs::{FlowRuns, Versioned};
use super::run::Run;
use super::{Handling, MOST, block_on, failed};
use crate::contract::Contract;
use crate::documents::Seed;
use crate::estate::Estate;
use crate::evidence::{Check, Fault, Outcome, Subject};

impl Contract {
    /// The service takes a step of a flow, named like `order-fulfilment/take-payment`, so that it ends with an event such as
    /// `payment.captured`: in each run of the flow, with what is the same in all events of the run.
    ///
    /// Handlers are given what the catalogue sends the service before, and then what begins the step.
    ///
    /// # Panics
    /// When there is no runtime to be had for handlers.
    #[must_use]
    pub fn takes(self, step: &str, event: &str, handling: &Handling) -> Self {
        self.plays(Subject::Step, step, event, handling)
    }

    /// The service undoes a step of a flow for each event that makes it necessary: once in a run, also where several of
    /// these events come, and not at all where the step was not taken.
    ///
    /// # Panics
    /// When there is no runtime to be had for handlers.
    #[must_use]
    pub fn undoes(self, step: &str, handling: &Handling) -> Self {
        self.plays(Subject::Compensation, step, "", handling)
    }

    /// With these handlers, which get no answer from whomever they ask, a step of a flow still comes to an end within its
    /// timeout, with one of its events or with a compensation.
    ///
    /// # Panics
    /// When there is no runtime to be had for handlers.
    #[must_use]
    pub fn times_out(self, step: &str, handling: &Handling) -> Self {
        self.plays(Subject::Timeout, step, "", handling)
    }

    fn plays(mut self, subject: Subject, step: &str, event: &str, handling: &Handling) -> Self {
        let (Some(estate), Some(service)) = (&self.estate, self.service()) else { return self };
        let tries = (self.settings.seed.of(step), self.settings.cases.min(MOST));
        let outcome = match StepTrial::of(estate, service, step, handling, tries) {
            // Of a single event, no flow can be shown.
            Ok(_) if self.settings.event.is_some() => return self,
            Ok(trial) => block_on(async {
                match subject {
                    Subject::Step => trial.takes(event).await,
                    Subject::Compensation => trial.undoes().await,
                    _ => trial.times_out().await,
                }
            }),
            Err(message) => Err(Box::new(Fault::new(message))),
        };
        let outcome = match outcome {
            Ok(documents) => Outcome::Tried { documents },
            Err(fault) => failed(*fault),
        };
        self.evidence.checks.push(Check::new(subject, event, 0, outcome).of_step(step));
        self
    }
}

/// A step of a flow, and the service that takes it.
struct StepTrial<'e> {
    estate: &'e Estate,
    flow: &'e Flow,
    step: &'e Step,
    run: Run<'e>,
    /// Versions that the service consumes and handles.
    handled: Vec<Versioned<'e>>,
    /// What documents are made of, and how many.
    tries: (Seed, u64),
}

impl<'e> StepTrial<'e> {
    fn of(
        estate: &'e Estate,
        service: &'e Service,
        name: &str,
        handling: &'e Handling,
        tries: (Seed, u64),
    ) -> Result<Self, String> {
        let flows = &estate.model().flows;
        let found = name.split_once('/').and_then(|(flow, step)| {
            let flow = flows.get(flow)?;
            Some((flow, flow.steps.iter().find(|it| it.name == step)?))
        });
        let Some((flow, step)) = found else {
            let of_flow = |flow: &'e Flow| flow.steps.iter().map(|step| format!("{}/{}", flow.name, step.name));
            let names: Vec<String> = flows.values().flat_map(of_flow).collect();
            let help = suggest::hint(name, names.iter().map(String::as_str));
            return Err(format!("the catalogue has no step `{name}`{help}; write `flow/step`"));
        };
        let conducts = flow.style == FlowStyle::Orchestration && flow.orchestrator.as_ref() == Some(&service.name);
        if step.service != service.name && !conducts {
            return Err(format!("in the catalogue, `{}` takes this step, and not `{}`", step.service, service.name));
        }
        let consumed: Vec<_> =
            estate.sent_to(service).filter(|(event, version)| service.consumes(&version.id(event))).collect();
        let is_known = |event: &&String| consumed.iter().any(|(it, _)| it.name == **event);
        if let Some(unknown) = handling.history.iter().find(|event| !is_known(event)) {
            return Err(format!("`Handling::after` names `{unknown}`, which `{}` does not consume", service.name));
        }
        let run = Run { handling, service };
        let is_handled = block_on(run.handled(&consumed)).map_err(|failure| failure.into_fault(&[]).1.message)?;
        let handled = consumed.into_iter().zip(is_handled).filter(|(_, is_handled)| *is_handled);
        Ok(Self { estate, flow, step, run, handled: handled.map(|(it, _)| it).collect(), tries })
    }

    /// The versions of an event that the service handles.
    fn handled<'s>(&'s self, event: &'s str) -> impl Iterator<Item = Versioned<'e>> {
        self.handled.iter().copied().filter(move |(it, _)| it.name == event)
    }

    /// What the service is told before the step begins in a run that goes well, the newest version of each event; it does
    /// its own steps by itself.
    fn run_up(&self) -> Vec<Versioned<'e>> {
        let history = self.run.handling.history.iter();
        let mut told: Vec<Versioned<'e>> = history.filter_map(|event| self.handled(event).last()).collect();
        for step in self.flow.steps.iter().take_while(|step| step.name != self.step.name) {
            // What goes on with another step is what went well.
            let goes_on = |event: &&String| self.flow.steps.iter().any(|other| other.on.contains(event));
            let went_well = step.emits.iter().find(goes_on).or(step.emits.first());
            let is_from_outside = |event: &&String| !self.flow.steps.iter().any(|step| step.emits.contains(event));
            for event in step.on.iter().filter(is_from_outside).chain(went_well) {
                let is_told = told.iter().any(|(it, _)| it.name == *event);
                if !self.step.on.contains(event) && !is_told {
                    told.extend(self.handled(event).last());
                }
            }
        }
        told
    }

    /// Every way to let the step begin: the events to tell the service, in order.
    fn beginnings(&self) -> Result<Vec<Vec<Versioned<'e>>>, Box<Fault>> {
        let (run_up, service) = (self.run_up(), self.run.service);
        if self.step.on.is_empty() {
            if self.run.handling.beginning.is_some() {
                return Ok(vec![run_up]);
            }
            let ends = self.step.emits.join("` or `");
            let message = format!("no event begins it; say with `Handling::begun_by` what does, and leads to `{ends}`");
            return Err(Box::new(Fault::new(message)));
        }
        let begins = |version| run_up.iter().copied().chain([version]).collect();
        let all: Vec<Vec<_>> = self.step.on.iter().flat_map(|event| self.handled(event)).map(begins).collect();
        // What begins a step of another service may be the conductor's own event.
        let is_own = self.step.on.iter().any(|event| publishes(service, event));
        if all.is_empty() && is_own && self.step.service != service.name {
            return Ok(vec![run_up]);
        }
        if all.is_empty() {
            let message =
                format!("`{}` begins it, and `{}` has no handler for that", self.step.on.join("` or `"), service.name);
            return Err(Box::new(Fault::new(message)));
        }
        Ok(all)
    }

    /// The service with nothing done yet.
    async fn runs(&self) -> Result<FlowRuns<'e>, Box<Fault>> {
        let (seed, cases) = self.tries;
        let deliveries = Deliveries::new(self.estate, seed, cases);
        let correlation = self.flow.correlation.as_deref();
        let deliveries = correlation.into_iter().fold(deliveries, Deliveries::sharing);
        FlowRuns::of(self.run, deliveries, correlation).await
    }

    /// The service when the step has begun, in several runs of the flow, and nothing was done about it yet.
    async fn begun(&self, told: &[Versioned<'e>]) -> Result<FlowRuns<'e>, Box<Fault>> {
        let mut runs = self.runs().await?;
        let steps = self.flow.steps.iter().take_while(|step| step.name != self.step.name);
        // Where the service takes a step that no event begins, the run is its own.
        let own = steps.chain([self.step]).find(|step| step.service == self.run.service.name && step.on.is_empty());
        if let Some(own) = own.filter(|_| self.run.handling.beginning.is_some()) {
            let leads_to: Vec<_> = own.emits.iter().filter_map(|event| self.estate.model().events.get(event)).collect();
            if own.name == self.step.name {
                runs.tell(told).await?;
                runs.settle().await?;
                runs.runs.clear();
                runs.mark();
                runs.begin(&leads_to).await?;
                return Ok(runs);
            }
            runs.begin(&leads_to).await?;
        }
        let (run_up, begins) = told.split_at(told.len().saturating_sub(usize::from(self.is_begun_by_event(told))));
        runs.tell(run_up).await?;
        runs.settle().await?;
        runs.mark();
        runs.tell(begins).await?;
        if runs.runs.is_empty() {
            return Err(Box::new(Fault::new("there are no documents that speak of the same run of the flow")));
        }
        Ok(runs)
    }

    /// Whether the last of these begins the step; or else the service has begun it itself.
    fn is_begun_by_event(&self, told: &[Versioned<'e>]) -> bool {
        told.last().is_some_and(|(event, _)| self.step.on.contains(&event.name))
    }

    async fn takes(&self, event: &str) -> Result<u64, Box<Fault>> {
        if !self.step.emits.iter().any(|it| it == event) {
            let help = suggest::hint(event, self.step.emits.iter().map(String::as_str));
            let message = format!("in the catalogue, the step does not end with `{event}`{help}");
            return Err(Box::new(Fault::new(message)));
        }
        let mut tried = 0;
        for told in self.beginnings()? {
            let runs = self.begun(&told).await?;
            runs.settle().await?;
            if let Some((case, _)) = runs.wrong(&runs.runs, &[event.to_owned()], |count| count == 0) {
                let instead = runs.instead(Some(case));
                return Err(runs.fault(case, format!("the step was begun and does not end with `{event}`: {instead}")));
            }
            if let Some(payload) = runs.stray(event) {
                let name = runs.correlation_name();
                let message = format!("`{event}` has a `{name}` of no run that was begun");
                return Err(Box::new(Fault::new(message).at(name).shown_by(payload)));
            }
            tried += runs.runs.len() as u64;
        }
        Ok(tried)
    }

    async fn undoes(&self) -> Result<u64, Box<Fault>> {
        let Some(compensation) = &self.step.compensation else {
            return Err(Box::new(Fault::new("in the catalogue, nothing undoes the step")));
        };
        if let Some(event) = compensation.on.iter().find(|event| self.handled(event).next().is_none()) {
            let message =
                format!("`{event}` makes it necessary, and `{}` has no handler for that", self.run.service.name);
            return Err(Box::new(Fault::new(message)));
        }
        let reasons: Vec<Versioned<'e>> = compensation.on.iter().flat_map(|event| self.handled(event)).collect();
        let mut tried = 0;
        for reason in reasons.chunks(1) {
            tried += self.undone(compensation, reason).await?;
        }
        if reasons.len() > 1 {
            tried += self.undone(compensation, &reasons).await?;
        }
        self.leaves_alone(compensation, &reasons).await?;
        Ok(tried)
    }

    /// Whether the step is undone for the first of these reasons, and only for that.
    async fn undone(&self, compensation: &Compensation, reasons: &[Versioned<'e>]) -> Result<u64, Box<Fault>> {
        let undone = compensation.emits.join("` or `");
        let mut tried = 0;
        for told in self.beginnings()?.iter().take(1) {
            let mut runs = self.begun(told).await?;
            runs.settle().await?;
            if let Some((case, _)) = runs.wrong(&runs.runs, &self.step.emits, |count| count == 0) {
                let instead = runs.instead(Some(case));
                return Err(runs.fault(case, format!("nothing was there to undo, the step was not taken: {instead}")));
            }
            if let Some((case, _)) = runs.wrong(&runs.runs, &compensation.emits, |count| count > 0) {
                return Err(runs.fault(case, format!("`{undone}` was published before there was a reason")));
            }
            // How often it is undone for the first reason is how often it is undone.
            let mut most = None;
            for reason in reasons {
                let of_reason = runs.tell(&[*reason]).await?;
                let why = &reason.0.name;
                if of_reason.is_empty() {
                    return Err(Box::new(Fault::new(format!("no `{why}` can speak of a run of the flow"))));
                }
                runs.settle().await?;
                if let Some((case, _)) = runs.wrong(&of_reason, &compensation.emits, |count| count == 0) {
                    let instead = runs.instead(Some(case));
                    let message = format!("`{why}` came, and the step is not undone with `{undone}`: {instead}");
                    return Err(runs.fault(case, message));
                }
                for event in &compensation.emits {
                    let again = runs.wrong(&of_reason, std::slice::from_ref(event), |count| count > 1);
                    if let Some((case, count)) = again {
                        let message = format!("the step is undone again with `{why}`: {count} times `{event}`");
                        return Err(runs.fault(case, message));
                    }
                }
                let most = most.get_or_insert_with(|| runs.most(&of_reason, &compensation.emits));
                if let Some((case, count)) = runs.wrong(&of_reason, &compensation.emits, |count| count > *most) {
                    let message = format!("the step is undone again with `{why}`: {count} times `{undone}`");
                    return Err(runs.fault(case, message));
                }
                tried += of_reason.len() as u64;
            }
        }
        Ok(tried)
    }

    /// Whether nothing is undone where nothing was done.
    async fn leaves_alone(&self, compensation: &Compensation, reasons: &[Versioned<'e>]) -> Result<(), Box<Fault>> {
        for reason in reasons {
            let mut runs = self.runs().await?;
            let of_reason = runs.tell(&[*reason]).await?;
            runs.settle().await?;
            if let Some((case, _)) = runs.wrong(&of_reason, &compensation.emits, |count| count > 0) {
                let undone = compensation.emits.join("` or `");
                let message = format!("the step was never taken, and is undone all the same with `{undone}`");
                return Err(runs.fault(case, message));
            }
        }
        Ok(())
    }

    async fn times_out(&self) -> Result<u64, Box<Fault>> {
        let Some(timeout) = self.step.timeout else {
            return Err(Box::new(Fault::new("in the catalogue, the step has no timeout")));
        };
        let back = self.flow.steps.iter().filter_map(|step| step.compensation.as_ref());
        let ends = self.step.emits.iter().chain(back.flat_map(|compensation| &compensation.emits));
        let ends: Vec<String> = ends.filter(|event| publishes(self.run.service, event)).cloned().collect();
        if self.step.on.is_empty() {
            let message = "no event begins it, and what begins it ends when it has told which run that is";
            return Err(Box::new(Fault::new(message)));
        }
        let mut tried = 0;
        for told in self.beginnings()? {
            let runs = self.begun(&told).await?;
            runs.wait(std::time::Duration::ZERO).await?;
            if let Some((case, _)) = runs.wrong(&runs.runs, &ends, |count| count > 0) {
                let instead = runs.instead(Some(case));
                let message = format!("the step had ended before any time passed, so nothing is shown: {instead}");
                return Err(runs.fault(case, message));
            }
            runs.wait(timeout.0).await?;
            if let Some((case, _)) = runs.wrong(&runs.runs, &ends, |count| count == 0) {
                let (instead, ends) = (runs.instead(Some(case)), ends.join("` or `"));
                let message = format!("after {timeout} the step has not ended with `{ends}`: {instead}");
                return Err(runs.fault(case, message));
            }
            tried += runs.runs.len() as u64;
        }
        Ok(tried)
    }
}

fn publishes(service: &Service, event: &str) -> bool {
    let selects = |selection: &Selection| selection.versions.iter().any(|id| id.event == event);
    service.publishes.iter().any(selects)
}
