//! `cargo xtask`: everything is in the library, so that another repository's own xtask is this file.

fn main() -> std::process::ExitCode {
    tidings_xtask::main()
}
