//! How everything is at the moment.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use containai_core::engine::{ContainerId, EngineError, RunState, Usage, UsageSample};
use containai_docker::{DockerEngine, ListedContainer, Sizes};
use futures_util::future::join_all;

use super::state::ContainerSample;
use containai::report::escape_control;

/// How long it is until the next look.
pub(super) const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// How long the engine may take for one figure; the others wait for it.
const STATS_TIMEOUT: Duration = Duration::from_secs(3);

/// The figures of the last look, to make the next ones of.
pub(super) type Samples = HashMap<ContainerId, (Instant, UsageSample)>;

/// Looks at all containers of ours.
pub(super) async fn poll(
    engine: &DockerEngine,
    before: Samples,
    pause: Duration,
) -> (Result<Vec<ContainerSample>, EngineError>, Samples) {
    tokio::time::sleep(pause).await;
    let listed = match engine.managed(Sizes::Unknown).await {
        Ok(listed) => listed,
        Err(error) => return (Err(error), before),
    };
    let looks = listed.into_iter().map(|it| poll_container(engine, it, &before));
    let (seen, samples): (Vec<_>, Vec<_>) = join_all(looks).await.into_iter().unzip();
    (Ok(seen), samples.into_iter().flatten().collect())
}

async fn poll_container(
    engine: &DockerEngine,
    listed: ListedContainer,
    before: &Samples,
) -> (ContainerSample, Option<(ContainerId, (Instant, UsageSample))>) {
    let container = listed.container;
    let id = &container.id;
    let mut seen = ContainerSample {
        id: id.clone(),
        name: escape_control(&container.name).replace('\n', " "),
        workspace: container.labels.workspace().map(str::to_owned),
        state: container.state,
        usage: None,
        sessions: None,
    };
    if container.state != RunState::Running {
        return (seen, None);
    }
    let sample = tokio::time::timeout(STATS_TIMEOUT, engine.sample(id));
    let (sample, sessions) = tokio::join!(sample, engine.sessions(id));
    seen.sessions = sessions;
    let Some(sample) = sample.ok().and_then(Result::ok).flatten() else { return (seen, None) };
    let now = Instant::now();
    // Without an earlier figure it has used nothing yet.
    let (then, earlier) = before.get(id).copied().unwrap_or((now, sample));
    seen.usage = Some(Usage::between(&earlier, &sample, now - then));
    (seen, Some((container.id, (now, sample))))
}
