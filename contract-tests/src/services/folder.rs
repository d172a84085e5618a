//! Where the servers' files live: `target/tidings-services`.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use super::Error;

/// The folder, made if it is not there. `TIDINGS_SERVICES_DIR` names another one.
pub(super) fn services() -> Result<PathBuf, Error> {
    let folder = match env::var_os("TIDINGS_SERVICES_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => target().join("tidings-services"),
    };
    fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    folder.canonicalize().map_err(Error::file(&folder))
}

/// Cargo's target folder: tests and xtask are run from inside it. Cargo notes there which compiler it has, and tags it as a
/// cache where nobody else has made it.
fn target() -> PathBuf {
    let program = env::current_exe().unwrap_or_default();
    let is_target =
        |folder: &&Path| [".rustc_info.json", "CACHEDIR.TAG"].iter().any(|file| folder.join(file).is_file());
    program.ancestors().find(is_target).unwrap_or(Path::new("target")).to_path_buf()
}
