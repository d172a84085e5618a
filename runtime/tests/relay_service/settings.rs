//! Settings that make no sense: nothing begins, and each fault is one line with its place and a remedy.

use std::collections::BTreeSet;
use std::process::Command;

use super::process::{Ended, Process, Variables};

/// What a relay needs, with nobody behind the addresses.
fn least() -> Variables<'static> {
    vec![
        ("TIDINGS_DATABASE_URL", "postgres://u@localhost:1/d".to_owned()),
        ("TIDINGS_BROKER_URL", "rabbitmq-stream://u@localhost:1".to_owned()),
        ("TIDINGS_GROUP", "orders".to_owned()),
    ]
}

async fn refused(arguments: &[&str], variables: &Variables<'_>) -> Vec<String> {
    let Ended { code, output } = Process::start(arguments, variables).ended().await;
    assert_eq!(code, Some(2), "{output}");
    let lines: Vec<String> = output.lines().map(str::to_owned).collect();
    assert!(lines.iter().all(|line| line.starts_with("error: ")), "{output}");
    lines
}

#[tokio::test]
async fn all_that_is_missing_is_named_at_once() {
    let expected = [
        "error: group is missing: set TIDINGS_GROUP, such as the name of the service",
        "error: database_url is missing: set TIDINGS_DATABASE_URL, such as postgres://user@host:5432/name or sqlite:FILE",
        "error: broker_url is missing: set TIDINGS_BROKER_URL, such as rabbitmq-stream://user@host:5552/vhost",
    ];
    assert_eq!(refused(&[], &Vec::new()).await, expected);
}

#[tokio::test]
async fn each_bad_setting_is_named_with_its_place_and_a_remedy() {
    for (name, value, expected) in [
        (
            "TIDINGS_DATABASE_URL",
            "mysql://u:hidden@h/d",
            "it is the URL of no database that has an outbox; write postgres://user@host:5432/name or sqlite:FILE",
        ),
        (
            "TIDINGS_DATABASE_URL",
            "postgres://u:hidden@h:many/d",
            "it is no URL: invalid port number; write postgres://user@host:5432/name or sqlite:FILE",
        ),
        (
            "TIDINGS_DATABASE_URL",
            "postgres://u:hidden@h/d?sslmod=require",
            "it has no parameter `sslmod`; there are sslmode, sslrootcert, sslcert, sslkey, host, hostaddr, port, dbname, \
             user, password, application_name, options",
        ),
        (
            "TIDINGS_DATABASE_URL",
            "postgres://u:hidden@h/d?sslmode=always",
            "unknown value \"always\" for `ssl_mode`; write postgres://user@host:5432/name or sqlite:FILE",
        ),
        (
            "TIDINGS_BROKER_URL",
            "amqp://u:hidden@h",
            "`amqp` is no scheme of RabbitMQ streams; write rabbitmq-stream://user@host:5552/vhost",
        ),
        ("TIDINGS_LISTEN", "9187", "it is no address; write 127.0.0.1:9187, or 0.0.0.0:9187"),
        ("TIDINGS_RETAIN", "15", "it is no duration; write 50ms, 30s or 15m"),
        ("TIDINGS_POLL_SHORTEST", "0s", "it is too short; write at least 1ms"),
        ("TIDINGS_UNCONFIRMED", "0", "it is no whole number of at least 1"),
        ("TIDINGS_TOPOLOGY", "make", "it is none of apply, check and ignore"),
        ("TIDINGS_DEFINITIONS", "/nowhere.json", "cannot read `/nowhere.json`: No such file or directory (os error 2)"),
        (
            "TIDINGS_DATABASE_PASSWORD_FILE",
            "/nowhere/password",
            "cannot read `/nowhere/password`: No such file or directory (os error 2)",
        ),
        ("TIDINGS_LOG", "tidings=loud", "it is no filter of logs; write info, or tidings=debug,warn"),
        ("TIDINGS_BROKER_LOAD_BALANCED", "yes", "it is neither true nor false"),
    ] {
        let mut variables = least();
        variables.push((name, value.to_owned()));
        assert_eq!(refused(&[], &variables).await, [format!("error: {name}: {expected}")]);
    }
}

#[tokio::test]
async fn a_file_is_refused_by_line_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.toml");
    for (text, line, expected) in [
        (
            "group = \"a\"\n\nbroker_pasword = \"hidden\"\n",
            3,
            "broker_pasword: there is no such setting; did you mean `broker_password`?",
        ),
        ("listen_address = \"hidden\"", 1, "listen_address: there is no such setting; `tidings relay --help` has all"),
        (
            "group = \"a\"\ndatabase_password = [\"hidden\"]",
            2,
            "database_password: it is a text, a whole number or true or false; put it in quotes",
        ),
        ("group = \"a\"\nlisten = \"hidden\"\n", 2, "listen: it is no address; write 127.0.0.1:9187, or 0.0.0.0:9187"),
    ] {
        std::fs::write(&path, text).unwrap();
        let lines = refused(&["--config", path.to_str().unwrap()], &least()).await;
        assert_eq!(lines, [format!("error: {}:{line}: {expected}", path.display())]);
    }
    for text in ["\ndatabase_password = hidden\n", "\ndatabase_password = \"hidden\n", "\ndatabase_password \"hidden\""]
    {
        std::fs::write(&path, text).unwrap();
        let lines = refused(&["--config", path.to_str().unwrap()], &least()).await;
        assert!(lines[0].starts_with(&format!("error: {}:2: ", path.display())), "{lines:?}");
        assert!(lines[0].ends_with("; write `name = value` in TOML"), "{lines:?}");
        assert!(!lines.concat().contains("hidden"), "{lines:?}");
    }
}

#[tokio::test]
async fn options_win_over_variables_and_variables_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.toml");
    std::fs::write(&path, "chunk = 0\nunconfirmed = 0\nlisten = \"file\"\n").unwrap();
    let mut variables = least();
    variables.extend([("TIDINGS_CHUNK", "7".to_owned()), ("TIDINGS_LISTEN", "variable".to_owned())]);
    let lines = refused(&["--config", path.to_str().unwrap(), "--listen", "option"], &variables).await;
    let expected = [
        "error: --listen: it is no address; write 127.0.0.1:9187, or 0.0.0.0:9187".to_owned(),
        format!("error: {}:2: unconfirmed: it is no whole number of at least 1", path.display()),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn readme_names_no_setting_that_help_does_not() {
    let help = Command::new(env!("CARGO_BIN_EXE_tidings")).args(["relay", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let names = |text: &str| -> BTreeSet<String> {
        let words =
            text.split(|letter: char| !letter.is_ascii_uppercase() && letter != '_' && !letter.is_ascii_digit());
        words.filter(|word| word.starts_with("TIDINGS_") && word.len() > 8).map(str::to_owned).collect()
    };
    let readme = include_str!("../../../README.md");
    let section = readme.split("\n### The relay as a service\n").nth(1).unwrap().split("\n##").next().unwrap();
    let (told, known) = (names(section), names(&help));
    assert!(!told.is_empty() && told.is_subset(&known), "{told:?} and {known:?}");
}
