//! The activity of a running container: read from the kernel if the engine runs on this machine,
//! otherwise from the engine.

use std::time::{Duration, Instant};

use containai_core::engine::{ActiveSessions, ContainerId, EngineError, Usage, UsageSample};
use containai_core::timestamp::Timestamp;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use crate::cgroup::Cgroup;
use crate::engine::DockerEngine;

/// Timeout of the request for a container's process.
const INSPECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Timeout of requests that the engine has to measure for; an engine before Docker 23 takes a
/// second for each sample.
const ENGINE_TIMEOUT: Duration = Duration::from_secs(3);
/// Interval between the two samples of the kernel.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(50);
/// Interval between the two samples of the engine, whose times are less precise.
const ENGINE_SAMPLE_INTERVAL: Duration = Duration::from_millis(300);

/// The activity of a running container. A part that was not available in time is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Activity {
    /// Usage of processor, memory and tasks.
    pub usage: Option<Usage>,
    /// The active sessions.
    pub sessions: Option<ActiveSessions>,
}

/// A running container, if the engine answered in time.
#[derive(Clone, Debug, Default)]
pub struct Running {
    /// The time of the last start; `None` if the engine did not answer within a second.
    pub started: Option<Timestamp>,
    cgroup: Option<Cgroup>,
}

impl DockerEngine {
    /// Locates the container's process; for [`Self::activity`].
    pub async fn running(&self, id: &ContainerId) -> Running {
        let look = timeout(INSPECT_TIMEOUT, self.inspect_state(id)).await;
        let Ok(Some(InspectedState { pid, started_at })) = look else { return Running::default() };
        let is_here = self.address().socket().is_some();
        let pid = pid.filter(|pid| is_here && *pid > 0);
        Running {
            started: started_at.and_then(|at| Timestamp::of_engine(&at)),
            cgroup: pid.and_then(|pid| Cgroup::for_process(pid, id).ok()),
        }
    }

    /// Returns the container's activity. Each part takes at most three seconds; both are measured
    /// concurrently.
    pub async fn activity(&self, id: &ContainerId, running: &Running) -> Activity {
        let cgroup = running.cgroup.as_ref();
        let (usage, sessions) =
            tokio::join!(self.usage_of(id, cgroup), self.sessions_of(id, cgroup));
        Activity { usage, sessions }
    }

    /// Returns the container's current usage, from two samples; `None` if it does not run or the
    /// engine does not answer in time.
    pub async fn usage(&self, id: &ContainerId) -> Option<Usage> {
        let running = self.running(id).await;
        self.usage_of(id, running.cgroup.as_ref()).await
    }

    /// Returns the container's usage up to now; `None` if it does not run.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn sample(&self, id: &ContainerId) -> Result<Option<UsageSample>, EngineError> {
        let cgroup = self.running(id).await.cgroup;
        match cgroup.and_then(|cgroup| cgroup.sample().ok()) {
            Some(sample) => Ok(Some(sample)),
            None => self.engine_sample(id).await,
        }
    }

    /// Returns the active sessions of a running container; `None` if they are not available in
    /// time.
    pub async fn sessions(&self, id: &ContainerId) -> Option<ActiveSessions> {
        let running = self.running(id).await;
        self.sessions_of(id, running.cgroup.as_ref()).await
    }

    async fn usage_of(&self, id: &ContainerId, cgroup: Option<&Cgroup>) -> Option<Usage> {
        if let Some(usage) = kernel_usage(cgroup).await {
            return Some(usage);
        }
        timeout(ENGINE_TIMEOUT, self.engine_usage(id)).await.ok()?
    }

    async fn sessions_of(
        &self,
        id: &ContainerId,
        cgroup: Option<&Cgroup>,
    ) -> Option<ActiveSessions> {
        if let Some(cgroup) = cgroup.cloned()
            && let Ok(Ok(processes)) = spawn_blocking(move || cgroup.processes()).await
        {
            return Some(ActiveSessions::count(&processes));
        }
        timeout(ENGINE_TIMEOUT, self.engine_sessions(id)).await.ok()?
    }

    async fn engine_usage(&self, id: &ContainerId) -> Option<Usage> {
        let start = Instant::now();
        let earlier = self.engine_sample(id).await.ok()??;
        let first = start.elapsed() / 2;
        sleep(ENGINE_SAMPLE_INTERVAL).await;
        let begin = start.elapsed();
        let later = self.engine_sample(id).await.ok()??;
        // The engine takes the sample between request and response.
        let second = (begin + start.elapsed()) / 2;
        Some(Usage::between(&earlier, &later, second.saturating_sub(first)))
    }

    /// Returns the container's state from the engine.
    async fn inspect_state(&self, id: &ContainerId) -> Option<InspectedState> {
        let state = self.docker().inspect_container(id.as_ref(), None).await.ok()?.state?;
        let pid = state.pid.and_then(|pid| pid.try_into().ok());
        Some(InspectedState { pid, started_at: state.started_at })
    }
}

/// Returns the usage between two samples of the kernel; `None` if it provides none.
async fn kernel_usage(cgroup: Option<&Cgroup>) -> Option<Usage> {
    let cgroup = cgroup?;
    let (earlier, start) = (cgroup.sample().ok()?, Instant::now());
    sleep(SAMPLE_INTERVAL).await;
    let later = cgroup.sample().ok()?;
    Some(Usage::between(&earlier, &later, start.elapsed()))
}

#[derive(Debug)]
struct InspectedState {
    pid: Option<u32>,
    started_at: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn unresponsive_engine_times_out() {
        let directory = tempfile::tempdir().expect("a directory");
        let socket = directory.path().join("engine.sock");
        // It accepts connections and never answers.
        let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
        let address = format!("unix://{}", socket.display()).parse().expect("an address");
        let engine = DockerEngine::connect(address, None).expect("a client");
        let id = ContainerId::new("abc");
        let running = engine.running(&id).await;
        assert!(running.started.is_none() && running.cgroup.is_none());
        assert_eq!(engine.activity(&id, &running).await, Activity::default());
    }
}
