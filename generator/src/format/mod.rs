//! The catalogue as a team writes it: format `tidings/1`.
//!
//! These types say what may be written where; their JSON Schema ([`json_schema`]) checks a file before it is read
//! into them and completes it in editors. Names are still plain text here: [`crate::model`] resolves them.

mod schema;
mod units;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use schema::catalogue_schema;
pub use schema::json_schema;
pub use units::{ByteSize, Duration};

/// The only value of `format` this release reads.
pub const FORMAT: &str = "tidings/1";

/// A whole catalogue: the root file with everything it includes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The format of this file.
    pub format: Format,
    /// Short name of the product or estate, in kebab-case. Ids and resource names begin with it.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9-]{0,62}$"))]
    pub name: String,
    /// One sentence about the estate.
    pub summary: Option<String>,
    /// Anything a newcomer should know, in Markdown.
    pub description: Option<String>,
    /// Further files, as glob patterns relative to this file. A file either describes one context (it has the key
    /// `context`) or holds any of the maps below. Reading it has the same effect as writing its content here.
    #[serde(default)]
    pub include: Vec<String>,
    /// How tenants share the estate. Leave it out when there is only one.
    pub tenancy: Option<Tenancy>,
    /// Who owns things, by team id.
    #[serde(default)]
    pub teams: BTreeMap<String, Team>,
    /// What streams, services and events do unless they say otherwise.
    #[serde(default)]
    pub defaults: Defaults,
    /// Severities and budgets of the lints.
    #[serde(default)]
    pub lints: Lints,
    /// Exceptions for the whole catalogue.
    #[serde(default)]
    pub allow: Vec<Allow>,
    /// Types that payloads of every context may use, by name in `PascalCase`. JSON Schema 2020-12.
    #[serde(default)]
    #[expect(clippy::zero_sized_map_values, reason = "the map has the shape of what is written; only names are kept")]
    pub types: BTreeMap<String, PayloadSchema>,
    /// Bounded contexts, by name. Usually one included file each.
    #[serde(default)]
    pub contexts: BTreeMap<String, Context>,
    /// Services that publish or consume, by name.
    #[serde(default)]
    pub services: BTreeMap<String, Service>,
    /// Read models, by name.
    #[serde(default)]
    pub projections: BTreeMap<String, Projection>,
    /// Business processes that span services (sagas), by name.
    #[serde(default)]
    pub flows: BTreeMap<String, Flow>,
}

/// The version of the catalogue format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Format {
    /// The first version.
    #[serde(rename = "tidings/1")]
    Tidings1,
}

/// How tenants share the estate.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tenancy {
    /// What keeps tenants apart.
    pub mode: TenancyMode,
}

/// What keeps tenants apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TenancyMode {
    /// Tenants share streams; the envelope's `tenant_id` is part of every partition key.
    Partition,
}

/// A team that owns contexts and services and is woken up for them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// Name as people say it.
    pub name: String,
    /// Mailbox of the team.
    pub email: Option<String>,
    /// Where to find who is on call.
    pub on_call: Option<String>,
    /// Chat channel.
    pub chat: Option<String>,
    /// Handle for CODEOWNERS, such as `@shop/checkout`.
    pub github: Option<String>,
}

/// What applies unless a stream, service or event says otherwise.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Defaults {
    /// Partitions of a stream (1 to 1000).
    #[schemars(range(min = 1, max = 1000))]
    pub partitions: Option<u32>,
    /// What keeps order, for streams that do not say.
    pub partition_key: Option<OneOrMany<String>>,
    /// How long and how much streams keep.
    pub retention: Option<Retention>,
    /// What happens to events that no attempt could handle.
    pub dead_letter: Option<DeadLetter>,
    /// Waits between attempts; after the last one the event is a dead letter.
    pub retry: Option<Vec<Duration>>,
    /// What a new version of an event must keep working.
    pub compatibility: Option<Compatibility>,
}

/// What a new version of an event must keep working.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compatibility {
    /// Nothing is promised.
    None,
    /// New readers accept documents of the version before.
    Backward,
    /// New readers accept documents of every earlier version.
    BackwardTransitive,
    /// Readers of the version before accept new documents.
    Forward,
    /// Readers of every earlier version accept new documents.
    ForwardTransitive,
    /// Backward and forward with the version before.
    Full,
    /// Backward and forward with every earlier version.
    #[default]
    FullTransitive,
}

/// How long and how much a stream keeps; whichever limit is met first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Events older than this may be removed.
    pub max_age: Option<Duration>,
    /// Oldest events are removed when a partition grows past this.
    pub max_bytes: Option<ByteSize>,
}

/// What happens to events that no attempt could handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeadLetter {
    /// How long a dead letter is kept.
    pub max_age: Option<Duration>,
    /// Oldest dead letters are removed when the stream grows past this.
    pub max_bytes: Option<ByteSize>,
    /// What becomes of later events with the same key.
    #[serde(default)]
    pub then: AfterDeadLetter,
}

/// What becomes of later events of a key after one of them became a dead letter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AfterDeadLetter {
    /// They are handled; the dead letter is left behind.
    #[default]
    Skip,
    /// They wait until a person has decided about the dead letter.
    HaltKey,
}

/// Severities and budgets of the lints.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Lints {
    /// Severity by rule id; `cargo xtask explain --list` names them.
    pub severity: BTreeMap<String, Severity>,
    /// Largest size of one payload as JSON before `fat-payload` reports it.
    pub payload_budget: Option<ByteSize>,
    /// Most choreographed steps of a flow before `long-choreography` reports it.
    pub choreography_steps: Option<u32>,
}

/// What a finding of a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Stops generation.
    Error,
    /// Is reported.
    Warn,
    /// Is not looked for.
    Off,
}

/// An exception from a rule, for the thing it is written in and everything below.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allow {
    /// Rule id.
    pub rule: String,
    /// Why the rule does not apply here. Reviewers read this.
    #[schemars(length(min = 1))]
    pub reason: String,
    /// Last day of the exception, as `2027-03-31`.
    pub expires: NaiveDate,
}

/// A bounded context: one part of the business with its own language.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// Team that owns everything in this context unless an event says otherwise.
    pub team: Option<String>,
    /// One sentence about the context.
    pub summary: Option<String>,
    /// More, in Markdown.
    pub description: Option<String>,
    /// Streams, by name. An event that names none gets one of its own, `<event>.v<version>`; declare that name here to
    /// give it settings other than the defaults.
    #[serde(default)]
    pub streams: BTreeMap<String, Stream>,
    /// Types that payloads of this context may use, by name in `PascalCase`. JSON Schema 2020-12.
    #[serde(default)]
    #[expect(clippy::zero_sized_map_values, reason = "the map has the shape of what is written; only names are kept")]
    pub types: BTreeMap<String, PayloadSchema>,
    /// Events, by type such as `order.placed`.
    #[serde(default)]
    pub events: BTreeMap<String, Event>,
    /// Exceptions from rules, for this and everything below.
    #[serde(default)]
    pub allow: Vec<Allow>,
}

/// A file with one context: the same as an entry of `contexts`, with its name inside.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct ContextFile {
    /// Name of the context, in kebab-case.
    pub context: String,
    /// What the context holds.
    #[serde(flatten)]
    pub body: Context,
}

/// A stream (topic): an append-only log split into partitions.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Stream {
    /// One sentence about it.
    pub summary: Option<String>,
    /// More, in Markdown.
    pub description: Option<String>,
    /// Partitions (1 to 1000).
    #[schemars(range(min = 1, max = 1000))]
    pub partitions: Option<u32>,
    /// What keeps order: events with equal keys stay in order. An envelope field (`tenant_id`), a payload field
    /// (`data.order_id`), or a list of them.
    pub partition_key: Option<OneOrMany<String>>,
    /// How long and how much it keeps.
    pub retention: Option<Retention>,
    /// What happens to its events that no attempt could handle.
    pub dead_letter: Option<DeadLetter>,
    /// Exceptions from rules, for this and everything below.
    pub allow: Vec<Allow>,
}

/// Something that happened.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// One sentence: what happened.
    pub summary: Option<String>,
    /// More, in Markdown.
    pub description: Option<String>,
    /// The thing it happened to.
    pub aggregate: Option<String>,
    /// Stream of every version that names none itself.
    pub stream: Option<String>,
    /// Owner, when it is not the context's team.
    pub team: Option<String>,
    /// How sensitive it is; a field may be more sensitive still.
    pub classification: Option<Classification>,
    /// What a new version must keep working.
    pub compatibility: Option<Compatibility>,
    /// Versions, by number from 1.
    #[schemars(extend("minProperties" = 1))]
    pub versions: BTreeMap<u32, Version>,
    /// Exceptions from rules, for this and everything below.
    #[serde(default)]
    pub allow: Vec<Allow>,
}

/// How sensitive data is, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Classification {
    /// May be shown to anybody.
    Public,
    /// For people who work here.
    Internal,
    /// For people who need it.
    Confidential,
    /// About an identifiable person; law says how it is handled.
    Personal,
}

/// One version of an event's payload. A published one never changes its meaning.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// Where it is in its life.
    pub status: Status,
    /// First day in production.
    pub since: Option<NaiveDate>,
    /// Day a deprecated version stops being published.
    pub sunset: Option<NaiveDate>,
    /// What is different from the version before, in one sentence.
    pub changes: Option<String>,
    /// Stream of this version, when it is not the event's.
    pub stream: Option<String>,
    /// How a document of the version before becomes one of this version, so that a consumer handles only this one.
    pub upcast: Option<Cast>,
    /// How a document of this version becomes one of the version before, so that a producer can publish both.
    pub downcast: Option<Cast>,
    /// JSON Schema 2020-12 of the payload. `$ref: Money` names a type of this context or of the catalogue.
    pub data: PayloadSchema,
    /// Payloads as they would be sent.
    #[serde(default)]
    pub examples: Vec<Value>,
    /// Exceptions from rules, for this and everything below.
    #[serde(default)]
    pub allow: Vec<Allow>,
}

/// How a document of one version becomes one of another.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Cast {
    /// Somebody writes it in Rust: generated code asks for a trait and does not compile without it.
    ByHand(ByHand),
    /// Field by field. With nothing in it, every field keeps its name and value.
    Mapping(Mapping),
}

/// The only way that is a word.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ByHand {
    /// Somebody writes it in Rust.
    ByHand,
}

/// Fields of one version to fields of another. A field that is not named keeps its name and value.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Where the value of a field of the other version comes from. Fields of objects are written with a dot:
    /// `ship_to.country`.
    #[serde(default)]
    pub fields: BTreeMap<String, FieldSource>,
    /// Fields that the other version does not have and nobody will miss.
    #[serde(default)]
    pub drop: Vec<String>,
}

/// Where the value of a field comes from: `constant`, or the field `from` (without it, the one of the same name) with
/// at most one of `values`, `before`, `behind`, `times` and `convert`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FieldSource {
    /// Field of the version that is read: `total`, `ship_to.country`.
    pub from: Option<String>,
    /// Always this value.
    #[serde(deserialize_with = "written")]
    pub constant: Option<Value>,
    /// The value where the field is absent or `null`.
    #[serde(deserialize_with = "written")]
    pub default: Option<Value>,
    /// What stands for each text, such as `{ cc: card }`.
    pub values: Option<BTreeMap<String, Value>>,
    /// What stands for a text that `values` does not list; without it, such a text stays.
    #[serde(deserialize_with = "written")]
    pub otherwise: Option<Value>,
    /// The text up to this, or all of it.
    #[schemars(length(min = 1))]
    pub before: Option<String>,
    /// The text behind this; nothing where it is not in the text.
    #[schemars(length(min = 1))]
    pub behind: Option<String>,
    /// The integer multiplied by this: `100` makes cents of euros.
    pub times: Option<i64>,
    /// The value in another shape.
    pub convert: Option<Convert>,
}

/// The same value in another shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Convert {
    /// A number or truth value as text.
    Text,
    /// A list of the value alone.
    List,
}

/// A value that is there, also `null`.
fn written<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// A JSON Schema of a payload. It is read from the tree, where its parts have places, by [`crate::payload`]; a copy
/// here would double the memory of a large catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayloadSchema;

impl<'de> Deserialize<'de> for PayloadSchema {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl JsonSchema for PayloadSchema {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PayloadSchema".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        true.into()
    }
}

/// Where a version is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// May still change freely; nobody may rely on it.
    Draft,
    /// Published and relied on.
    Active,
    /// Still published until its sunset; readers move to a newer version.
    Deprecated,
    /// No longer published; the schema stays for old documents.
    Retired,
}

/// A service that publishes or consumes events.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Team that owns it.
    pub team: Option<String>,
    /// One sentence about it.
    pub summary: Option<String>,
    /// More, in Markdown.
    pub description: Option<String>,
    /// Events it publishes: `order.placed`, `order.placed@2`, `order.*`.
    #[serde(default)]
    pub publishes: Vec<String>,
    /// Events it consumes, written the same way.
    #[serde(default)]
    pub consumes: Vec<String>,
    /// How it keeps a redelivered event from having its effect twice.
    #[serde(default)]
    pub dedup: Dedup,
    /// How long handled event ids are remembered. Longer than retention plus all retries, or a replayed event has its
    /// effect twice.
    pub dedup_window: Option<Duration>,
    /// How far behind it may be.
    pub lag_budget: Option<Duration>,
    /// Waits between attempts, when they are not the default.
    pub retry: Option<Vec<Duration>>,
    /// Exceptions from rules, for this and everything below.
    #[serde(default)]
    pub allow: Vec<Allow>,
}

/// How a consumer keeps a redelivered event from having its effect twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dedup {
    /// A table of handled event ids, written in the transaction of the effect.
    #[default]
    Ledger,
    /// Having the effect twice is the same as having it once.
    Natural,
}

/// A read model kept up to date from events.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Projection {
    /// Service that keeps it.
    pub service: String,
    /// One sentence about it.
    pub summary: Option<String>,
    /// Events it is built from, as in a service's `consumes`.
    pub from: Vec<String>,
    /// How stale it may be.
    pub lag_budget: Option<Duration>,
    /// Exceptions from rules, for this and everything below.
    #[serde(default)]
    pub allow: Vec<Allow>,
}

/// A business process that spans services (a saga).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// One sentence about it.
    pub summary: Option<String>,
    /// More, in Markdown.
    pub description: Option<String>,
    /// Who decides what comes next.
    pub style: FlowStyle,
    /// The service that conducts an orchestrated flow.
    pub orchestrator: Option<String>,
    /// Payload field that is the same in every event of one run, such as `data.order_id`.
    pub correlation: Option<String>,
    /// The steps, in the order of a run that goes well.
    pub steps: Vec<Step>,
    /// Exceptions from rules, for this and everything below.
    #[serde(default)]
    pub allow: Vec<Allow>,
}

/// Who decides what comes next in a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlowStyle {
    /// Each service reacts to events of the others.
    Choreography,
    /// One service tells the others.
    Orchestration,
}

/// One step of a flow.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Kebab-case, unique in the flow.
    pub name: String,
    /// Service that takes the step.
    pub service: String,
    /// Events that start the step. None for the first step, which starts from outside.
    #[serde(default)]
    pub on: OneOrMany<String>,
    /// Events the step may end with.
    pub emits: OneOrMany<String>,
    /// What undoes the step. The last step needs none.
    pub compensation: Option<Compensation>,
    /// How long the step may take.
    pub timeout: Option<Duration>,
}

/// What undoes a step.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compensation {
    /// Events that make it necessary.
    pub on: OneOrMany<String>,
    /// Events that tell it is done.
    pub emits: OneOrMany<String>,
}

/// One value, or a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One value.
    One(T),
    /// A list, also an empty one.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// The values in order.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}
