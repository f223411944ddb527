//! Conversion of the engine's container list.

use bollard::models::{ContainerSummary, PortSummary};
use containai_core::engine::{Container, ContainerId, RunState};
use containai_core::label::{self, Labels};

/// The port of sshd in a container.
const CONTAINER_SSH_PORT: u16 = 22;

/// Returns whether a running container lacks the host port of its SSH server. An engine that cannot
/// bind a port of a container that survived a restart lists the port without a host port.
fn has_lost_port(state: RunState, labels: &Labels, ports: &[PortSummary]) -> bool {
    let mut ssh = ports.iter().filter(|port| port.private_port == CONTAINER_SSH_PORT).peekable();
    let is_expected = state == RunState::Running && labels.ssh_port().is_some();
    is_expected && ssh.peek().is_some() && ssh.all(|port| port.public_port.is_none())
}

/// Converts an entry; `None` for one without an id, which no engine is known to return.
pub(crate) fn container(entry: ContainerSummary) -> Option<Container> {
    let state = entry.state.map(|state| state.to_string());
    let state = state.as_deref().map_or(RunState::Dead, parse_state);
    let name = entry.names.unwrap_or_default().into_iter().next().unwrap_or_default();
    let labels: Labels = entry.labels.unwrap_or_default().into_iter().collect();
    let image = labels.get(label::ORIGINAL_IMAGE).map(str::to_owned).or(entry.image);
    let has_lost_port = has_lost_port(state, &labels, &entry.ports.unwrap_or_default());
    let mut container =
        Container::new(ContainerId::new(entry.id?), name.trim_start_matches('/').to_owned(), state)
            .with_status(entry.status.unwrap_or_default())
            .with_image(image.unwrap_or_default())
            .with_labels(labels);
    container.has_lost_port = has_lost_port;
    Some(container)
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
    fn port_that_the_engine_could_not_bind_is_lost() {
        let check = |state: &str, ports: &str, expected| {
            let container = read(&format!(
                r#"{{"Id": "abc", "State": "{state}", "Ports": {ports},
                    "Labels": {{"containai.managed": "true", "containai.ssh-port": "2300"}}}}"#
            ));
            let lost = container.map(|container| container.has_lost_port);
            assert_eq!(lost, Some(expected), "{state} {ports}");
        };
        let published =
            r#"[{"IP": "127.0.0.1", "PrivatePort": 22, "PublicPort": 2300, "Type": "tcp"}]"#;
        check("running", published, false);
        check("running", r#"[{"PrivatePort": 22, "Type": "tcp"}]"#, true);
        check("exited", r#"[{"PrivatePort": 22, "Type": "tcp"}]"#, false);
        // A network without ports says nothing.
        check("running", r#"[{"PrivatePort": 80, "Type": "tcp"}]"#, false);
        check("running", "[]", false);
        check("running", "null", false);
    }

    #[test]
    fn incomplete_entry_is_skipped_or_dead() {
        assert_eq!(read("{}"), None);
        assert_eq!(read(r#"{"Id": "abc"}"#).map(|container| container.state), Some(RunState::Dead));
    }
}
