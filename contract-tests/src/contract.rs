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

use crate::documents::Trial;
use crate::estate::{Estate, event_version};
use crate::evidence::{Check, Evidence, Fault, Outcome, Subject};
use crate::settings::{self, Settings};
use crate::{fidelity, reader, regressions};

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
    /// How what is in `evidence.reads` is read, in the same order.
    readers: Vec<Read>,
}

/// Reads a document as a struct does.
type Read = fn(&Value) -> Result<(), String>;

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
        // Of the run that is asked for, whichever the crate names.
        let asked = std::env::var_os(settings::CATALOGUE).filter(|path| !path.is_empty());
        let estate = Estate::load(asked.as_deref().map_or(catalogue.as_ref(), Path::new));
        let mut faults: Vec<Fault> = wrong.into_iter().map(Fault::new).collect();
        faults.extend(estate.as_ref().err().map(|error| Fault::new(error.to_string())));
        if let (Ok(estate), Some(event)) = (&estate, &settings.event)
            && !estate.model().events.contains_key(event)
        {
            faults.push(Fault::new(format!("`{}` is `{event}`, which the catalogue has not", settings::EVENT)));
        }
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
            readers: Vec::new(),
        };
        if !faults.is_empty() {
            this.add(Subject::Declaration, "", 0, Outcome::Failed { faults });
        }
        this
    }

    /// With so many documents of each event version, whatever the environment says.
    #[must_use]
    pub fn with_cases(mut self, cases: u64) -> Self {
        self.settings.cases = cases.max(1);
        self.evidence.cases = self.settings.cases;
        self
    }

    /// The service reads an event, named like `order.placed@2`, as `R`: a struct with just the fields it needs. Every
    /// version that may be sent to it is held against that.
    #[must_use]
    pub fn reads<R: DeserializeOwned + JsonSchema>(mut self, event: &str) -> Self {
        let Some(id) = event_version(event) else {
            let message = format!("`{event}` names no version of an event; write it like `order.placed@2`");
            self.add(Subject::Reads, event, 0, Outcome::failed(message));
            return self;
        };
        if !self.settings.tests(&id.event) {
            return self;
        }
        if let Err(message) = self.sent(&id) {
            self.add(Subject::Reads, &id.event, id.version, Outcome::failed(message));
        }
        self.evidence.reads.push(reader::reading::<R>(&id.event, id.version));
        self.readers.push(reader::as_struct::<R>);
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
                Some(Ok(documents)) => regressions::of(&id).map(|known| {
                    let seed = self.settings.seed.of(&id.to_string());
                    let trial = Trial { documents, known: &known, seed, cases: self.settings.cases };
                    fidelity::judge(&trial, recode)
                }),
                Some(Err(error)) => Err(error.to_string()),
                None => Err("the generated crate has it and the catalogue has not; run `cargo xtask gen`".to_owned()),
            };
            found.push((id, outcome.unwrap_or_else(Outcome::failed)));
        }
        let live = self.estate.iter().flat_map(Estate::live).filter(|(event, _)| self.settings.tests(&event.name));
        let lacking: Vec<_> = live.map(|(event, version)| version.id(event)).collect();
        let is_lacking = |id: &EventVersion| !found.iter().any(|(it, _)| it == id);
        let lacking: Vec<_> = lacking.into_iter().filter(is_lacking).collect();
        let why = "the generated crate lacks it: run `cargo xtask gen`, or switch on the feature of its context";
        found.extend(lacking.into_iter().map(|id| (id, Outcome::failed(why))));
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
    pub fn check(mut self) -> Evidence {
        self.judge_readers();
        if let Some(folder) = &self.settings.evidence {
            // Several tests may speak of one service.
            let file = folder.join(format!("{}.json", Uuid::now_v7()));
            let written = serde_json::to_vec_pretty(&self.evidence)
                .map_err(std::io::Error::other)
                .and_then(|json| fs::create_dir_all(folder).and_then(|()| fs::write(&file, json)));
            if let Err(error) = written {
                panic!("the evidence cannot be written to `{}`: {error}", file.display());
            }
        }
        self.evidence
    }

    /// Fails the test if the contract does not hold. Documents that were made and show it are kept in `contract-regressions`
    /// beside the crate's `Cargo.toml`, and tried first from then on.
    ///
    /// # Panics
    /// When it does not hold. The message says in what way, for whom, and shows a document.
    pub fn verify(self) {
        let evidence = self.check();
        for check in evidence.checks.iter().filter(|check| check.version > 0) {
            let id = EventVersion { event: check.event.clone(), version: check.version };
            if let Err(error) = regressions::keep(&id, check.outcome.faults()) {
                panic!("{error}");
            }
        }
        assert!(evidence.faults().next().is_none(), "{}", report(&evidence));
    }

    /// Holds each version that is sent to the service against what reads it.
    fn judge_readers(&mut self) {
        let (Some(estate), Some(service)) = (&self.estate, self.service()) else { return };
        let mut judged = Vec::new();
        for (event, version) in estate.sent_to(service) {
            let sent = version.id(event);
            for meant in reader::meant(&self.evidence.reads, &event.name, version.number) {
                let read =
                    self.evidence.reads.iter().zip(&self.readers).find(|(reading, _)| std::ptr::eq(*reading, meant));
                let Some((_, read)) = read else { continue };
                let outcome = match estate.documents(&sent) {
                    Some(Ok(documents)) => regressions::of(&sent).map(|known| {
                        let seed = self.settings.seed.of(&sent.to_string());
                        let trial = Trial { documents, known: &known, seed, cases: self.settings.cases };
                        reader::judge(meant, event, version, &trial, read)
                    }),
                    Some(Err(error)) => Err(error.to_string()),
                    None => continue,
                };
                judged.push((sent.clone(), outcome.unwrap_or_else(Outcome::failed)));
            }
        }
        for (sent, outcome) in judged {
            self.add(Subject::Reads, &sent.event, sent.version, outcome);
        }
    }

    pub(crate) fn add(&mut self, subject: Subject, event: &str, version: u32, outcome: Outcome) {
        self.evidence.checks.push(Check::new(subject, event, version, outcome));
    }

    /// The service in the catalogue.
    pub(crate) fn service(&self) -> Option<&Service> {
        self.estate.as_ref()?.service(&self.evidence.service)
    }

    /// Why no version of an event is sent to the service, if so.
    fn sent(&self, id: &EventVersion) -> Result<(), String> {
        // What is wrong with these was said before.
        let (Some(estate), Some(service)) = (&self.estate, self.service()) else { return Ok(()) };
        let Some(event) = estate.model().events.get(&id.event) else {
            let help = tidings_generator::suggest::hint(&id.event, estate.model().events.keys().map(String::as_str));
            return Err(format!("the catalogue has no event `{}`{help}", id.event));
        };
        if !event.versions.contains_key(&id.version) {
            return Err(format!("`{}` has no version {}", id.event, id.version));
        }
        if !estate.sent_to(service).any(|(event, _)| event.name == id.event) {
            return Err(format!(
                "`{}` reads it and does not consume it in the catalogue; add `{id}` to its `consumes`, so that its \
                 publishers know",
                service.name
            ));
        }
        Ok(())
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
        let mut track = serde_path_to_error::Track::new();
        let serializer = serde_path_to_error::Serializer::new(serde_json::value::Serializer, &mut track);
        let document = match event.serialize(serializer) {
            Ok(document) => document,
            Err(error) => {
                let field = track.path().to_string();
                return Some(Fault::new(format!("it violates its schema and cannot be sent: {error}")).at(field));
            }
        };
        let documents = match estate.documents(id)? {
            Ok(documents) => documents,
            Err(error) => return Some(Fault::new(error.to_string())),
        };
        if let Some((place, reason)) = documents.refusals(&document).into_iter().next() {
            return Some(Fault::new(format!("it violates its schema: {reason}")).at_pointer(&place).shown_by(document));
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
    let help = tidings_generator::suggest::hint(service, model.services.keys().map(String::as_str));
    format!("the catalogue has no service `{service}`{help}")
}

/// The faults, for people.
fn report(evidence: &Evidence) -> String {
    let mut text = format!("the contract of `{}` does not hold:\n", evidence.service);
    for (check, fault) in evidence.faults() {
        let event = check.about();
        let field = if fault.field.is_empty() { String::new() } else { format!(" `{}`", fault.field) };
        let event = if event.is_empty() { String::new() } else { format!(" {event}") };
        let _ = writeln!(text, "\n{}{event}{field}: {}", check.subject.as_str(), fault.message);
        if let Some(document) = &fault.document {
            let _ = writeln!(text, "  document: {document}");
        }
        if let Some(seed) = &fault.seed {
            let _ = writeln!(text, "  again: {}={seed}", settings::SEED);
        }
    }
    text
}
