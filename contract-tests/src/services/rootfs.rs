//! The private root file system that PostgreSQL 17 and RabbitMQ 4 run from where there is no Docker.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Error, folder};

/// The Debian release that has the servers we test against.
const RELEASE: &str = "trixie";

/// The root file system, made on the first call; that takes a minute or two. Other processes wait meanwhile.
pub(super) fn path() -> Result<PathBuf, Error> {
    let folder = folder::services()?;
    let root = folder.join(RELEASE);
    let lock_path = folder.join(format!("{RELEASE}.lock"));
    let lock = File::create(&lock_path).map_err(Error::file(&lock_path))?;
    lock.lock().map_err(Error::file(&lock_path))?;
    if !root.is_dir() {
        make(&folder, &root)?;
    }
    Ok(root)
}

/// Builds beside and renames: a folder under its final name is complete.
fn make(folder: &Path, root: &Path) -> Result<(), Error> {
    let mirror = mirror()?;
    let part = folder.join(format!("{RELEASE}.part"));
    if part.exists() {
        fs::remove_dir_all(&part).map_err(Error::file(&part))?;
    }
    let log_path = folder.join("debootstrap.log");
    let log = File::create(&log_path).map_err(Error::file(&log_path))?;
    // debootstrap mounts /proc into the new root: in namespaces of its own nothing stays mounted, whatever happens.
    let status = Command::new("unshare")
        .args(["--mount", "--pid", "--fork", "--kill-child"])
        .args(["debootstrap", "--variant=minbase", "--include=postgresql,rabbitmq-server", RELEASE])
        .arg(&part)
        .arg(mirror)
        .stdin(Stdio::null())
        .stdout(log.try_clone().map_err(Error::file(&log_path))?)
        .stderr(log)
        .status();
    if !status.is_ok_and(|status| status.success()) {
        let output = last_lines(&log_path);
        return Err(Error::Program { program: "debootstrap".to_owned(), output });
    }
    let packages = part.join("var/cache/apt/archives");
    fs::remove_dir_all(&packages).map_err(Error::file(&packages))?;
    fs::rename(&part, root).map_err(Error::file(root))
}

/// The mirror that this machine's own package manager uses for its own release.
fn mirror() -> Result<String, Error> {
    let failed = |output: String| Error::Program { program: "apt-get indextargets".to_owned(), output };
    let os_release = fs::read_to_string("/etc/os-release").map_err(Error::file("/etc/os-release"))?;
    let codename = os_release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME=")).unwrap_or_default();
    let targets = Command::new("apt-get")
        .args(["indextargets", "--format", "$(RELEASE) $(SITE)", "Created-By: Packages"])
        .output()
        .map_err(|cause| failed(cause.to_string()))?;
    let targets = String::from_utf8_lossy(&targets.stdout);
    targets
        .lines()
        .filter_map(|line| line.split_once(' '))
        .find_map(|(release, site)| (release == codename).then(|| site.to_owned()))
        .ok_or_else(|| failed(format!("no package source of this machine is for its release `{codename}`")))
}

/// The end of a log, on one line, for a reason that a person reads.
pub(super) fn last_lines(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(5)..].join(" | ")
}
