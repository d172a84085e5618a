//! PgBouncer before a test's database.

use std::fs::{self, DirBuilder};
use std::net::TcpStream;
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::geteuid;
use url::Url;
use uuid::Uuid;

use super::Error;
use super::debian::free_ports;

/// Where Debian puts it, which is on no search path but root's.
const PROGRAM: &str = "/usr/sbin/pgbouncer";

/// Nobody's, as it refuses to be root's.
const NOBODY: u32 = 65534;

/// Far longer than it takes to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// A pooler in transaction mode: each transaction gets whichever connection to the server has been free for longest. Gone
/// with this value, or with the thread that started it.
#[derive(Debug)]
pub struct Pooler {
    process: Child,
    url: Url,
    folder: PathBuf,
}

impl Pooler {
    pub(super) fn start(database: &str) -> Result<Self, Error> {
        if !Path::new(PROGRAM).exists() {
            return Err(Error::Unsupported(format!("no {PROGRAM}; install the package `pgbouncer`")));
        }
        let [port] = free_ports()?;
        let folder = std::env::temp_dir().join(format!("tidings-{}", Uuid::new_v4().simple()));
        DirBuilder::new().mode(0o700).create(&folder).map_err(Error::file(&folder))?;
        let mut url = Url::parse(database).map_err(|cause| Error::Unsupported(cause.to_string()))?;
        let configuration = folder.join("pgbouncer.ini");
        fs::write(&configuration, configure(&url, port)).map_err(Error::file(&configuration))?;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if geteuid().is_root() {
            for path in [&folder, &configuration] {
                chown(path, Some(NOBODY), Some(NOBODY)).map_err(Error::file(path))?;
            }
            let nobody = NOBODY.to_string();
            command.args(["--reuid", &nobody, "--regid", &nobody, "--clear-groups"]);
        }
        command.arg(PROGRAM).arg("--quiet").arg(&configuration).stdin(Stdio::null());
        let process = command.spawn().map_err(|cause| failed(cause.to_string()))?;
        // Always possible with a port.
        let _ = url.set_port(Some(port));
        let mut this = Self { process, url, folder };
        this.wait_until_it_answers(port)?;
        Ok(this)
    }

    /// The database's URL through the pooler.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    fn wait_until_it_answers(&mut self, port: u16) -> Result<(), Error> {
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Ok(Some(status)) = self.process.try_wait() {
                return Err(failed(format!("it ended with {status}")));
            }
            if began.elapsed() > PATIENCE {
                return Err(failed("it does not answer".to_owned()));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // It may have ended by itself; and what is left of the folder is the system's to remove.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn failed(output: String) -> Error {
    Error::Program { program: PROGRAM.to_owned(), output }
}

/// Few connections, taken by turns, so that no two transactions of a client can count on the same one.
fn configure(url: &Url, port: u16) -> String {
    let (host, server_port) = (url.host_str().unwrap_or_default(), url.port().unwrap_or(5432));
    let (user, password) = (url.username(), url.password().unwrap_or_default());
    format!(
        "[databases]\n\
         * = host={host} port={server_port} user={user} password={password}\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {port}\n\
         unix_socket_dir =\n\
         auth_type = any\n\
         pool_mode = transaction\n\
         default_pool_size = 5\n\
         server_round_robin = 1\n\
         ignore_startup_parameters = extra_float_digits\n"
    )
}
