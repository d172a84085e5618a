//! Tests that could not run here: counted by name, never passed in silence.

use std::{
    env, fmt,
    fs::{self, OpenOptions},
    io::Write as _,
    path::Path,
    thread,
};

use super::{Error, REQUIRE};

/// The file that tests of a [`Session`](super::Session) append to; the session sets it.
pub(super) const NOT_RUN: &str = "TIDINGS_NOT_RUN";

/// A test that had no server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotRun {
    /// The test's name.
    pub test: String,
    /// Every way that was tried, and why it did not work.
    pub reason: String,
}

/// The tests that did not run, in order of their names. Its `Display` is what a user should read after a test run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// One entry for each test.
    pub not_run: Vec<NotRun>,
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.not_run.len();
        writeln!(out, "{count} test{} not run", if count == 1 { "" } else { "s" })?;
        let mut last = "";
        for NotRun { test, reason } in &self.not_run {
            if reason != last {
                writeln!(out, "  {reason}")?;
            }
            writeln!(out, "    {test}")?;
            last = reason;
        }
        Ok(())
    }
}

impl Report {
    /// Reads and removes what the tests appended.
    pub(super) fn take(path: &Path) -> Result<Self, Error> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(path).map_err(Error::file(path))?;
        fs::remove_file(path).map_err(Error::file(path))?;
        let mut not_run: Vec<NotRun> = text
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .map(|(test, reason)| NotRun { test: test.to_owned(), reason: reason.to_owned() })
            .collect();
        not_run.sort_by(|a, b| (&a.reason, &a.test).cmp(&(&b.reason, &b.test)));
        not_run.dedup();
        Ok(Self { not_run })
    }
}

/// Reports the test that runs on this thread.
///
/// # Panics
/// When servers are required.
pub(super) fn not_run(reason: &str) {
    let test = current_test();
    assert!(
        env::var_os(REQUIRE).is_none_or(|value| value != "1"),
        "`{test}` needs a server that is not there: {reason}"
    );
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(path) = env::var_os(NOT_RUN) {
        // One write, so that lines of tests in other processes do not mix.
        let appended = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .and_then(|mut file| file.write_all(format!("{test}\t{reason}\n").as_bytes()));
        assert!(appended.is_ok(), "the report {} cannot be written: {appended:?}", Path::new(&path).display());
    }
    eprintln!("not run: {test}: {reason}");
}

/// The harness names a test's thread after it; a single test may run on the main thread, where nextest still says so.
fn current_test() -> String {
    let program = env::current_exe().unwrap_or_default();
    let program = program.file_stem().unwrap_or_default().to_string_lossy();
    let binary = program.rsplit_once('-').map_or(&*program, |(name, _hash)| name);
    let thread = thread::current();
    let named = thread.name().filter(|name| *name != "main").map(str::to_owned);
    let test = named.or_else(|| env::var("NEXTEST_TEST_NAME").ok()).unwrap_or_else(|| "unnamed".to_owned());
    format!("{binary}::{test}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_each_test_once_under_its_reason_and_is_taken_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("not-run");
        fs::write(&path, "relay::drains\tno RabbitMQ\nmigrations::apply\tno PostgreSQL\nrelay::drains\tno RabbitMQ\n")
            .unwrap();
        let report = Report::take(&path).unwrap();
        let expected = "2 tests not run\n  no PostgreSQL\n    migrations::apply\n  no RabbitMQ\n    relay::drains\n";
        assert_eq!(report.to_string(), expected);
        assert_eq!(Report::take(&path).unwrap(), Report::default());
    }

    #[test]
    fn a_test_is_reported_by_its_own_name() {
        assert!(current_test().ends_with("report::tests::a_test_is_reported_by_its_own_name"), "{}", current_test());
    }
}
