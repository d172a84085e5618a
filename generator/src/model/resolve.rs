//! Names to what they stand for, defaults to values.

mod casts;
mod events;
mod names;
mod selection;
mod services;
mod streams;

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::format::{self, ByteSize};
use crate::load::Tree;
use crate::model::{Allow, Context, Lints, Model, Place, Team};
use crate::payload::{Scope, SharedTypes};
use crate::rules::reference as rule;
use crate::source::Span;
use crate::suggest;
use crate::yaml::Node;
use events::Payloads;

const DEFAULT_PAYLOAD_BUDGET: ByteSize = ByteSize(64_000);
const DEFAULT_CHOREOGRAPHY_STEPS: u32 = 3;

/// Resolves a catalogue. Parts with errors are left out of the model; a model made with errors is good for further
/// checks and not for generating.
#[must_use]
pub fn resolve(tree: &Tree) -> (Model, Vec<Diagnostic>) {
    let mut resolver = Resolver { tree, payloads: Payloads::new(), out: Vec::new() };
    let model = resolver.model();
    (model, resolver.out)
}

struct Resolver<'a> {
    tree: &'a Tree,
    /// Taken out as versions are resolved.
    payloads: Payloads,
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
        self.payloads = events::payloads(self.tree, &model.types);
        for (name, context) in &catalogue.contexts {
            self.events(name, context, &mut model);
        }
        self.casts(&mut model);
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
}
