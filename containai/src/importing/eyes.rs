//! What sees that something changed.

use std::collections::BTreeSet;
use std::time::Duration;

use containai_core::import::Job;
use containai_ssh::transfer::{Change, Directory, FoundKind, Novelty, Survey, Watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::plan::{Source, Told};

/// How long nothing happens before what happened is sent, and how long that is
/// waited for where something happens all the time.
const QUIET: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(2);
/// How often is looked where the kernel does not watch.
const LOOK: Duration = Duration::from_secs(5);

/// What sees that something changed: the kernel, or a look now and then.
pub(crate) struct Eyes {
    watches: Option<Watches>,
}

/// The home directory, and the one with files in place of others.
struct Watches {
    home: Watch,
    overrides: Watch,
}

impl Eyes {
    pub(crate) fn open(told: &mut Told<'_>) -> Self {
        let watches = Watch::new().and_then(|home| Ok(Watches { home, overrides: Watch::new()? }));
        let mut eyes = Self { watches: None };
        match watches {
            Ok(watches) => eyes.watches = Some(watches),
            Err(error) => eyes.close(&error, told),
        }
        eyes
    }

    /// Watches these directories of the source from now on.
    pub(super) fn follow(
        &mut self,
        source: &Source,
        directories: &BTreeSet<String>,
        told: &mut Told<'_>,
    ) -> crate::Result<Novelty> {
        let Some(watches) = &mut self.watches else { return Ok(Novelty::Nothing) };
        let root = source.root()?;
        let home = watches.home.follow(&root, directories.iter().map(String::as_str));
        let overrides = match source.override_root()? {
            Some(root) => {
                let paths = directories_of(&root);
                watches.overrides.follow(&root, paths.iter().map(String::as_str))
            }
            None => Ok(Novelty::Nothing),
        };
        match home.and_then(|home| Ok((home, overrides?))) {
            Ok((Novelty::Nothing, Novelty::Nothing)) => Ok(Novelty::Nothing),
            Ok(_) => Ok(Novelty::New),
            Err(error) => {
                self.close(&error, told);
                Ok(Novelty::Nothing)
            }
        }
    }

    /// Waits until something changed that the jobs are about, and then for a
    /// quiet moment.
    pub(crate) async fn wait(&mut self, jobs: &[Job]) {
        let Some(watches) = &mut self.watches else { return sleep(LOOK).await };
        watches.concern(jobs).await;
        let end = Instant::now() + LONGEST;
        loop {
            let quiet = sleep_until(end.min(Instant::now() + QUIET));
            tokio::select! {
                () = quiet => return,
                () = watches.concern(jobs) => {}
            }
        }
    }

    fn close(&mut self, error: &std::io::Error, told: &mut Told<'_>) {
        self.watches = None;
        told.warn(format!(
            "cannot watch everything, so it is looked every {} s: {error}",
            LOOK.as_secs()
        ));
    }
}

impl Watches {
    /// Waits for a change that means something.
    async fn concern(&mut self, jobs: &[Job]) {
        loop {
            let changes = tokio::select! {
                changes = self.home.changes() => changes,
                changes = self.overrides.changes() => changes,
            };
            // An error is found again by whoever looks next.
            let Ok(changes) = changes else { return };
            let is_meant = |change: &Change| match change {
                Change::Somewhere => true,
                Change::At(path) => jobs.iter().any(|job| job.concerns(path)),
            };
            if changes.iter().any(is_meant) {
                return;
            }
        }
    }
}

/// A directory and all that are below it.
fn directories_of(root: &Directory) -> Vec<String> {
    let mut survey = Survey::new(root);
    let mut found = vec![String::new()];
    for name in survey.names("") {
        let below = survey.find(&name, |_| true).into_iter();
        found.extend(below.filter(|it| it.kind == FoundKind::Directory).map(|it| it.path));
    }
    found
}
