//! What sees that something changed.

use std::collections::BTreeSet;
use std::time::Duration;

use containai_core::import::ImportItem;
use containai_ssh::transfer::{
    Directory, DirectoryWatcher, ScanEntryKind, TreeScan, WatchEvent, WatchUpdate,
};
use tokio::time::{Instant, sleep, sleep_until};

use super::source::{ImportSource, WarnOnce};

/// How long nothing happens before what happened is sent, and how long that is
/// waited for where something happens all the time.
const DEBOUNCE: Duration = Duration::from_millis(200);
const MAX_DELAY: Duration = Duration::from_secs(2);
/// How often is looked where the kernel does not watch.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// What sees that something changed: the kernel, or a look now and then.
pub(crate) struct ChangeWatcher {
    watches: Option<WatchedRoots>,
}

/// The home directory, and the one with files in place of others.
struct WatchedRoots {
    home: DirectoryWatcher,
    overrides: DirectoryWatcher,
}

impl ChangeWatcher {
    pub(crate) fn new(told: &mut WarnOnce<'_>) -> Self {
        let watches = DirectoryWatcher::new()
            .and_then(|home| Ok(WatchedRoots { home, overrides: DirectoryWatcher::new()? }));
        let mut eyes = Self { watches: None };
        match watches {
            Ok(watches) => eyes.watches = Some(watches),
            Err(error) => eyes.fall_back_to_polling(&error, told),
        }
        eyes
    }

    /// Watches these directories of the source from now on.
    pub(super) fn watch(
        &mut self,
        source: &ImportSource,
        directories: &BTreeSet<String>,
        told: &mut WarnOnce<'_>,
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
                self.fall_back_to_polling(&error, told);
                Ok(WatchUpdate::Unchanged)
            }
        }
    }

    /// Waits until something changed that the jobs are about, and then for a
    /// quiet moment.
    pub(crate) async fn wait(&mut self, jobs: &[ImportItem]) {
        let Some(watches) = &mut self.watches else { return sleep(POLL_INTERVAL).await };
        watches.relevant_change(jobs).await;
        let end = Instant::now() + MAX_DELAY;
        loop {
            let quiet = sleep_until(end.min(Instant::now() + DEBOUNCE));
            tokio::select! {
                () = quiet => return,
                () = watches.relevant_change(jobs) => {}
            }
        }
    }

    fn fall_back_to_polling(&mut self, error: &std::io::Error, told: &mut WarnOnce<'_>) {
        self.watches = None;
        told.warn(format!(
            "cannot watch everything, so it is looked every {} s: {error}",
            POLL_INTERVAL.as_secs()
        ));
    }
}

impl WatchedRoots {
    /// Waits for a change that means something.
    async fn relevant_change(&mut self, jobs: &[ImportItem]) {
        loop {
            let changes = tokio::select! {
                changes = self.home.next_changes() => changes,
                changes = self.overrides.next_changes() => changes,
            };
            // An error is found again by whoever looks next.
            let Ok(changes) = changes else { return };
            let is_meant = |change: &WatchEvent| match change {
                WatchEvent::Overflow => true,
                WatchEvent::Path(path) => jobs.iter().any(|job| job.is_affected_by(path)),
            };
            if changes.iter().any(is_meant) {
                return;
            }
        }
    }
}

/// A directory and all that are below it.
fn list_directories(root: &Directory) -> Vec<String> {
    let mut survey = TreeScan::new(root);
    let mut found = vec![String::new()];
    for name in survey.names("") {
        let below = survey.find(&name, |_| true).into_iter();
        found.extend(below.filter(|it| it.kind == ScanEntryKind::Directory).map(|it| it.path));
    }
    found
}
