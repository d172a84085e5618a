//! The process.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(60);

/// Nothing of the test's own environment.
pub(crate) type Variables<'v> = Vec<(&'v str, String)>;

/// A relay at work. Killed when dropped.
pub(crate) struct Process {
    child: Child,
    output: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

/// How a process ended, and all it wrote to stderr.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
}

impl Ended {
    /// The lines of some level.
    pub(crate) fn lines(&self, level: &str) -> Vec<&str> {
        self.output.lines().filter(|line| line.contains(level)).collect()
    }
}

impl Process {
    pub(crate) fn start(arguments: &[&str], variables: &Variables<'_>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
        command.arg("relay").args(arguments).env_clear().envs(variables.iter().map(|(name, value)| (name, value)));
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let output = Arc::new(Mutex::new(String::new()));
        let (lines, written) = (BufReader::new(child.stderr.take().unwrap()).lines(), output.clone());
        let reader = thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut written = written.lock().unwrap();
                written.push_str(&line);
                written.push('\n');
            }
        });
        Self { child, output, reader: Some(reader) }
    }

    pub(crate) fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    /// Waits until it has written this, and returns the line.
    pub(crate) async fn wrote(&self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let output = self.output();
            if let Some(line) = output.lines().find(|line| line.contains(text)) {
                return line.to_owned();
            }
            assert!(Instant::now() < deadline, "`{text}` is not in\n{output}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Where it listens, once it does.
    pub(crate) async fn address(&self) -> String {
        let line = self.wrote("listening for").await;
        line.rsplit_once("address=").unwrap().1.split(' ').next().unwrap().to_owned()
    }

    /// Asks it over HTTP: the status and the body.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address().await).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: relay\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// Asks until the body of an answer is as `wanted`.
    pub(crate) async fn get_until(&self, path: &str, wanted: impl Fn(u16, &str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (code, body) = self.get(path).await;
            if wanted(code, &body) {
                return body;
            }
            assert!(Instant::now() < deadline, "{path}: {code}\n{body}\n{}", self.output());
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) async fn terminate(self) -> Ended {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        self.ended().await
    }

    /// Waits until it ends by itself.
    pub(crate) async fn ended(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.reader.take().map(JoinHandle::join);
                return Ended { code: status.code(), output: self.output() };
            }
            assert!(Instant::now() < deadline, "it does not end\n{}", self.output());
            sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
