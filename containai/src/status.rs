//! The status of a container.

use std::time::Duration;

use containai_core::engine::{
    ActiveSessions, Container, IdRangeMode, RestartPolicy, RunState, Usage,
};
use containai_docker::{Activity, DockerEngine, Running};
use tokio::time::timeout;

use crate::host_facts;

/// The time limit for the restart policy.
const POLICY_TIMEOUT: Duration = Duration::from_secs(1);

/// The status of a running container; `None` for values that are unknown.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunningStatus {
    /// Its resource usage.
    pub usage: Option<Usage>,
    /// Its sessions.
    pub sessions: Option<ActiveSessions>,
    /// Its range of user ids; `None` also without ranges, as with Sysbox.
    pub id_range: Option<IdRangeMode>,
    /// The time since its start.
    pub uptime: Option<Duration>,
    /// Whether it starts with the engine; also known of a stopped container.
    pub restart: Option<RestartPolicy>,
}

/// A status of which the quick part is known.
pub struct StatusQuery<'a> {
    engine: &'a DockerEngine,
    container: &'a Container,
    running: Running,
    /// The uptime.
    pub status: RunningStatus,
}

/// Whether a container in this state has resource usage and sessions.
#[must_use]
pub fn has_usage(state: RunState) -> bool {
    matches!(state, RunState::Running | RunState::Paused)
}

impl<'a> StatusQuery<'a> {
    /// Determines the uptime and the restart policy.
    pub async fn start(engine: &'a DockerEngine, container: &'a Container) -> Self {
        let running = match has_usage(container.state) {
            true => engine.running(&container.id).await,
            false => Running::default(),
        };
        let uptime = running.started.map(|at| at.age_at(host_facts::now()));
        let restart = timeout(POLICY_TIMEOUT, engine.restart_policy(&container.id)).await;
        let restart = restart.ok().and_then(Result::ok);
        let status = RunningStatus { uptime, restart, ..RunningStatus::default() };
        Self { engine, container, running, status }
    }

    /// Determines the other values, which takes up to three seconds.
    pub async fn finish(self) -> RunningStatus {
        let Self { engine, container, running, status } = self;
        if !has_usage(container.state) {
            return status;
        }
        let id = &container.id;
        let (activity, id_range) = tokio::join!(engine.activity(id, &running), engine.id_range(id));
        let Activity { usage, sessions } = activity;
        RunningStatus { usage, sessions, id_range, ..status }
    }
}
