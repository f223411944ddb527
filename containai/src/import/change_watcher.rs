//! Watching the source of an import for changes.

use std::collections::BTreeSet;
use std::time::Duration;

use containai_core::import::ImportItem;
use containai_ssh::transfer::{
    Directory, DirectoryWatcher, ScanEntryKind, TreeScan, WatchEvent, WatchUpdate,
};
use tokio::time::{Instant, sleep, sleep_until};

use super::source::{ImportSource, WarnOnce};

/// The quiet time after a change before it is imported.
const DEBOUNCE: Duration = Duration::from_millis(200);
/// The longest delay of an import while changes continue.
const MAX_DELAY: Duration = Duration::from_secs(2);
/// The interval of imports if the kernel cannot watch the files.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// A watcher that uses the kernel's notifications, or polls if they are not available.
pub(crate) struct ChangeWatcher {
    watches: Option<WatchedRoots>,
}

/// Watchers of the home directory and of the directory of overrides.
struct WatchedRoots {
    home: DirectoryWatcher,
    overrides: DirectoryWatcher,
}

impl ChangeWatcher {
    /// Creates a watcher; falls back to polling with a warning.
    pub(crate) fn new(warnings: &mut WarnOnce<'_>) -> Self {
        let watches = DirectoryWatcher::new()
            .and_then(|home| Ok(WatchedRoots { home, overrides: DirectoryWatcher::new()? }));
        let mut watcher = Self { watches: None };
        match watches {
            Ok(watches) => watcher.watches = Some(watches),
            Err(error) => watcher.fall_back_to_polling(&error, warnings),
        }
        watcher
    }

    /// Watches these directories of the source; returns whether directories were added.
    pub(super) fn watch(
        &mut self,
        source: &ImportSource,
        directories: &BTreeSet<String>,
        warnings: &mut WarnOnce<'_>,
    ) -> crate::Result<WatchUpdate> {
        let Some(watches) = &mut self.watches else { return Ok(WatchUpdate::Unchanged) };
        let root = source.root()?;
        let home = watches.home.watch_only(&root, directories.iter().map(String::as_str));
        let overrides = match source.override_root()? {
            Some(root) => {
                let paths = list_directories(&root);
                watches.overrides.watch_only(&root, paths.iter().map(String::as_str))
            }
            None => Ok(WatchUpdate::Unchanged),
        };
        match home.and_then(|home| Ok((home, overrides?))) {
            Ok((WatchUpdate::Unchanged, WatchUpdate::Unchanged)) => Ok(WatchUpdate::Unchanged),
            Ok(_) => Ok(WatchUpdate::Added),
            Err(error) => {
                self.fall_back_to_polling(&error, warnings);
                Ok(WatchUpdate::Unchanged)
            }
        }
    }

    /// Waits until a file that `items` select changes, and then until changes stop for a moment.
    pub(crate) async fn wait(&mut self, items: &[ImportItem]) {
        let Some(watches) = &mut self.watches else { return sleep(POLL_INTERVAL).await };
        watches.relevant_change(items).await;
        let end = Instant::now() + MAX_DELAY;
        loop {
            let quiet = sleep_until(end.min(Instant::now() + DEBOUNCE));
            tokio::select! {
                () = quiet => return,
                () = watches.relevant_change(items) => {}
            }
        }
    }

    fn fall_back_to_polling(&mut self, error: &std::io::Error, warnings: &mut WarnOnce<'_>) {
        self.watches = None;
        warnings.warn(format!(
            "cannot watch for changes, so files are checked every {} s: {error}",
            POLL_INTERVAL.as_secs()
        ));
    }
}

impl WatchedRoots {
    /// Waits for a change that affects an item.
    async fn relevant_change(&mut self, items: &[ImportItem]) {
        loop {
            let changes = tokio::select! {
                changes = self.home.next_changes() => changes,
                changes = self.overrides.next_changes() => changes,
            };
            // The next import reports the error.
            let Ok(changes) = changes else { return };
            let is_relevant = |change: &WatchEvent| match change {
                WatchEvent::Overflow => true,
                WatchEvent::Path(path) => items.iter().any(|item| item.is_affected_by(path)),
            };
            if changes.iter().any(is_relevant) {
                return;
            }
        }
    }
}

/// Lists a directory and all directories below it.
fn list_directories(root: &Directory) -> Vec<String> {
    let mut scan = TreeScan::new(root);
    let mut found = vec![String::new()];
    for name in scan.names("") {
        let below = scan.find(&name, |_| true).into_iter();
        found.extend(below.filter(|it| it.kind == ScanEntryKind::Directory).map(|it| it.path));
    }
    found
}
