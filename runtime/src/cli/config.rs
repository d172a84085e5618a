//! What `tidings relay` is to do: its settings, read and held against each other.

use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use rabbitmq_stream_client::TlsConfiguration;
use tidings::broker::{Address, Layout, RabbitMq};
use tidings::relay::{Most, Settings};

use super::certificates;
use super::database_url::Database;
use super::log::{self, Format, Log};
use super::secret::Secret;
use super::settings::{Given, RELAY, Values, variable};

/// Rows at once: more than this is no batch, and fills memory.
const CHUNKS: RangeInclusive<u64> = 1..=1_000_000;

/// What `tidings relay` is to do.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) database: Database,
    pub(crate) broker: RabbitMq,
    pub(crate) group: String,
    pub(crate) topology: Topology,
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) settings: Settings,
}

/// What becomes of the broker's streams at the start.
#[derive(Debug)]
pub(crate) enum Topology {
    Apply(Layout),
    Check(Layout),
    Ignore,
}

/// All that is wrong with settings, a line for each.
#[derive(Debug, thiserror::Error)]
pub(crate) struct Faults(pub(crate) Vec<String>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl Config {
    /// Reads `values`, and adds to `faults` what is wrong with them. To be called in a runtime.
    pub(crate) fn read(values: &Values, faults: Vec<String>) -> Result<(Self, Log), Faults> {
        let mut reader = Reader { values, faults };
        let group = reader.required("group", "such as the name of the service", |text| Ok(text.to_owned()));
        let database = reader.database(group.as_deref().unwrap_or_default());
        let broker = reader.broker();
        let topology = reader.topology();
        let listen = reader.optional("listen", |text| {
            text.parse().map_err(|_| "it is no address; write 127.0.0.1:9187, or 0.0.0.0:9187".to_owned())
        });
        let settings = reader.settings();
        let log = reader.log();
        match (database, broker, group, topology, settings, log) {
            (Some(database), Some(broker), Some(group), Some(topology), Some(settings), Some(log))
                if reader.faults.is_empty() =>
            {
                Ok((Self { database, broker, group, topology, listen, settings }, log))
            }
            _ => Err(Faults(reader.faults)),
        }
    }
}

/// Reads settings one by one, and goes on after a fault: one run shows all.
struct Reader<'v> {
    values: &'v Values,
    faults: Vec<String>,
}

impl Reader<'_> {
    fn read<T>(&mut self, given: &Given, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        read(&given.text).map_err(|fault| self.faults.push(format!("{}: {fault}", given.place))).ok()
    }

    fn optional<T>(&mut self, key: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let given = self.values.get(key)?;
        self.read(given, read)
    }

    fn required<T>(&mut self, key: &str, hint: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        if self.values.get(key).is_none() {
            self.faults.push(format!("{key} is missing: set {}, {hint}", variable(key)));
        }
        self.optional(key, read)
    }

    /// What is set, or its default.
    fn defaulted<T>(&mut self, key: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        if self.values.get(key).is_some() {
            return self.optional(key, read);
        }
        let default = RELAY.iter().find(|setting| setting.key == key).and_then(|setting| setting.default);
        read(default.unwrap_or_default()).map_err(|fault| self.faults.push(format!("{key}: {fault}"))).ok()
    }

    fn password(&mut self, key: &str, file: &str) -> Option<Secret> {
        if let (Some(text), Some(file)) = (self.values.get(key), self.values.get(file)) {
            self.faults.push(format!("{} and {} both give the password; take one away", text.place, file.place));
        }
        let from_file = self.optional(file, |path| Secret::from_file(path.as_ref()));
        from_file.or(self.optional(key, |text| Ok(Secret::new(text))))
    }

    fn database(&mut self, group: &str) -> Option<Database> {
        let password = self.password("database_password", "database_password_file");
        let name = format!("tidings relay {group}");
        let hint = "such as postgres://user@host:5432/name or sqlite:FILE";
        self.required("database_url", hint, |url| Database::at(url, password.as_ref(), &name))
    }

    fn broker(&mut self) -> Option<RabbitMq> {
        let password = self.password("broker_password", "broker_password_file");
        let hint = "such as rabbitmq-stream://user@host:5552/vhost";
        let address =
            self.required("broker_url", hint, |url| url.parse::<Address>().map_err(|fault| fault.to_string()));
        let load_balanced = self.defaulted("broker_load_balanced", boolean);
        let tls = self.tls(address.as_ref().is_some_and(Address::is_tls));
        let broker = address?.broker(password.as_ref().map(Secret::reveal)).with_tls(tls?);
        Some(if load_balanced? { broker.behind_load_balancer() } else { broker })
    }

    fn tls(&mut self, wanted: bool) -> Option<TlsConfiguration> {
        let keys = ["broker_ca_file", "broker_certificate_file", "broker_key_file"];
        if !wanted {
            if let Some(given) = keys.iter().find_map(|key| self.values.get(key)) {
                let fault =
                    "it is for TLS, which the broker's URL does not ask for; begin that with rabbitmq-stream+tls://";
                self.faults.push(format!("{}: {fault}", given.place));
                return None;
            }
            return Some(TlsConfiguration::Disabled);
        }
        let hint = "the authorities that the broker's certificate comes from; public ones are in a file of the system, \
                    often /etc/ssl/certs/ca-certificates.crt";
        let authorities = self.required(keys[0], hint, |path| certificates::authorities(path.as_ref()))?;
        let tls = TlsConfiguration::builder().add_root_certificates(authorities);
        let tls = match (self.values.get(keys[1]), self.values.get(keys[2])) {
            (None, None) => tls,
            (Some(certificate), Some(key)) => {
                let key = PathBuf::from(&key.text);
                let (certificate, key) = self.read(certificate, |path| certificates::identity(path.as_ref(), &key))?;
                tls.add_client_certificates_keys(certificate, key)
            }
            (Some(alone), None) | (None, Some(alone)) => {
                let fault = "a client's certificate and its key go together; set both";
                self.faults.push(format!("{}: {fault}", alone.place));
                return None;
            }
        };
        tls.build().map_err(|fault| self.faults.push(format!("{}: {fault}", variable(keys[0])))).ok()
    }

    fn topology(&mut self) -> Option<Topology> {
        let layout = self.optional("definitions", |path| {
            let text = std::fs::read_to_string(path).map_err(|cause| format!("cannot read `{path}`: {cause}"))?;
            Layout::from_definitions(&text).map_err(|fault| fault.to_string())
        });
        let what = self.defaulted("topology", |text| match text {
            "apply" | "check" | "ignore" => Ok(text.to_owned()),
            _ => Err("it is none of apply, check and ignore".to_owned()),
        })?;
        if what == "ignore" {
            return Some(Topology::Ignore);
        }
        if self.values.get("definitions").is_none() {
            let hint = "the topology/definitions.json that the catalogue became";
            self.faults.push(format!("definitions is missing: set {}, {hint}", variable("definitions")));
        }
        layout.map(if what == "apply" { Topology::Apply } else { Topology::Check })
    }

    fn settings(&mut self) -> Option<Settings> {
        let chunk = self.defaulted("chunk", |text| number(text, CHUNKS));
        let unconfirmed = self.defaulted("unconfirmed", |text| number(text, 1..=u64::MAX));
        let poll = self.range("poll_shortest", "poll_longest");
        let backoff = self.range("backoff_shortest", "backoff_longest");
        let retain = self.defaulted("retain", duration);
        let standby = self.defaulted("standby", some_time);
        Some(Settings {
            chunk: Most { rows: usize::try_from(chunk?).ok()?, ..Settings::default().chunk },
            unconfirmed: unconfirmed?,
            poll: poll?,
            retain: retain?,
            standby: standby?,
            backoff: backoff?,
        })
    }

    fn range(&mut self, shortest: &str, longest: &str) -> Option<(Duration, Duration)> {
        let range = (self.defaulted(shortest, some_time)?, self.defaulted(longest, some_time)?);
        if range.0 > range.1 {
            self.faults.push(format!("{shortest} is longer than {longest}; set {} too", variable(longest)));
            return None;
        }
        Some(range)
    }

    fn log(&mut self) -> Option<Log> {
        let format = self.defaulted("log_format", |text| match text {
            "text" => Ok(Format::Text),
            "json" => Ok(Format::Json),
            _ => Err("it is neither text nor json".to_owned()),
        });
        let filter = self.defaulted("log", log::filter);
        Some(Log { filter: filter?, format: format? })
    }
}

fn boolean(text: &str) -> Result<bool, String> {
    bool::from_str(text).map_err(|_| "it is neither true nor false".to_owned())
}

fn number(text: &str, range: RangeInclusive<u64>) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| match (range.start(), range.end()) {
        (least, &u64::MAX) => format!("it is no whole number of at least {least}"),
        (least, most) => format!("it is no whole number from {least} to {most}"),
    })
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "it is no duration; write 50ms, 30s or 15m".to_owned())
}

fn some_time(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if duration.is_zero() { Err("it is too short; write at least 1ms".to_owned()) } else { Ok(duration) }
}

#[cfg(test)]
mod tests {
    use super::super::settings::Place;
    use super::*;

    fn read(set: &[(&'static str, &str)]) -> Result<Config, Vec<String>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _in_runtime = runtime.enter();
        let mut values = Values::default();
        let least = [("group", "orders"), ("database_url", "sqlite::memory:"), ("broker_url", "rabbitmq-stream://b")];
        for (key, text) in set.iter().chain(&least) {
            let place = Place::Variable { name: variable(key) };
            values.or(key, Some(Given { text: (*text).to_owned(), place }));
        }
        Config::read(&values, Vec::new()).map(|(config, _)| config).map_err(|Faults(faults)| faults)
    }

    #[test]
    fn what_is_not_set_is_as_the_library_has_it() {
        let config = read(&[]).unwrap();
        assert_eq!(format!("{:?}", config.settings), format!("{:?}", Settings::default()));
        assert!(matches!(config.topology, Topology::Ignore));
    }

    #[test]
    fn all_faults_come_at_once() {
        let faults = read(&[("chunk", "0"), ("poll_longest", "1ms"), ("listen", "9187"), ("log_format", "xml")]);
        let expected = [
            "TIDINGS_LISTEN: it is no address; write 127.0.0.1:9187, or 0.0.0.0:9187",
            "TIDINGS_CHUNK: it is no whole number from 1 to 1000000",
            "poll_shortest is longer than poll_longest; set TIDINGS_POLL_LONGEST too",
            "TIDINGS_LOG_FORMAT: it is neither text nor json",
        ];
        assert_eq!(faults.unwrap_err(), expected);
    }

    #[test]
    fn tls_is_never_without_authorities() {
        let faults = read(&[("broker_url", "rabbitmq-stream+tls://b")]).unwrap_err();
        assert!(faults[0].starts_with("broker_ca_file is missing: set TIDINGS_BROKER_CA_FILE"), "{faults:?}");
        let faults = read(&[("broker_ca_file", "/ca.pem")]).unwrap_err();
        assert!(faults[0].contains("begin that with rabbitmq-stream+tls://"), "{faults:?}");
    }

    #[test]
    fn no_password_is_shown() {
        let faults = read(&[("database_url", "postgres://u:hidden@h:port/d"), ("broker_url", "amqp://u:hidden@b")]);
        let faults = format!("{faults:?}");
        assert!(faults.contains("DATABASE_URL") && faults.contains("BROKER_URL"), "{faults}");
        assert!(!faults.contains("hidden"), "{faults}");
        let passwords =
            [("database_url", "postgres://u@h/d"), ("database_password", "hidden"), ("broker_password", "hidden")];
        let shown = format!("{:?}", read(&passwords).unwrap());
        assert!(!shown.contains("hidden"), "{shown}");
    }
}
