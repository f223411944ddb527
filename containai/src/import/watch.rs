//! Importing repeatedly while files change.

use std::time::Duration;

use containai_core::import::ImportItem;
use containai_ssh::transfer::WatchUpdate;
use tokio::time::sleep;

use super::change_watcher::ChangeWatcher;
use super::send::Import;
use super::source::WarnOnce;
use crate::signals::ShutdownSignal;

/// The first and the longest delay before a failed import is retried.
const RETRY_DELAYS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Imports now and after each change, until a shutdown signal. Each import resolves the volume
/// again, because the container can be stopped, started or recreated. Failures after the first
/// import are retried.
///
/// # Errors
///
/// The first import fails.
pub async fn watch(import: &Import<'_>, warnings: &mut WarnOnce<'_>) -> crate::Result<()> {
    let mut shutdown = ShutdownSignal::listen()?;
    let mut watcher = ChangeWatcher::new(warnings);
    let mut delay = RETRY_DELAYS.0;
    let mut items = None;
    loop {
        let outcome =
            match finish_or_stop(run_round(import, &mut watcher, warnings), &mut shutdown, import)
                .await
            {
                WatchRound::Done(outcome) => outcome,
                WatchRound::Stopped => return Ok(()),
            };
        let update = match outcome {
            Err(error) if items.is_none() => return Err(error),
            Err(error) => {
                warnings.warn(format!("{error:#}; retrying"));
                if shutdown.run_until_received(sleep(delay)).await.is_none() {
                    return Ok(());
                }
                delay = (delay * 2).min(RETRY_DELAYS.1);
                continue;
            }
            Ok((update, found)) => {
                if items.replace(found).is_none() {
                    import.reporter.say("watching for changes; press Ctrl-C to stop");
                }
                delay = RETRY_DELAYS.0;
                update
            }
        };
        // Changes before a directory was watched were not seen: import again at once.
        if update == WatchUpdate::Unchanged {
            let change = watcher.wait(items.as_deref().unwrap_or_default());
            if shutdown.run_until_received(change).await.is_none() {
                return Ok(());
            }
        }
    }
}

/// The end of one import.
enum WatchRound {
    /// The import finished.
    Done(crate::Result<(WatchUpdate, Vec<ImportItem>)>),
    /// A shutdown signal arrived.
    Stopped,
}

/// Runs one import. After the first shutdown signal it is finished, so that nothing is left behind;
/// a second signal aborts it.
async fn finish_or_stop(
    round: impl Future<Output = crate::Result<(WatchUpdate, Vec<ImportItem>)>>,
    shutdown: &mut ShutdownSignal,
    import: &Import<'_>,
) -> WatchRound {
    let mut round = std::pin::pin!(round);
    match shutdown.run_until_received(round.as_mut()).await {
        Some(outcome) => WatchRound::Done(outcome),
        None => {
            import.reporter.say("stopping after this import; press Ctrl-C again to stop now");
            shutdown.run_until_received(round).await;
            WatchRound::Stopped
        }
    }
}

/// Imports once; returns whether directories were added to the watch, and the imported entries.
async fn run_round(
    import: &Import<'_>,
    watcher: &mut ChangeWatcher,
    warnings: &mut WarnOnce<'_>,
) -> crate::Result<(WatchUpdate, Vec<ImportItem>)> {
    let sent = import.send(warnings).await?;
    if sent.files > 0 {
        import.reporter.say(&format!("imported {} files to volume {}", sent.files, sent.volume));
    }
    let update = watcher.watch(&import.source, &sent.directories, warnings)?;
    warnings.start_next_round();
    let mut items = sent.entries;
    // The directory of overrides can be created later.
    let overrides = import.source.overrides.as_ref();
    let path = overrides.and_then(|path| path.strip_prefix(&import.source.home).ok()?.to_str());
    items.extend(path.map(|path| ImportItem::directory(path, "")));
    Ok((update, items))
}
