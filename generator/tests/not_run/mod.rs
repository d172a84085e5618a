//! Tests that need what this machine may not have.

use std::env;
use std::fs::File;
use std::io::Write as _;

/// Says that a test could not run here, and why. `cargo xtask test` collects these lines.
pub(crate) fn not_run(test: &str, reason: &str) {
    eprintln!("not run: {test}: {reason}");
    if let Some(report) = env::var_os("TIDINGS_NOT_RUN") {
        let mut report = File::options().append(true).create(true).open(report).expect("the report");
        report.write_all(format!("{test}\t{reason}\n").as_bytes()).expect("a line in the report");
    }
}
