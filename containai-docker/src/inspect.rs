//! From the engine's listing to what the lifecycle understands.

use bollard::models::{ContainerSummary, ContainerSummaryStateEnum};
use containai_core::engine::{Container, ContainerId, RunState};

/// Reads one entry of `GET /containers/json`; `None` for one without an id,
/// which no engine has shown yet.
pub(crate) fn container(summary: ContainerSummary) -> Option<Container> {
    let name = summary.names.unwrap_or_default().into_iter().next().unwrap_or_default();
    Some(Container {
        id: ContainerId::new(summary.id?),
        name: name.trim_start_matches('/').to_owned(),
        state: state(summary.state),
        status: summary.status.unwrap_or_default(),
        image: summary.image.unwrap_or_default(),
        labels: summary.labels.unwrap_or_default().into_iter().collect(),
    })
}

fn state(state: Option<ContainerSummaryStateEnum>) -> RunState {
    match state {
        Some(ContainerSummaryStateEnum::RUNNING) => RunState::Running,
        Some(ContainerSummaryStateEnum::PAUSED) => RunState::Paused,
        Some(ContainerSummaryStateEnum::RESTARTING | ContainerSummaryStateEnum::STOPPING) => {
            RunState::Restarting
        }
        Some(ContainerSummaryStateEnum::REMOVING) => RunState::Removing,
        Some(ContainerSummaryStateEnum::EXITED) => RunState::Exited,
        Some(ContainerSummaryStateEnum::CREATED) => RunState::Created,
        Some(ContainerSummaryStateEnum::DEAD | ContainerSummaryStateEnum::EMPTY) | None => {
            RunState::Dead
        }
    }
}
