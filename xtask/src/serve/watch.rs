//! Files that a site is made of, watched. Folders are watched one by one, so that those that are no part of it cost nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::output;

/// Who has written nothing for this long has finished: editors write a file in several steps, and git many files.
const QUIET: Duration = Duration::from_millis(100);

/// Whoever never finishes is not waited for any longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where changes matter.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    /// Folders with all that is below. Those that are not there yet are waited for. Hidden files are left alone, as they
    /// are when catalogues and templates are read.
    pub(crate) folders: Vec<PathBuf>,
    /// Folders below these that are no part of them, such as what is written.
    pub(crate) except: Vec<PathBuf>,
}

/// Changes, from its beginning on.
pub(super) struct Watch {
    watched: Arc<Watched>,
    changed: Arc<Notify>,
    /// Tells `changed` until it is dropped.
    watcher: RecommendedWatcher,
}

impl Watch {
    pub(super) fn begin(watched: &Watched) -> anyhow::Result<Self> {
        let (watched, changed) = (Arc::new(watched.absolute()), Arc::new(Notify::new()));
        let watcher = watcher(&watched, &changed).context("cannot watch the catalogue")?;
        Ok(Self { watched, changed, watcher })
    }

    /// Waits until something has changed and whoever changed it has finished. What changes while nobody waits is not
    /// forgotten.
    pub(super) async fn change(&self) {
        self.changed.notified().await;
        let at_rest = async { while timeout(QUIET, self.changed.notified()).await.is_ok() {} };
        let _ = timeout(PATIENCE, at_rest).await;
    }

    /// Watches the folders that are there now. To be called before they are read: what changes later is then heard.
    pub(super) fn renew(&mut self) {
        // All anew, because a folder of the same path may be another one.
        match watcher(&self.watched, &self.changed) {
            Ok(watcher) => self.watcher = watcher,
            Err(cause) => output::error(&format!("cannot watch new folders: {cause}")),
        }
    }
}

fn watcher(watched: &Arc<Watched>, changed: &Arc<Notify>) -> notify::Result<RecommendedWatcher> {
    let (of_site, changed) = (watched.clone(), changed.clone());
    let mut watcher = notify::recommended_watcher(move |heard: notify::Result<Event>| {
        // A watcher at fault has perhaps missed something.
        if heard.is_ok_and(|event| !of_site.is_changed_by(&event)) {
            return;
        }
        changed.notify_one();
    })?;
    let mut paths = watcher.paths_mut();
    for folder in watched.present() {
        match paths.add(&folder, RecursiveMode::NonRecursive) {
            // It was there a moment ago; the folder around it is watched.
            Err(error) if matches!(error.kind, notify::ErrorKind::PathNotFound) => {}
            added => added?,
        }
    }
    paths.commit()?;
    Ok(watcher)
}

impl Watched {
    /// The same, with paths as they are heard.
    fn absolute(&self) -> Self {
        let all = |paths: &[PathBuf]| paths.iter().map(|path| absolute(path)).collect();
        Self { folders: all(&self.folders), except: all(&self.except) }
    }

    fn is_changed_by(&self, event: &Event) -> bool {
        // Reading is no change, and a build reads.
        event.need_rescan() || !event.kind.is_access() && event.paths.iter().any(|path| self.concerns(path))
    }

    /// Whether it matters what happens to this path.
    fn concerns(&self, path: &Path) -> bool {
        let is_within = |folder: &PathBuf| path.starts_with(folder) && !self.leaves_out(folder, path);
        self.folders.iter().any(|folder| folder.starts_with(path) || is_within(folder))
    }

    /// Whether `path` is below `folder`, but no part of it.
    fn leaves_out(&self, folder: &Path, path: &Path) -> bool {
        let below = path.strip_prefix(folder).unwrap_or(path);
        let is_hidden = |part: Component<'_>| part.as_os_str().as_encoded_bytes().starts_with(b".");
        let mut except = self.except.iter().filter(|except| except.starts_with(folder));
        below.components().any(is_hidden) || except.any(|except| path.starts_with(except))
    }

    /// Folders to watch: all that are there, or the nearest one above, in which they would appear.
    fn present(&self) -> BTreeSet<PathBuf> {
        let mut present = BTreeSet::new();
        for root in &self.folders {
            if !root.is_dir() {
                present.extend(root.ancestors().find(|above| above.is_dir()).map(Path::to_owned));
                continue;
            }
            let mut open = vec![root.clone()];
            while let Some(folder) = open.pop() {
                let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
                let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
                open.extend(folders.map(|entry| entry.path()).filter(|path| !self.leaves_out(root, path)));
                present.insert(folder);
            }
        }
        present
    }
}

/// From the root of the disk on and without links, as far as it is there.
fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(Path::new(".").join(path)).unwrap_or_else(|_| path.to_owned());
    let whole = path.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    let rest = |above| path.strip_prefix(above).unwrap_or(Path::new(""));
    whole.map_or_else(|| path.clone(), |(above, whole)| whole.components().chain(rest(above).components()).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use notify::Event;
    use notify::event::{AccessKind, CreateKind, EventKind, Flag};

    use super::Watched;

    fn watched() -> Watched {
        let paths = |paths: &[&str]| paths.iter().map(PathBuf::from).collect();
        Watched {
            folders: paths(&["/shop", "/shop/target/docs/events"]),
            except: paths(&["/shop/target", "/shop/site"]),
        }
    }

    #[test]
    fn what_is_written_is_no_change_of_what_it_is_made_of() {
        let concerns = |path| watched().concerns(Path::new(path));
        for path in ["/shop", "/shop/catalogue.yaml", "/shop/contexts/orders.yaml", "/shop/site.yaml", "/"] {
            assert!(concerns(path), "{path}");
        }
        for path in ["/shop/site", "/shop/site/index.html", "/shop/target/debug/x", "/shop/.git/HEAD", "/else"] {
            assert!(!concerns(path), "{path}");
        }
        // Reports are also where other things are not looked at.
        assert!(concerns("/shop/target/docs") && concerns("/shop/target/docs/events/report.json"));
    }

    #[test]
    fn reading_is_no_change() {
        let event = |kind| Event::new(kind).add_path("/shop/catalogue.yaml".into());
        assert!(!watched().is_changed_by(&event(EventKind::Access(AccessKind::Any))));
        assert!(watched().is_changed_by(&event(EventKind::Create(CreateKind::File))));
        // More has happened than could be told.
        assert!(watched().is_changed_by(&Event::new(EventKind::Other).set_flag(Flag::Rescan)));
    }

    #[test]
    fn folders_are_watched_that_hold_a_part_or_will() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for path in ["catalogue/contexts", "catalogue/.hidden", "catalogue/site/events", "docs"] {
            fs::create_dir_all(root.join(path)).unwrap();
        }
        let watched = Watched {
            folders: vec![root.join("docs/../catalogue"), root.join("docs/events/deep")],
            except: vec![root.join("catalogue/site")],
        };
        let present = watched.absolute().present();
        let present: Vec<_> = present.iter().map(|path| path.strip_prefix(&root).unwrap()).collect();
        assert_eq!(present, [Path::new("catalogue"), Path::new("catalogue/contexts"), Path::new("docs")]);
    }
}
