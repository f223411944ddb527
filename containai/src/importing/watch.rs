//! Imports again whenever something changes.

use std::time::Duration;

use containai_core::import::Job;
use containai_core::lifecycle::{Either, race};
use containai_ssh::transfer::Novelty;
use tokio::time::sleep;

use super::eyes::Eyes;
use super::plan::Told;
use super::send::Import;
use crate::ending::Ending;

/// How soon an import that failed is tried again, at first and at last.
const AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Imports, and again after each change, until somebody wants an end. Each
/// import finds its own way: the container may be stopped, started or made anew
/// meanwhile. What fails after the first import is tried again.
pub async fn follow(import: &Import<'_>, told: &mut Told<'_>) -> crate::Result<()> {
    let mut ending = Ending::new()?;
    let mut eyes = Eyes::open(told);
    let mut pause = AGAIN.0;
    let mut jobs = None;
    loop {
        let outcome = match end_after(round(import, &mut eyes, told), &mut ending, import).await {
            Round::Done(outcome) => outcome,
            Round::Last => return Ok(()),
        };
        let novelty = match outcome {
            Err(error) if jobs.is_none() => return Err(error),
            Err(error) => {
                told.warn(format!("{error:#}; trying again"));
                match race(sleep(pause), ending.wanted()).await {
                    Either::First(()) => pause = (pause * 2).min(AGAIN.1),
                    Either::Second(()) => return Ok(()),
                }
                continue;
            }
            Ok((novelty, found)) => {
                if jobs.replace(found).is_none() {
                    import.reporter.say("importing what changes from now on; Ctrl-C ends it");
                }
                pause = AGAIN.0;
                novelty
            }
        };
        // What happened before they were watched was not seen.
        if novelty == Novelty::Nothing
            && let Either::Second(()) =
                race(eyes.wait(jobs.as_deref().unwrap_or_default()), ending.wanted()).await
        {
            return Ok(());
        }
    }
}

/// How a round of imports ended.
enum Round {
    Done(crate::Result<(Novelty, Vec<Job>)>),
    /// With nothing to follow.
    Last,
}

/// One import; it is let go to its end, so that nothing of it stays behind,
/// unless an end is wanted twice.
async fn end_after(
    round: impl Future<Output = crate::Result<(Novelty, Vec<Job>)>>,
    ending: &mut Ending,
    import: &Import<'_>,
) -> Round {
    let mut round = std::pin::pin!(round);
    match race(round.as_mut(), ending.wanted()).await {
        Either::First(outcome) => Round::Done(outcome),
        Either::Second(()) => {
            import.reporter.say("ending after this import; Ctrl-C again ends it now");
            race(round, ending.wanted()).await;
            Round::Last
        }
    }
}

/// One import: whether there are places now that were not watched before, and
/// what it was about.
async fn round(
    import: &Import<'_>,
    eyes: &mut Eyes,
    told: &mut Told<'_>,
) -> crate::Result<(Novelty, Vec<Job>)> {
    let sent = import.send(told).await?;
    if sent.files > 0 {
        import.reporter.say(&format!("imported {} files to volume {}", sent.files, sent.volume));
    }
    let novelty = eyes.follow(&import.source, &sent.directories, told)?;
    told.forget();
    let mut jobs = sent.jobs;
    // Files in place of others may be there only later.
    let overrides = import.source.overrides.as_ref();
    let path = overrides.and_then(|path| path.strip_prefix(&import.source.home).ok()?.to_str());
    jobs.extend(path.map(|path| Job::plain(path, "")));
    Ok((novelty, jobs))
}
