//! Resource usage and sessions of containers.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use containai_core::agent_session::running_sessions;
use containai_core::engine::{
    ActiveSessions, Container, ContainerId, RunState, Usage, UsageSample,
};
use containai_core::naming::AgentSessionName;
use containai_docker::{Activity, DockerEngine, Sizes};
use futures_util::future::join_all;

/// The time limit for a sample of one container, which the others wait for.
const SAMPLE_TIMEOUT: Duration = Duration::from_secs(3);

/// A container with its resource usage.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerStatistics {
    /// The container.
    pub container: Container,
    /// Its usage; `None` if stopped or unknown.
    pub usage: Option<Usage>,
    /// Its sessions; `None` if stopped or unknown.
    pub sessions: Option<ActiveSessions>,
    /// The agent sessions that run; empty if stopped or unknown.
    pub agent_sessions: Vec<AgentSessionName>,
}

/// Returns the statistics of all running containers. Their CPU usage is measured for a moment.
///
/// # Errors
///
/// The engine cannot list containers.
pub async fn running(engine: &DockerEngine) -> crate::Result<Vec<ContainerStatistics>> {
    let listed = engine.managed(Sizes::Unknown).await?.into_iter().map(|it| it.container);
    let running = listed.filter(|it| it.state == RunState::Running);
    let statistics = running.map(async |container| {
        let state = engine.running(&container.id).await;
        let Activity { usage, sessions } = engine.activity(&container.id, &state).await;
        let processes = engine.processes(&container.id).await.unwrap_or_default();
        let agent_sessions = running_sessions(&processes);
        ContainerStatistics { container, usage, sessions, agent_sessions }
    });
    Ok(join_all(statistics).await)
}

/// Samples of all containers, for repeated statistics.
#[derive(Debug, Default)]
pub struct Sampler {
    previous: HashMap<ContainerId, (Instant, UsageSample)>,
}

impl Sampler {
    /// Returns the statistics of all containers. The CPU usage is that since the previous call.
    ///
    /// # Errors
    ///
    /// The engine cannot list containers.
    pub async fn sample(
        &mut self,
        engine: &DockerEngine,
    ) -> crate::Result<Vec<ContainerStatistics>> {
        let listed = engine.managed(Sizes::Unknown).await?;
        let samples = listed.into_iter().map(|it| self.sample_container(engine, it.container));
        let (statistics, samples): (Vec<_>, Vec<_>) = join_all(samples).await.into_iter().unzip();
        self.previous = samples.into_iter().flatten().collect();
        Ok(statistics)
    }

    /// As [`Self::sample`], after a delay.
    pub async fn sample_after(
        mut self,
        delay: Duration,
        engine: &DockerEngine,
    ) -> (crate::Result<Vec<ContainerStatistics>>, Self) {
        tokio::time::sleep(delay).await;
        let statistics = self.sample(engine).await;
        (statistics, self)
    }

    async fn sample_container(
        &self,
        engine: &DockerEngine,
        container: Container,
    ) -> (ContainerStatistics, Option<(ContainerId, (Instant, UsageSample))>) {
        let mut statistics = ContainerStatistics {
            container,
            usage: None,
            sessions: None,
            agent_sessions: Vec::new(),
        };
        let Container { id, state, .. } = statistics.container.clone();
        if state != RunState::Running {
            return (statistics, None);
        }
        let sample = tokio::time::timeout(SAMPLE_TIMEOUT, engine.sample(&id));
        let (sample, processes) = tokio::join!(sample, engine.processes(&id));
        statistics.sessions = processes.as_deref().map(ActiveSessions::count);
        statistics.agent_sessions = running_sessions(&processes.unwrap_or_default());
        let Some(sample) = sample.ok().and_then(Result::ok).flatten() else {
            return (statistics, None);
        };
        let now = Instant::now();
        // The first sample has no usage before it.
        let (then, earlier) = self.previous.get(&id).copied().unwrap_or((now, sample));
        statistics.usage = Some(Usage::between(&earlier, &sample, now - then));
        (statistics, Some((id, (now, sample))))
    }
}
