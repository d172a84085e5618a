//! A user's workspace in a scratch folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) const CATALOGUE: &str = "format: tidings/1
name: shop
summary: A shop.
teams: { checkout: { name: Checkout, email: checkout@example.com, on_call: https://example.com/oncall, github: '@shop/checkout' } }
contexts:
  orders:
    team: checkout
    summary: What customers order.
    streams: { orders: { partition_key: data.order_id, retention: { max_age: 30d }, dead_letter: { max_age: 90d } } }
    events:
      order.placed:
        stream: orders
        aggregate: Order
        summary: An order was accepted.
        versions:
          1:
            status: active
            since: 2026-01-01
            data: { type: object, required: [order_id], properties: { order_id: { type: string, format: uuid, description: The order. } } }
            examples: [{ order_id: 018f3a52-7d3e-7c4b-9f00-1f2d3c4b5a69 }]
services:
  order-service: { team: checkout, summary: Takes orders., publishes: [order.*] }
  order-mailer: { team: checkout, summary: Thanks for orders., consumes: [order.*], dedup_window: 60d }
";

/// A user's workspace.
pub(crate) struct Workspace(tempfile::TempDir);

/// What a command printed, with what differs between runs replaced, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Workspace {
    pub(crate) fn new(catalogue: &str) -> Self {
        let workspace = Self(tempfile::tempdir().unwrap());
        workspace.put("catalogue/catalogue.yaml", catalogue);
        workspace
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub(crate) fn put(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs git, as somebody.
    pub(crate) fn git(&self, arguments: &[&str]) {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=Mira", "-c", "user.email=mira@example.org"]).args(arguments);
        // So that a commit has the same id in every run.
        command.env("GIT_AUTHOR_DATE", "2026-11-01T12:00:00Z").env("GIT_COMMITTER_DATE", "2026-11-01T12:00:00Z");
        let output = command.current_dir(self.0.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_in("", arguments)
    }

    pub(crate) fn run_in(&self, folder: &str, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(arguments).current_dir(self.path(folder)).env_remove("CARGO_TARGET_DIR");
        ran(&command.output().unwrap(), self.0.path())
    }
}

fn ran(output: &Output, root: &Path) -> Ran {
    let clean = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap().replace(&root.display().to_string(), "ROOT");
        let lines: Vec<String> = text.lines().map(without_time).collect();
        lines.join("\n")
    };
    Ran { code: output.status.code(), stdout: clean(&output.stdout), stderr: clean(&output.stderr) }
}

/// `…, 0.21 s` → `…, TIME`
fn without_time(line: &str) -> String {
    match line.strip_suffix(" s").and_then(|line| line.rsplit_once(", ")) {
        Some((line, number)) if number.parse::<f64>().is_ok() => format!("{line}, TIME"),
        _ => line.to_owned(),
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = self.code.map_or_else(|| "none".to_owned(), |code| code.to_string());
        write!(f, "exit code: {code}\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr)
    }
}
