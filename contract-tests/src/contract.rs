//! The contract of one service, as a test of its own crate states it.

use std::any::type_name;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tidings::{Codec, Event, KeyContext};
use tidings_generator::model::{EventVersion, Model, Service};
use uuid::Uuid;

use crate::estate::{Estate, event_version};
use crate::evidence::{Check, Evidence, Fault, Outcome, Subject};
use crate::settings::Settings;
use crate::{fidelity, reader};

/// What evidence of the generated crate is called.
const EVENTS: &str = "events";

/// The tenant of events that are made here.
pub(crate) const TENANT: &str = "acme";

/// The contract of a service: what it reads, handles and sends, held against the catalogue.
///
/// ```no_run
/// # #[derive(serde::Deserialize, schemars::JsonSchema)]
/// # struct Order { order_id: uuid::Uuid }
/// use tidings_contract::Contract;
///
/// #[test]
/// # fn test() {}
/// fn contract() {
///     Contract::of("payment-service", "../catalogue/catalogue.yaml")
///         .reads::<Order>("order.placed@2")
///         .verify();
/// }
/// ```
#[derive(Debug)]
pub struct Contract {
    pub(crate) estate: Option<Estate>,
    pub(crate) settings: Settings,
    pub(crate) evidence: Evidence,
}

impl Contract {
    /// The contract of a service with the other services of a catalogue, whose root file this is: a path from the folder of
    /// the crate whose test this is.
    #[must_use]
    pub fn of(service: &str, catalogue: impl AsRef<Path>) -> Self {
        let mut this = Self::of_events(catalogue);
        service.clone_into(&mut this.evidence.service);
        let is_unknown = |model: &&Model| !model.services.contains_key(service);
        if let Some(model) = this.estate.as_ref().map(Estate::model).filter(is_unknown) {
            let faults = vec![Fault::new(no_such_service(service, model))];
            this.add(Subject::Declaration, "", 0, Outcome::Failed { faults });
        }
        this
    }

    /// The contract of the generated crate with its catalogue, which is no service's own: [`Contract::is_faithful`].
    #[must_use]
    pub fn of_events(catalogue: impl AsRef<Path>) -> Self {
        let (settings, wrong) = match Settings::from_environment() {
            Ok(settings) => (settings, None),
            Err(wrong) => (Settings::default(), Some(wrong)),
        };
        let estate = Estate::load(catalogue.as_ref());
        let mut faults: Vec<Fault> = wrong.into_iter().map(Fault::new).collect();
        faults.extend(estate.as_ref().err().map(|error| Fault::new(error.to_string())));
        let mut this = Self {
            estate: estate.ok(),
            evidence: Evidence {
                service: EVENTS.to_owned(),
                version: std::env::var("CARGO_PKG_VERSION").unwrap_or_default(),
                seed: settings.seed.to_string(),
                cases: settings.cases,
                checks: Vec::new(),
                reads: Vec::new(),
            },
            settings,
        };
        if !faults.is_empty() {
            this.add(Subject::Declaration, "", 0, Outcome::Failed { faults });
        }
        this
    }

    /// With so many documents of each event version, whatever the environment says.
    #[must_use]
    pub fn with_cases(mut self, cases: u64) -> Self {
        self.settings.cases = cases;
        self.evidence.cases = cases;
        self
    }

    /// The service reads an event, named like `order.placed@2`, as `R`: a struct with just the fields it needs. Every
    /// version that may be sent to it is held against that.
    #[must_use]
    pub fn reads<R: DeserializeOwned + JsonSchema>(mut self, event: &str) -> Self {
        let Some(id) = event_version(event) else {
            let message = format!("`{event}` names no version of an event; write it like `order.placed@2`");
            self.add(Subject::Reads, event, 0, Outcome::Failed { faults: vec![Fault::new(message)] });
            return self;
        };
        if !self.settings.tests(&id.event) {
            return self;
        }
        let reading = reader::reading::<R>(&id.event, id.version);
        let (outcomes, seed, cases) = (self.sent(&id), self.settings.seed, self.settings.cases);
        let judged: Vec<(u32, Outcome)> = match (outcomes, &self.estate) {
            (Err(message), _) => vec![(id.version, Outcome::Failed { faults: vec![Fault::new(message)] })],
            (Ok(versions), Some(estate)) => versions
                .into_iter()
                .filter_map(|sent| {
                    let (event, version) = estate.model().version(&sent)?;
                    let seed = seed.of(&sent.to_string());
                    let outcome = match estate.documents(&sent)? {
                        Ok(documents) => {
                            reader::judge(&reading, event, version, documents, seed, cases, reader::as_struct::<R>)
                        }
                        Err(error) => Outcome::Failed { faults: vec![Fault::new(error.to_string())] },
                    };
                    Some((sent.version, outcome))
                })
                .collect(),
            (Ok(_), None) => Vec::new(),
        };
        for (version, outcome) in judged {
            self.add(Subject::Reads, &id.event, version, outcome);
        }
        self.evidence.reads.push(reading);
        self
    }

    /// The service sends events like these, made by its own code.
    #[must_use]
    pub fn sends<E: Event>(mut self, events: impl IntoIterator<Item = E>) -> Self {
        if !self.settings.tests(E::TYPE) {
            return self;
        }
        let id = EventVersion { event: E::TYPE.to_owned(), version: E::VERSION };
        let mut faults = self.may_send(&id);
        let mut count = 0;
        for event in events {
            count += 1;
            faults.extend(self.sent_event(&id, &event));
            if faults.len() > 3 {
                break;
            }
        }
        if count == 0 {
            faults.push(Fault::new(format!("no `{}` was given to look at", type_name::<E>())));
        }
        self.add(Subject::Sends, E::TYPE, E::VERSION, Outcome::of(faults, count));
        self
    }

    /// The types of the generated crate are held against the schemas of the catalogue: `events::codecs()`.
    #[must_use]
    pub fn is_faithful<'a>(mut self, codecs: impl IntoIterator<Item = &'a Codec>) -> Self {
        let mut found = Vec::new();
        for codec in codecs.into_iter().filter(|codec| self.settings.tests(codec.event_type)) {
            let id = EventVersion { event: codec.event_type.to_owned(), version: codec.version };
            let documents = self.estate.as_ref().and_then(|estate| estate.documents(&id));
            let recode = |document: &Value| codec.recode(document.clone()).map_err(|error| error.to_string());
            let outcome = match documents {
                Some(Ok(documents)) => {
                    fidelity::judge(documents, self.settings.seed.of(&id.to_string()), self.settings.cases, recode)
                }
                Some(Err(error)) => Outcome::Failed { faults: vec![Fault::new(error.to_string())] },
                None => {
                    let message = "the generated crate has it and the catalogue has not; run `cargo xtask gen`";
                    Outcome::Failed { faults: vec![Fault::new(message)] }
                }
            };
            found.push((id, outcome));
        }
        for (id, outcome) in found {
            self.add(Subject::Fidelity, &id.event, id.version, outcome);
        }
        self
    }

    /// What was found. Where the environment names a folder for evidence, it is written there.
    ///
    /// # Panics
    /// When the folder cannot be written.
    #[must_use]
    pub fn check(self) -> Evidence {
        if let Some(folder) = &self.settings.evidence {
            let file = folder.join(format!("{}.json", self.evidence.service));
            let written = serde_json::to_vec_pretty(&self.evidence)
                .map_err(std::io::Error::other)
                .and_then(|json| fs::create_dir_all(folder).and_then(|()| fs::write(&file, json)));
            if let Err(error) = written {
                panic!("the evidence cannot be written to `{}`: {error}", file.display());
            }
        }
        self.evidence
    }

    /// Fails the test if the contract does not hold.
    ///
    /// # Panics
    /// When it does not hold. The message says in what way, for whom, and shows a document.
    pub fn verify(self) {
        let evidence = self.check();
        assert!(evidence.faults().next().is_none(), "{}", report(&evidence));
    }

    pub(crate) fn add(&mut self, subject: Subject, event: &str, version: u32, outcome: Outcome) {
        self.evidence.checks.push(Check { subject, event: event.to_owned(), version, outcome });
    }

    /// The service in the catalogue.
    pub(crate) fn service(&self) -> Option<&Service> {
        self.estate.as_ref()?.service(&self.evidence.service)
    }

    /// The live versions of an event that are sent to the service, or why there are none.
    fn sent(&self, id: &EventVersion) -> Result<Vec<EventVersion>, String> {
        // What is wrong with these was said before.
        let (Some(estate), Some(service)) = (&self.estate, self.service()) else { return Ok(Vec::new()) };
        let Some(event) = estate.model().events.get(&id.event) else {
            let near = tidings_generator::suggest::nearest(&id.event, estate.model().events.keys().map(String::as_str));
            let help = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(format!("the catalogue has no event `{}`{help}", id.event));
        };
        if !event.versions.contains_key(&id.version) {
            return Err(format!("`{}` has no version {}", id.event, id.version));
        }
        let sent = estate.sent_to(service).filter(|(event, _)| event.name == id.event);
        let sent: Vec<EventVersion> = sent.map(|(event, version)| version.id(event)).collect();
        if sent.is_empty() {
            return Err(format!(
                "`{}` reads it and does not consume it in the catalogue; add `{id}` to its `consumes`, so that its \
                 publishers know",
                service.name
            ));
        }
        Ok(sent)
    }

    /// What keeps the service from sending a version at all.
    fn may_send(&self, id: &EventVersion) -> Vec<Fault> {
        let (Some(estate), Some(service)) = (&self.estate, self.service()) else { return Vec::new() };
        let Some((_, version)) = estate.model().version(id) else {
            return vec![Fault::new("the catalogue has no such version; is the generated crate up to date?")];
        };
        let mut faults = Vec::new();
        if !version.is_published() {
            faults.push(Fault::new(format!("it is {}: nobody may send it", version.life())));
        }
        if !service.publishes(id) {
            faults.push(Fault::new(format!(
                "`{}` does not publish it in the catalogue: the broker will refuse it; add `{id}` to its `publishes`",
                service.name
            )));
        }
        faults
    }

    fn sent_event<E: Event>(&self, id: &EventVersion, event: &E) -> Option<Fault> {
        let estate = self.estate.as_ref()?;
        let (_, version) = estate.model().version(id)?;
        let document = match serde_json::to_value(event) {
            Ok(document) => document,
            Err(error) => return Some(Fault::new(format!("it violates its schema and cannot be sent: {error}"))),
        };
        let documents = match estate.documents(id)? {
            Ok(documents) => documents,
            Err(error) => return Some(Fault::new(error.to_string())),
        };
        if let Some((place, reason)) = documents.refusals(&document).into_iter().next() {
            let field = place.trim_start_matches('/').replace('/', ".");
            return Some(Fault::new(format!("it violates its schema: {reason}")).at(field).shown_by(document));
        }
        if let Some(message) = over_budget(estate.model(), &document) {
            return Some(Fault::new(message).shown_by(document));
        }
        let context = KeyContext { tenant_id: Some(TENANT), correlation_id: Uuid::nil() };
        let key = event.partition_key(&context);
        if key.as_str().split('/').any(str::is_empty) {
            let message =
                format!("a part of its partition key is empty (`{key}`): unrelated events would wait for each other");
            return Some(Fault::new(message).shown_by(document));
        }
        if E::STREAM.name != version.stream {
            let message = format!(
                "it goes to stream `{}`, and the catalogue says `{}`; run `cargo xtask gen`",
                E::STREAM.name,
                version.stream
            );
            return Some(Fault::new(message));
        }
        None
    }
}

/// What is wrong with the size of a payload.
pub(crate) fn over_budget(model: &Model, document: &Value) -> Option<String> {
    let (size, most) = (document.to_string().len() as u64, model.lints.payload_budget.0);
    (size > most)
        .then(|| format!("its {size} bytes are more than `payload_budget` allows, {}", model.lints.payload_budget))
}

fn no_such_service(service: &str, model: &Model) -> String {
    let near = tidings_generator::suggest::nearest(service, model.services.keys().map(String::as_str));
    let help = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    format!("the catalogue has no service `{service}`{help}")
}

/// The faults, for people.
fn report(evidence: &Evidence) -> String {
    let mut text = format!("the contract of `{}` does not hold:\n", evidence.service);
    for (check, fault) in evidence.faults() {
        let event = if check.version == 0 { check.event.clone() } else { format!("{}@{}", check.event, check.version) };
        let field = if fault.field.is_empty() { String::new() } else { format!(" `{}`", fault.field) };
        let event = if event.is_empty() { String::new() } else { format!(" {event}") };
        let _ = writeln!(text, "\n{}{event}{field}: {}", check.subject.as_str(), fault.message);
        if let Some(document) = &fault.document {
            let _ = writeln!(text, "  document: {document}");
        }
        if let Some(seed) = &fault.seed {
            let _ = writeln!(text, "  again: {}={seed}", crate::settings::SEED);
        }
    }
    text
}
