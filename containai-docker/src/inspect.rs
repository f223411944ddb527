//! Conversion of the engine's container list.

use bollard::models::ContainerSummary;
use containai_core::engine::{Container, ContainerId, RunState};
use containai_core::label::{self, Labels};

/// Converts an entry; `None` for one without an id, which no engine is known to return.
pub(crate) fn container(entry: ContainerSummary) -> Option<Container> {
    let state = entry.state.map(|state| state.to_string());
    let name = entry.names.unwrap_or_default().into_iter().next().unwrap_or_default();
    let labels: Labels = entry.labels.unwrap_or_default().into_iter().collect();
    let image = labels.get(label::ORIGINAL_IMAGE).map(str::to_owned).or(entry.image);
    Some(Container {
        id: ContainerId::new(entry.id?),
        name: name.trim_start_matches('/').to_owned(),
        state: state.as_deref().map_or(RunState::Dead, parse_state),
        status: entry.status.unwrap_or_default(),
        image: image.unwrap_or_default(),
        labels,
    })
}

/// Parses the name of a state; an unknown one is [`RunState::Dead`].
pub(crate) fn parse_state(name: &str) -> RunState {
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
    fn listing_of_an_old_engine_is_read() {
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
    fn every_state_is_parsed() {
        let check = |state: &str, expected| {
            let container = read(&format!(r#"{{"Id": "abc", "State": "{state}"}}"#));
            assert_eq!(container.map(|it| it.state), Some(expected), "{state}");
        };
        check("created", RunState::Created);
        check("running", RunState::Running);
        check("paused", RunState::Paused);
        check("restarting", RunState::Restarting);
        check("stopping", RunState::Restarting);
        check("removing", RunState::Removing);
        check("exited", RunState::Exited);
        check("dead", RunState::Dead);
        check("", RunState::Dead);
    }

    #[test]
    fn incomplete_entry_is_skipped_or_dead() {
        assert_eq!(read("{}"), None);
        assert_eq!(read(r#"{"Id": "abc"}"#).map(|container| container.state), Some(RunState::Dead));
    }
}
