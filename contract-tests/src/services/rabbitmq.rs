//! A test's own virtual host on RabbitMQ.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::{Value, json};
use ureq::Agent;
use url::Url;
use uuid::Uuid;

use super::server::Running;

/// Of one request to the management API; an import declares dozens of queues.
const PATIENCE: Duration = Duration::from_mins(1);

/// Whether the management API answers.
pub(super) fn answers(management: &Url) -> bool {
    agent().get(format!("{management}api/overview")).call().is_ok_and(|answer| answer.status().is_success())
}

/// The parts of a definitions file that belong to one virtual host.
const HOSTED: [&str; 7] =
    ["queues", "exchanges", "bindings", "permissions", "topic_permissions", "policies", "parameters"];

/// An empty virtual host of one test. It is removed with this value, and so are the users the test imported.
///
/// The methods that ask the server block for some milliseconds.
#[derive(Debug)]
pub struct RabbitMq {
    server: Arc<Running>,
    host: String,
}

impl RabbitMq {
    pub(super) fn create(server: Arc<Running>) -> Self {
        let this = Self { server, host: format!("tidings-{}", Uuid::new_v4().simple()) };
        this.put(&format!("vhosts/{}", this.host), &json!({}));
        let (user, all) = (this.user(), ".*");
        this.put(&format!("permissions/{}/{user}", this.host), &json!({"configure": all, "write": all, "read": all}));
        this
    }

    /// The virtual host.
    pub fn virtual_host(&self) -> &str {
        &self.host
    }

    /// Where clients of the stream protocol connect: name and port.
    pub fn stream_address(&self) -> (&str, u16) {
        let url = &self.server.urls.0[1];
        (url.host_str().unwrap_or_default(), url.port().unwrap_or(5552))
    }

    /// The URL for AMQP clients, with the user that may do everything and the virtual host.
    pub fn amqp_url(&self) -> String {
        let mut url = self.server.urls.0[0].clone();
        url.set_path(&self.host);
        url.into()
    }

    /// The user that may do everything in the virtual host.
    pub fn user(&self) -> &str {
        self.server.urls.0[1].username()
    }

    /// Its password.
    pub fn password(&self) -> &str {
        self.server.urls.0[1].password().unwrap_or_default()
    }

    /// The name under which this server knows a user of the imported definitions. Users belong to no virtual host, so
    /// each test has its own.
    pub fn imported_user(&self, name: &str) -> String {
        format!("{}.{name}", self.host)
    }

    /// Gives an imported user a password and returns the name to log in with.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn set_password(&self, name: &str, password: &str) -> String {
        let user = self.imported_user(name);
        self.put(&format!("users/{user}"), &json!({"password": password, "tags": []}));
        user
    }

    /// Imports a definitions file: its queues, exchanges, bindings and policies into this virtual host, its users and
    /// their permissions under [`RabbitMq::imported_user`]. What it says about the whole server is left out.
    ///
    /// # Errors
    /// The server's answer, when it refuses the definitions.
    pub fn import(&self, definitions: &Value) -> Result<(), String> {
        let mut ours = serde_json::Map::new();
        for (section, entries) in definitions.as_object().into_iter().flatten() {
            let mut entries = entries.clone();
            for entry in entries.as_array_mut().into_iter().flatten() {
                match section.as_str() {
                    "users" => entry["name"] = self.imported_user(text(entry, "name")).into(),
                    _ => entry["vhost"] = self.host.as_str().into(),
                }
                if let Some(user) = entry.get("user").and_then(Value::as_str) {
                    entry["user"] = self.imported_user(user).into();
                }
            }
            if section == "users" || HOSTED.contains(&section.as_str()) {
                ours.insert(section.clone(), entries);
            }
        }
        let answer = agent().post(self.url("definitions")).send_json(Value::Object(ours));
        let mut answer = answer.map_err(|cause| cause.to_string())?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(answer.body_mut().read_to_string().unwrap_or_else(|cause| cause.to_string()))
    }

    /// What this virtual host holds now, in the shape of a definitions file: the names of imported users are as they
    /// were in their file, and nothing names a virtual host.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn export(&self) -> BTreeMap<String, Vec<Value>> {
        let definitions = self.get("definitions");
        let prefix = self.imported_user("");
        let mut ours = BTreeMap::new();
        for section in HOSTED.into_iter().chain(["users"]) {
            let mut entries = Vec::new();
            for entry in definitions[section].as_array().into_iter().flatten() {
                let mut entry = entry.clone();
                let owner = if section == "users" { "name" } else { "user" };
                let imported = text(&entry, owner).strip_prefix(&prefix).map(str::to_owned);
                if section == "users" && imported.is_none() || section != "users" && text(&entry, "vhost") != self.host
                {
                    continue;
                }
                if let Some(name) = imported {
                    entry[owner] = name.into();
                }
                entry.as_object_mut().map(|entry| entry.remove("vhost"));
                entries.push(entry);
            }
            ours.insert(section.to_owned(), entries);
        }
        ours
    }

    /// Every user of the server, of other tests too.
    pub fn users(&self) -> Vec<String> {
        let users = agent().get(self.url("users")).call().and_then(|mut answer| answer.body_mut().read_json());
        let users: Vec<Value> = users.unwrap_or_default();
        users.iter().map(|user| text(user, "name").to_owned()).collect()
    }

    fn url(&self, path: &str) -> String {
        format!("{}api/{path}", self.server.urls.0[2])
    }

    fn get(&self, path: &str) -> Value {
        let answer = agent().get(self.url(path)).call().and_then(|mut answer| answer.body_mut().read_json());
        answer.unwrap_or_else(|cause| panic!("RabbitMQ refused GET {path}: {cause}"))
    }

    fn put(&self, path: &str, body: &Value) {
        let answer = agent().put(self.url(path)).send_json(body);
        let status = answer.map(|answer| answer.status());
        assert!(
            status.as_ref().is_ok_and(ureq::http::StatusCode::is_success),
            "RabbitMQ refused PUT {path}: {status:?}"
        );
    }

    fn delete(&self, path: &str) {
        let answer = agent().delete(self.url(path)).call();
        if !answer.as_ref().is_ok_and(|answer| answer.status().is_success()) {
            eprintln!("RabbitMQ refused DELETE {path}: {answer:?}");
        }
    }
}

/// Blocks for some milliseconds, though it is `Drop`: a test that fails must not leave anything on a server that stays.
impl Drop for RabbitMq {
    fn drop(&mut self) {
        self.delete(&format!("vhosts/{}", self.host));
        let imported = self.imported_user("");
        for user in self.users().iter().filter(|name| name.starts_with(&imported)) {
            self.delete(&format!("users/{user}"));
        }
    }
}

fn text<'a>(entry: &'a Value, field: &str) -> &'a str {
    entry[field].as_str().unwrap_or_default()
}

/// Statuses are answers here, not errors: the body says what was wrong.
fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().into()
}
