//! Running sessions, from a container's processes.

use crate::engine::ContainerProcess;
use crate::layout::CONTAINER_SESSION_SOCKETS;
use crate::naming::AgentSessionName;

/// Returns the names of the sessions whose tmux servers are among the processes, in order.
/// Processes choose their own command lines, so the names are what the container says.
#[must_use]
pub fn running_sessions(processes: &[ContainerProcess]) -> Vec<AgentSessionName> {
    let mut names: Vec<_> = processes.iter().filter_map(session_of).collect();
    names.sort();
    names.dedup();
    names
}

/// Returns the session of a tmux server. Its clients have another parent and no `new-session`.
fn session_of(process: &ContainerProcess) -> Option<AgentSessionName> {
    let mut words = process.command.split(' ');
    if words.next()?.rsplit('/').next() != Some("tmux")
        || !process.command.contains(" new-session ")
    {
        return None;
    }
    let socket = words.skip_while(|word| *word != "-S").nth(1)?;
    let name = socket.strip_prefix(CONTAINER_SESSION_SOCKETS)?.strip_prefix('/')?;
    AgentSessionName::parse(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_sessions() {
        let process = |command: &str| ContainerProcess {
            id: 1,
            parent: 0,
            session: 1,
            foreground_group: -1,
            command: command.to_owned(),
        };
        let server = |name: &str| {
            process(&format!(
                "tmux -u -S {CONTAINER_SESSION_SOCKETS}/{name} -f x new-session -d -s {name}"
            ))
        };
        let client =
            format!("tmux -u -S {CONTAINER_SESSION_SOCKETS}/claude attach-session -t =claude");
        let processes = [
            server("codex"),
            server("claude"),
            process(&client),
            server("../x"),
            process("tmux new-session -s own"),
            process("/sbin/init"),
        ];
        let names: Vec<_> = running_sessions(&processes).into_iter().map(String::from).collect();
        assert_eq!(names, ["claude", "codex"]);
    }
}
