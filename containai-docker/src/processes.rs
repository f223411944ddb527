//! The processes of a container, as the engine's host sees them.
//!
//! The engine runs `ps` itself, so the container needs no program for this and cannot forge the
//! answer. A host without a suitable `ps` gives no answer.

use bollard::models::ContainerTopResponse;
use bollard::query_parameters::TopOptionsBuilder;
use containai_core::engine::{ContainerId, Process, Sessions};

use crate::engine::DockerEngine;

/// The engine requires the column PID.
const COLUMNS: &str = "-eo pid,ppid,sid,tpgid,args";

impl DockerEngine {
    /// The active sessions of a running container according to the engine; `None` if unknown.
    pub(crate) async fn told_sessions(&self, id: &ContainerId) -> Option<Sessions> {
        let options = TopOptionsBuilder::default().ps_args(COLUMNS).build();
        let answer = self.docker().top_processes(id.as_ref(), Some(options)).await.ok()?;
        Some(Sessions::count(&processes(answer)?))
    }
}

fn processes(answer: ContainerTopResponse) -> Option<Vec<Process>> {
    answer.processes?.into_iter().map(|row| process(&row)).collect()
}

fn process(row: &[String]) -> Option<Process> {
    let [id, parent, session, foreground, command] = row else { return None };
    Some(Process {
        id: id.parse().ok()?,
        parent: parent.parse().ok()?,
        session: session.parse().ok()?,
        foreground: foreground.parse().ok()?,
        command: command.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(json: &str) -> Option<Sessions> {
        let answer = serde_json::from_str(json).expect("an answer");
        Some(Sessions::count(&processes(answer)?))
    }

    #[test]
    fn what_ps_says_is_counted() {
        let answer = r#"{"Titles": ["PID", "PPID", "SID", "TPGID", "COMMAND"], "Processes": [
            ["30921", "1", "30921", "-1", "/sbin/init --log-level=err"],
            ["2139", "2137", "2137", "-1", "sshd: agent@pts/1"],
            ["2141", "2139", "2141", "2141", "/bin/bash -l"]]}"#;
        assert_eq!(count(answer), Some(Sessions { ssh: 1, terminals: 1 }));
    }

    #[test]
    fn what_makes_no_sense_leaves_the_question_open() {
        for answer in [
            "{}",
            r#"{"Processes": [["1", "2", "/sbin/init"]]}"#,
            r#"{"Processes": [["1", "0", "?", "-1", "/sbin/init"]]}"#,
        ] {
            assert_eq!(count(answer), None, "{answer}");
        }
    }
}
