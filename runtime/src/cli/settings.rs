//! What an operator may set, and where it was set: in the command line, in the environment or in a file, in this order.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Something that may be set.
#[derive(Debug)]
pub(crate) struct Setting {
    /// In a file. In the environment, in capitals and behind `TIDINGS_`.
    pub(crate) key: &'static str,
    /// In a few words.
    pub(crate) about: &'static str,
    /// What holds where it is not set.
    pub(crate) default: Option<&'static str>,
}

const fn setting(key: &'static str, default: Option<&'static str>, about: &'static str) -> Setting {
    Setting { key, about, default }
}

/// Of `tidings relay`, in the order in which people need them.
pub(crate) const RELAY: &[Setting] = &[
    setting("database_url", None, "postgres://user@host/name?sslmode=verify-full&sslrootcert=FILE, or sqlite:FILE"),
    setting("database_password", None, "its password, where the URL has none"),
    setting("database_password_file", None, "a file with that password"),
    setting("broker_url", None, "rabbitmq-stream://user@host:5552/vhost, or rabbitmq-stream+tls:// (port 5551)"),
    setting("broker_password", None, "its password, where the URL has none"),
    setting("broker_password_file", None, "a file with that password"),
    setting("broker_ca_file", None, "certificate authorities of the broker (PEM); needed for TLS"),
    setting("broker_certificate_file", None, "client certificate (PEM), where the broker asks for one"),
    setting("broker_key_file", None, "its private key (PEM)"),
    setting("broker_load_balanced", Some("false"), "whether the broker's nodes can only be reached by the URL"),
    setting("group", None, "name of the relays that share the work; with another name, events are published anew"),
    setting("topology", Some("ignore"), "streams at the start: apply creates what is missing, check only looks"),
    setting("definitions", None, "generated/topology/definitions.json, for apply and check"),
    setting("listen", None, "address for /livez, /readyz and /metrics, such as 127.0.0.1:9187"),
    setting("log", Some("info,rabbitmq_stream_client=error"), "what is logged to stderr, as in RUST_LOG"),
    setting("log_format", Some("text"), "text or json"),
    setting("retain", Some("15m"), "how long published rows are kept, in case the broker loses them"),
    setting("chunk", Some("5000"), "rows that are read and sent at once"),
    setting("unconfirmed", Some("50000"), "messages of a partition that may be sent and not yet confirmed"),
    setting("poll_shortest", Some("2ms"), "shortest time between two looks at an empty outbox"),
    setting("poll_longest", Some("50ms"), "longest time between them"),
    setting("standby", Some("1s"), "how often a relay that does not lead tries to"),
    setting("backoff_shortest", Some("100ms"), "shortest wait after a failure"),
    setting("backoff_longest", Some("30s"), "longest wait after many"),
];

impl Setting {
    /// Its name in the environment.
    pub(crate) fn variable(&self) -> String {
        variable(self.key)
    }
}

/// Name of a setting in the environment.
pub(crate) fn variable(key: &str) -> String {
    format!("TIDINGS_{}", key.to_uppercase())
}

/// All settings by their names in the environment, for `--help`.
pub(crate) fn help(settings: &[Setting]) -> String {
    let mut text = String::from(
        "Settings, as environment variables. A file given with --config has the same without `TIDINGS_` and in small \
         letters, in TOML: group = \"orders\". Options win over variables, and variables over the file.\n",
    );
    for setting in settings {
        let default = setting.default.map(|default| format!(" [default: {default}]")).unwrap_or_default();
        text += "\n  ";
        text += &setting.variable();
        text += "\n          ";
        text += setting.about;
        text += &default;
    }
    text.push_str(
        "\n\nEnds with 0 after SIGTERM or SIGINT, with 1 when something is wrong that no wait mends, and with 2 when a \
         setting is wrong. All else, such as a database that is down, is logged and tried again.",
    );
    text
}

/// Where something was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Option { key: &'static str },
    Variable { name: String },
    File { path: Arc<PathBuf>, line: usize, key: String },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option { key } => write!(f, "--{}", key.replace('_', "-")),
            Self::Variable { name } => f.write_str(name),
            Self::File { path, line, key } => write!(f, "{}:{line}: {key}", path.display()),
        }
    }
}

/// What was set. The text may be a password, so it is not shown.
#[derive(Clone)]
pub(crate) struct Given {
    pub(crate) text: String,
    pub(crate) place: Place,
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Given").field("place", &self.place).finish_non_exhaustive()
    }
}

/// What was set, by key.
#[derive(Debug, Default)]
pub(crate) struct Values(BTreeMap<&'static str, Given>);

impl Values {
    /// Adds what has not been set yet.
    pub(crate) fn or(&mut self, key: &'static str, given: Option<Given>) {
        if let Some(given) = given {
            self.0.entry(key).or_insert(given);
        }
    }

    /// Adds what the environment sets. A variable that is empty is none.
    pub(crate) fn or_environment(&mut self, settings: &'static [Setting], faults: &mut Vec<String>) {
        for setting in settings {
            let name = setting.variable();
            match std::env::var(&name) {
                Ok(text) if !text.is_empty() => {
                    self.or(setting.key, Some(Given { text, place: Place::Variable { name } }));
                }
                Err(std::env::VarError::NotUnicode(_)) => faults.push(format!("{name}: it is not UTF-8")),
                Ok(_) | Err(std::env::VarError::NotPresent) => {}
            }
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Given> {
        self.0.get(key)
    }
}
