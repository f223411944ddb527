//! From the engine's listing to what the lifecycle understands.

use bollard::models::ContainerSummary;
use containai_core::engine::{Container, ContainerId, RunState};
use containai_core::label::{self, Labels};

/// Reads one entry of `GET /containers/json`; `None` for one without an id,
/// which no engine has shown yet.
pub(crate) fn container(summary: ContainerSummary) -> Option<Container> {
    let name = summary.names.unwrap_or_default().into_iter().next().unwrap_or_default();
    let labels: Labels = summary.labels.unwrap_or_default().into_iter().collect();
    let image = labels.get(label::IMAGE).map(str::to_owned).or(summary.image);
    Some(Container {
        id: ContainerId::new(summary.id?),
        name: name.trim_start_matches('/').to_owned(),
        state: state_named(&summary.state.map(|it| it.to_string()).unwrap_or_default()),
        status: summary.status.unwrap_or_default(),
        image: image.unwrap_or_default(),
        labels,
    })
}

/// The state by its name; one that nobody knows is dead.
pub(crate) fn state_named(name: &str) -> RunState {
    match name {
        "created" => RunState::Created,
        "running" => RunState::Running,
        "paused" => RunState::Paused,
        "restarting" | "stopping" => RunState::Restarting,
        "removing" => RunState::Removing,
        "exited" => RunState::Exited,
        _ => RunState::Dead,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<Container> {
        container(serde_json::from_str(json).expect("a summary"))
    }

    #[test]
    fn listing_of_an_old_engine_is_understood() {
        let container = read(
            r#"{"Id": "abc", "Names": ["/api-main"], "Image": "containai/base:1",
                "State": "exited", "Status": "Exited (130) 2 hours ago",
                "Labels": {"containai.managed": "true", "containai.ssh-port": "2300"}}"#,
        );
        let container = container.expect("a container");
        assert_eq!((container.name.as_str(), container.state), ("api-main", RunState::Exited));
        assert!(container.labels.is_managed());
        assert_eq!(container.labels.ssh_port().map(|port| port.get()), Some(2300));
    }

    #[test]
    fn half_an_answer_is_no_container_or_a_dead_one() {
        assert_eq!(read("{}"), None);
        assert_eq!(read(r#"{"Id": "abc"}"#).map(|container| container.state), Some(RunState::Dead));
    }
}
