//! What processes use, where the system says: Linux.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::Path;

/// Clock ticks of a second in `/proc`, the same on every Linux that runs today.
const TICKS: f64 = 100.0;

/// The state of a listening socket in `/proc/net/tcp`.
const LISTENS: &str = "0A";

/// A process and those below it.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    root: u32,
    /// Of processes that had ended before.
    before: f64,
}

/// The line of a process in `/proc`.
struct Stat {
    parent: u32,
    /// Seconds of processor time: its own, and that of its children that ended.
    seconds: f64,
}

impl Tree {
    /// This process alone has what is listened for on a port of this machine; `None` where no process of this name does.
    pub(super) fn listening(port: u16, name: &str) -> Option<Self> {
        let sockets = listening_sockets(port);
        let holds = |process: &u32| {
            let links = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
            links.filter_map(|link| fs::read_link(link.path()).ok()).any(|link| sockets.contains(link.as_path()))
        };
        let is_named = |process: &u32| {
            fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|found| found.trim_end() == name)
        };
        let root = all().into_iter().filter(is_named).find(holds)?;
        Some(Self::of(root))
    }

    pub(super) fn of(root: u32) -> Self {
        let mut tree = Self { root, before: 0.0 };
        tree.before = tree.total();
        tree
    }

    /// Seconds of processor time since this value was made.
    pub(super) fn seconds(&self) -> f64 {
        self.total() - self.before
    }

    fn total(&self) -> f64 {
        let stats: HashMap<u32, Stat> = all().into_iter().filter_map(|id| Some((id, stat(id)?))).collect();
        let is_below = |mut process: u32| {
            while process != self.root {
                match stats.get(&process) {
                    Some(stat) if stat.parent != 0 => process = stat.parent,
                    _ => return false,
                }
            }
            true
        };
        stats.iter().filter(|(process, _)| is_below(**process)).map(|(_, stat)| stat.seconds).sum()
    }
}

/// Memory of a process in MiB: now, and the most it has had.
pub(super) fn memory(process: u32) -> Option<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let mebibytes = |field: &str| -> Option<f64> {
        let line = status.lines().find_map(|line| line.strip_prefix(field))?;
        let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes / 1024.0)
    };
    Some((mebibytes("VmRSS:")?, mebibytes("VmHWM:")?))
}

/// How many processes have wanted a processor during the last minute.
pub(super) fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

fn all() -> BTreeSet<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn stat(process: u32) -> Option<Stat> {
    let line = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name stands in parentheses and may hold anything.
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: Option<f64> = fields.get(11..15)?.iter().map(|ticks| ticks.parse::<f64>().ok()).sum();
    Some(Stat { parent: fields.get(1)?.parse().ok()?, seconds: ticks? / TICKS })
}

/// As links of open files name them.
fn listening_sockets(port: u16) -> HashSet<std::path::PathBuf> {
    let mut sockets = HashSet::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in fs::read_to_string(table).unwrap_or_default().lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (Some(local), Some(state), Some(inode)) = (fields.get(1), fields.get(3), fields.get(9)) else {
                continue;
            };
            if *state == LISTENS && local.ends_with(&format!(":{port:04X}")) {
                sockets.insert(Path::new(&format!("socket:[{inode}]")).to_owned());
            }
        }
    }
    sockets
}
