//! Imports again whenever something changes.

use std::time::Duration;

use containai_core::import::ImportItem;
use containai_core::lifecycle::{Either, race};
use containai_ssh::transfer::WatchUpdate;
use tokio::time::sleep;

use super::change_watcher::ChangeWatcher;
use super::send::Import;
use super::source::WarnOnce;
use crate::signals::ShutdownSignal;

/// How soon an import that failed is tried again, at first and at last.
const RETRY_DELAYS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Imports, and again after each change, until somebody wants an end. Each
/// import finds its own way: the container may be stopped, started or made anew
/// meanwhile. What fails after the first import is tried again.
pub async fn watch(import: &Import<'_>, told: &mut WarnOnce<'_>) -> crate::Result<()> {
    let mut ending = ShutdownSignal::listen()?;
    let mut eyes = ChangeWatcher::new(told);
    let mut pause = RETRY_DELAYS.0;
    let mut jobs = None;
    loop {
        let outcome =
            match finish_or_stop(run_round(import, &mut eyes, told), &mut ending, import).await {
                WatchRound::Done(outcome) => outcome,
                WatchRound::Stopped => return Ok(()),
            };
        let novelty = match outcome {
            Err(error) if jobs.is_none() => return Err(error),
            Err(error) => {
                told.warn(format!("{error:#}; trying again"));
                match race(sleep(pause), ending.received()).await {
                    Either::First(()) => pause = (pause * 2).min(RETRY_DELAYS.1),
                    Either::Second(()) => return Ok(()),
                }
                continue;
            }
            Ok((novelty, found)) => {
                if jobs.replace(found).is_none() {
                    import.reporter.say("importing what changes from now on; Ctrl-C ends it");
                }
                pause = RETRY_DELAYS.0;
                novelty
            }
        };
        // What happened before they were watched was not seen.
        if novelty == WatchUpdate::Unchanged
            && let Either::Second(()) =
                race(eyes.wait(jobs.as_deref().unwrap_or_default()), ending.received()).await
        {
            return Ok(());
        }
    }
}

/// How a round of imports ended.
enum WatchRound {
    Done(crate::Result<(WatchUpdate, Vec<ImportItem>)>),
    /// With nothing to follow.
    Stopped,
}

/// One import; it is let go to its end, so that nothing of it stays behind,
/// unless an end is wanted twice.
async fn finish_or_stop(
    round: impl Future<Output = crate::Result<(WatchUpdate, Vec<ImportItem>)>>,
    ending: &mut ShutdownSignal,
    import: &Import<'_>,
) -> WatchRound {
    let mut round = std::pin::pin!(round);
    match race(round.as_mut(), ending.received()).await {
        Either::First(outcome) => WatchRound::Done(outcome),
        Either::Second(()) => {
            import.reporter.say("ending after this import; Ctrl-C again ends it now");
            race(round, ending.received()).await;
            WatchRound::Stopped
        }
    }
}

/// One import: whether there are places now that were not watched before, and
/// what it was about.
async fn run_round(
    import: &Import<'_>,
    eyes: &mut ChangeWatcher,
    told: &mut WarnOnce<'_>,
) -> crate::Result<(WatchUpdate, Vec<ImportItem>)> {
    let sent = import.send(told).await?;
    if sent.files > 0 {
        import.reporter.say(&format!("imported {} files to volume {}", sent.files, sent.volume));
    }
    let novelty = eyes.watch(&import.source, &sent.directories, told)?;
    told.start_next_round();
    let mut jobs = sent.entries;
    // Files in place of others may be there only later.
    let overrides = import.source.overrides.as_ref();
    let path = overrides.and_then(|path| path.strip_prefix(&import.source.home).ok()?.to_str());
    jobs.extend(path.map(|path| ImportItem::directory(path, "")));
    Ok((novelty, jobs))
}
