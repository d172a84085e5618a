//! Another repository's own xtask: three lines, and every command is there.

use std::fs;
use std::path::Path;
use std::process::Command;

const CATALOGUE: &str = "format: tidings/1
name: mine
teams: { us: { name: Us } }
contexts:
  orders:
    team: us
    streams: { orders: { partition_key: data.id, retention: { max_age: 7d } } }
    events:
      order.placed:
        stream: orders
        summary: An order was accepted.
        versions:
          1: { status: active, data: { type: object, required: [id], properties: { id: { type: string } } } }
";

#[test]
fn a_repository_with_an_xtask_of_its_own_can_generate() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put(
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"xtask\"]\n\n[profile.dev.package.\"*\"]\nopt-level = 2\ndebug = false\n",
    );
    let dependency = format!("tidings-xtask = {{ path = '{}' }}", here.display());
    put(
        "xtask/Cargo.toml",
        &format!(
            "[package]\nname = \"my-xtask\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependency}\n"
        ),
    );
    put("xtask/src/main.rs", "fn main() -> std::process::ExitCode {\n    tidings_xtask::main()\n}\n");
    put("catalogue/catalogue.yaml", CATALOGUE);
    // The same versions as here, so that nothing has to be fetched.
    fs::copy(here.join("../Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();

    let run = || {
        Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--offline", "--package", "my-xtask", "--", "gen"])
            .current_dir(folder.path())
            // Dependencies that `cargo xtask` has built already are not built again.
            .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_BIN_EXE_xtask")).join("../.."))
            .output()
            .unwrap()
    };
    let output = run();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(folder.path().join("generated/events/src/lib.rs").exists(), "{text}");
    assert!(String::from_utf8_lossy(&run().stdout).contains("up to date"));
}
