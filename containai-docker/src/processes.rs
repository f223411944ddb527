//! The processes of a container, as the engine's host sees them.
//!
//! The engine runs `ps` itself, so the container needs no program for this and cannot forge the
//! answer. A host without a suitable `ps` gives no answer.

use bollard::models::ContainerTopResponse;
use bollard::query_parameters::TopOptionsBuilder;
use containai_core::engine::{ContainerId, ContainerProcess};

use crate::engine::DockerEngine;

/// The engine requires the column PID.
const PS_ARGS: &str = "-eo pid,ppid,sid,tpgid,args";

impl DockerEngine {
    /// The processes of a running container according to the engine; `None` if unknown.
    pub(crate) async fn engine_processes(&self, id: &ContainerId) -> Option<Vec<ContainerProcess>> {
        let options = TopOptionsBuilder::default().ps_args(PS_ARGS).build();
        let answer = self.docker().top_processes(id.as_ref(), Some(options)).await.ok()?;
        processes(answer)
    }
}

fn processes(answer: ContainerTopResponse) -> Option<Vec<ContainerProcess>> {
    answer.processes?.into_iter().map(|row| process(&row)).collect()
}

fn process(row: &[String]) -> Option<ContainerProcess> {
    let [id, parent, session, foreground, command] = row else { return None };
    Some(ContainerProcess {
        id: id.parse().ok()?,
        parent: parent.parse().ok()?,
        session: session.parse().ok()?,
        foreground_group: foreground.parse().ok()?,
        command: command.clone(),
    })
}

#[cfg(test)]
mod tests {
    use containai_core::engine::ActiveSessions;

    use super::*;

    fn count_sessions(json: &str) -> Option<ActiveSessions> {
        let answer = serde_json::from_str(json).expect("an answer");
        Some(ActiveSessions::count(&processes(answer)?))
    }

    #[test]
    fn sessions_are_counted_from_ps_output() {
        let answer = r#"{"Titles": ["PID", "PPID", "SID", "TPGID", "COMMAND"], "Processes": [
            ["30921", "1", "30921", "-1", "/sbin/init --log-level=err"],
            ["2139", "2137", "2137", "-1", "sshd: agent@pts/1"],
            ["2141", "2139", "2141", "2141", "/bin/bash -l"]]}"#;
        assert_eq!(count_sessions(answer), Some(ActiveSessions { ssh: 1, terminals: 1 }));
    }

    #[test]
    fn malformed_ps_output_is_rejected() {
        for answer in [
            "{}",
            r#"{"Processes": [["1", "2", "/sbin/init"]]}"#,
            r#"{"Processes": [["1", "0", "?", "-1", "/sbin/init"]]}"#,
        ] {
            assert_eq!(count_sessions(answer), None, "{answer}");
        }
    }
}
