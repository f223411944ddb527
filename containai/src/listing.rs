//! The list of containers.

use containai_core::agent_session::running_sessions;
use containai_core::byte_size::ByteSize;
use containai_core::engine::{Container, RunState, Storage as _, StoredVolume, running_agents};
use containai_core::naming::AgentSessionName;
use containai_docker::{DockerEngine, ListedContainer, Sizes};
use futures_util::future::join_all;

/// A container in a list.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ContainerListing {
    /// The container, and the size of its own files if it was measured.
    pub listed: ListedContainer,
    /// The agents of its image that are running; empty if it is stopped or they are unknown.
    pub running_agents: Vec<String>,
    /// The agent sessions that run; empty if it is stopped or they are unknown.
    pub sessions: Vec<AgentSessionName>,
    /// The size of the volumes that it mounts, if it was measured; one that other containers mount as
    /// well counts for each.
    pub volumes: Option<ByteSize>,
}

impl ContainerListing {
    /// An entry without measurements.
    #[must_use]
    pub fn new(listed: ListedContainer) -> Self {
        Self { listed, running_agents: Vec::new(), sessions: Vec::new(), volumes: None }
    }
}

/// Lists the containers of this client in the order of their names.
///
/// # Errors
///
/// The engine's error.
pub async fn containers(
    engine: &DockerEngine,
    sizes: Sizes,
) -> crate::Result<Vec<ContainerListing>> {
    let listed = engine.managed(sizes).await?;
    let volumes = match sizes {
        Sizes::Measured => Some(engine.volumes().await?),
        Sizes::Unknown => None,
    };
    let entries = listed.into_iter().map(async |listed| {
        let (running_agents, sessions) = activity_of(engine, &listed.container).await;
        let volumes = volumes.as_ref().map(|it| mounted_size(it, &listed.container));
        ContainerListing { listed, running_agents, sessions, volumes }
    });
    Ok(join_all(entries).await)
}

/// Returns the agents and the sessions that run.
async fn activity_of(
    engine: &DockerEngine,
    container: &Container,
) -> (Vec<String>, Vec<AgentSessionName>) {
    if container.state != RunState::Running {
        return (Vec::new(), Vec::new());
    }
    let agents = container.labels.agents().unwrap_or_default();
    let processes = engine.processes(&container.id).await.unwrap_or_default();
    let agents = running_agents(&processes, &agents).into_iter().map(str::to_owned).collect();
    (agents, running_sessions(&processes))
}

fn mounted_size(volumes: &[StoredVolume], container: &Container) -> ByteSize {
    let mounted = volumes.iter().filter(|volume| volume.used_by.contains(&container.id));
    ByteSize::from_bytes(mounted.filter_map(|it| it.size).map(ByteSize::bytes).sum())
}
