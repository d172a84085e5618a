//! A process that keeps a server and ends it with its holder.
//!
//! The server runs in namespaces of its own (processes, mounts, System V memory), so that ending the first process in
//! there ends every other one, daemons too, and takes the mounts with it. Nothing is ever killed by its id.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

use super::Error;

/// Outside: stays as long as the namespaces or the container do, then removes the data. Where it `restarts`, the data stay
/// while the holder does, and every second line starts the server again: the others have ended it.
const OUTSIDE: &str = r#"
data=$1 restarts=$2; shift 2
"$@"
while [ "$restarts" ] && read -r _; do "$@"; done
rm -rf -- "$data"
"#;

/// Inside, as the first process: runs the server until it ends or until standing input says a line or closes.
const INSIDE: &str = r#"
root=$1 user=$2 data=$3; shift 3
mount -t proc proc "$root/proc" || exit
chroot "$root" chown -R "$user" "$data" || exit
exec 3<&0
trap 'exit 1' TERM
{ chroot --userspec="$user:" "$root" "$@"; kill -TERM $$; } </dev/null 3<&- &
read -r _ <&3 & wait $!
"#;

/// A container is only watched: the engine runs it.
const CONTAINER: &str = r#"read -r _; exec docker rm --force --volumes "$1""#;

/// What keeps a server alive.
#[derive(Debug)]
pub(super) enum Holder {
    /// This process, until the supervisor is dropped.
    Us,
    /// A named pipe, until somebody writes a line into it: [`super::down`].
    Pipe(File),
    /// As [`Holder::Us`], and the server can be killed and started again meanwhile: [`Supervisor::toggle`].
    UsWithRestarts,
}

/// A handle on the supervising process. Dropping it ends the server soon; [`Supervisor::stop`] also waits for it.
#[derive(Debug)]
pub(super) struct Supervisor {
    process: Child,
    hold: Option<ChildStdin>,
}

/// A command to run as `user` with `root` as its file system.
pub(super) struct Confined<'a> {
    pub(super) root: &'a Path,
    pub(super) user: &'a str,
    /// The server's own folder as seen from inside `root`; given to `user`, removed in the end.
    pub(super) data: &'a str,
    pub(super) environment: &'a [(&'a str, String)],
    pub(super) command: &'a [String],
}

impl Confined<'_> {
    /// The data folder as this process sees it.
    pub(super) fn data_outside(&self) -> PathBuf {
        self.root.join(self.data.trim_start_matches('/'))
    }

    /// Where everything the server prints goes.
    pub(super) fn log(&self) -> PathBuf {
        self.data_outside().join("log")
    }
}

impl Supervisor {
    /// Runs a server confined to its root, its user and its data folder.
    pub(super) fn confine(server: &Confined<'_>, holder: Holder) -> Result<Self, Error> {
        let log_path = server.log();
        let log = File::create(&log_path).map_err(Error::file(&log_path))?;
        let mut command = new_session();
        command
            .args(["sh", "-c", OUTSIDE, "tidings-supervisor"])
            .arg(server.data_outside())
            .arg(if matches!(holder, Holder::UsWithRestarts) { "restarts" } else { "" })
            .args(["unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child"])
            .args(["sh", "-c", INSIDE, "tidings-server"])
            .arg(server.root)
            .args([server.user, server.data, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"])
            .args(server.environment.iter().map(|(name, value)| format!("{name}={value}")))
            .args(server.command)
            .stdout(log.try_clone().map_err(Error::file(&log_path))?)
            .stderr(log);
        Self::spawn(command, holder)
    }

    /// Removes a container when its holder is gone.
    pub(super) fn container(id: &str, holder: Holder) -> Result<Self, Error> {
        let mut command = new_session();
        command.args(["sh", "-c", CONTAINER, "tidings-container", id]).stdout(Stdio::null()).stderr(Stdio::null());
        Self::spawn(command, holder)
    }

    fn spawn(mut command: Command, holder: Holder) -> Result<Self, Error> {
        match holder {
            Holder::Us | Holder::UsWithRestarts => command.stdin(Stdio::piped()),
            Holder::Pipe(pipe) => command.stdin(pipe),
        };
        let mut process = command
            .spawn()
            .map_err(|cause| Error::Program { program: "setsid".to_owned(), output: cause.to_string() })?;
        let hold = process.stdin.take();
        Ok(Self { process, hold })
    }

    /// Whether it still runs.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// Kills every process of a server that runs, or starts one that was killed.
    pub(super) fn toggle(&mut self) -> Result<(), Error> {
        let failed = |output: String| Error::Program { program: "tidings-supervisor".to_owned(), output };
        let hold = self.hold.as_mut().ok_or_else(|| failed("it is held by somebody else".to_owned()))?;
        hold.write_all(b"\n").map_err(|cause| failed(cause.to_string()))
    }

    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Lets go of the server and waits until it is gone with all it left.
    pub(super) fn stop(mut self) {
        drop(self.hold.take());
        // Only fails when the process is gone already.
        let _ = self.process.wait();
    }
}

/// An interrupt from the keyboard must reach the holder alone, which then lets go.
fn new_session() -> Command {
    Command::new("setsid")
}

#[cfg(test)]
mod tests {
    use std::{fs, net::TcpListener, net::TcpStream, process, time::Duration};

    use super::*;
    use crate::services::report;

    #[test]
    fn a_server_ends_with_its_holder_though_it_became_a_daemon_and_takes_its_data_along() {
        if !rustix::process::geteuid().is_root() {
            return report::not_run("only root can confine a server");
        }
        let data = format!("/tmp/tidings-supervisor-{}", process::id());
        fs::create_dir(&data).unwrap();
        // The daemon is known by a pipe that it alone keeps open.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let script = r#"exec 9<>"/dev/tcp/127.0.0.1/$0"; setsid sleep infinity & wait"#;
        let server = Confined {
            root: Path::new("/"),
            user: "nobody",
            data: &data,
            environment: &[],
            command: &["bash".into(), "-c".into(), script.into(), listener.local_addr().unwrap().port().to_string()],
        };
        let mut supervisor = Supervisor::confine(&server, Holder::Us).unwrap();
        let (mut daemon, _): (TcpStream, _) = listener.accept().unwrap();
        assert!(supervisor.is_alive());

        supervisor.stop();
        assert!(!server.data_outside().exists());
        // Closed by its end, not kept open until a deadline.
        daemon.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        assert_eq!(std::io::Read::read(&mut daemon, &mut [0]).unwrap(), 0);
    }
}
