//! Agents among the processes of a container.

use super::ContainerProcess;

/// Returns the agents that are running, in the order of `agents`.
///
/// A process is an agent's if the file name of its program or of its first argument, the script of
/// an interpreter, is the agent's name. Processes choose their own command line.
#[must_use]
pub fn running_agents<'a>(processes: &[ContainerProcess], agents: &[&'a str]) -> Vec<&'a str> {
    let is_running = |agent: &&&str| processes.iter().any(|it| runs(it, agent));
    agents.iter().filter(is_running).copied().collect()
}

fn runs(process: &ContainerProcess, program: &str) -> bool {
    let words = process.command.split(' ').take(2);
    words.map(|word| word.rsplit('/').next().unwrap_or(word)).any(|name| name == program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_a_program_or_a_script() {
        let process = |command: &str| ContainerProcess {
            id: 1,
            parent: 0,
            session: 1,
            foreground_group: -1,
            command: command.to_owned(),
        };
        let check = |command: &str, expected: &[&str]| {
            let found =
                running_agents(&[process("/sbin/init"), process(command)], &["claude", "codex"]);
            assert_eq!(found, expected, "{command}");
        };
        check("claude", &["claude"]);
        check("node /usr/local/bin/codex --version", &["codex"]);
        check("vim claude.md", &[]);
        check("tail -f /var/log/claude", &[]);
        check("", &[]);
    }
}
