//! How everything is at the moment.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use containai_core::engine::{ContainerId, EngineError, RunState, Sample, Usage};
use containai_docker::{DockerEngine, Listed, Sizes};
use futures_util::future::join_all;

use super::state::Seen;
use containai::report::harmless;

/// How long it is until the next look.
pub(super) const PAUSE: Duration = Duration::from_secs(1);
/// How long the engine may take for one figure; the others wait for it.
const PATIENCE: Duration = Duration::from_secs(3);

/// The figures of the last look, to make the next ones of.
pub(super) type Samples = HashMap<ContainerId, (Instant, Sample)>;

/// Looks at all containers of ours.
pub(super) async fn look(
    engine: &DockerEngine,
    before: Samples,
    pause: Duration,
) -> (Result<Vec<Seen>, EngineError>, Samples) {
    tokio::time::sleep(pause).await;
    let listed = match engine.managed(Sizes::Unknown).await {
        Ok(listed) => listed,
        Err(error) => return (Err(error), before),
    };
    let looks = listed.into_iter().map(|it| look_at(engine, it, &before));
    let (seen, samples): (Vec<_>, Vec<_>) = join_all(looks).await.into_iter().unzip();
    (Ok(seen), samples.into_iter().flatten().collect())
}

async fn look_at(
    engine: &DockerEngine,
    listed: Listed,
    before: &Samples,
) -> (Seen, Option<(ContainerId, (Instant, Sample))>) {
    let container = listed.container;
    let id = &container.id;
    let mut seen = Seen {
        id: id.clone(),
        name: harmless(&container.name).replace('\n', " "),
        workspace: container.labels.workspace().map(str::to_owned),
        state: container.state,
        usage: None,
        sessions: None,
    };
    if container.state != RunState::Running {
        return (seen, None);
    }
    let sample = tokio::time::timeout(PATIENCE, engine.sample(id));
    let (sample, sessions) = tokio::join!(sample, engine.sessions(id));
    seen.sessions = sessions;
    let Some(sample) = sample.ok().and_then(Result::ok).flatten() else { return (seen, None) };
    let now = Instant::now();
    // Without an earlier figure it has used nothing yet.
    let (then, earlier) = before.get(id).copied().unwrap_or((now, sample));
    seen.usage = Some(Usage::between(&earlier, &sample, now - then));
    (seen, Some((container.id, (now, sample))))
}
