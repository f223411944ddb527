//! Active sessions in a container.

use std::collections::BTreeSet;

use serde::Serialize;

/// A process of a container, from the engine's `ps`. Processes choose their own command line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContainerProcess {
    /// The process id.
    pub id: i64,
    /// The parent process id.
    pub parent: i64,
    /// The session id, `SID` in ps(1).
    pub session: i64,
    /// The foreground process group of its terminal, `TPGID` in ps(1); -1 without a terminal.
    pub foreground_group: i64,
    /// The command line.
    pub command: String,
}

/// The active sessions in a container, as far as they can be detected.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct ActiveSessions {
    /// SSH connections with a command or a shell. Idle connections and those that only forward
    /// ports are not included.
    pub ssh: usize,
    /// Terminals with a process, including those of tmux.
    pub terminals: usize,
}

impl ActiveSessions {
    /// Counts the sessions.
    ///
    /// sshd has one process per connection, named after the user (`session_proctitle` in OpenSSH's
    /// session.c; the program is called `sshd-session` since 9.8), with one child process per
    /// command. The title alone is not sufficient: `@notty` also appears for a channel without a
    /// command yet.
    #[must_use]
    pub fn count(processes: &[ContainerProcess]) -> Self {
        let parents: BTreeSet<i64> = processes.iter().map(|process| process.parent).collect();
        let is_connection = |process: &&ContainerProcess| {
            let title = process.command.as_str();
            let user = ["sshd: ", "sshd-session: "].iter().find_map(|it| title.strip_prefix(it));
            user.is_some_and(|user| !user.contains(' ')) && parents.contains(&process.id)
        };
        // A terminal belongs to at most one session, credentials(7).
        let on_terminal = processes.iter().filter(|process| process.foreground_group >= 0);
        Self {
            ssh: processes.iter().filter(is_connection).count(),
            terminals: on_terminal.map(|process| process.session).collect::<BTreeSet<_>>().len(),
        }
    }

    /// Whether there are active sessions.
    #[must_use]
    pub fn are_active(self) -> bool {
        self.ssh > 0 || self.terminals > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[(i64, i64, i64, i64, &str)], ssh: usize, terminals: usize) {
        let process = |row: &(i64, i64, i64, i64, &str)| ContainerProcess {
            id: row.0,
            parent: row.1,
            session: row.2,
            foreground_group: row.3,
            command: row.4.to_owned(),
        };
        let processes: Vec<_> = rows.iter().map(process).collect();
        assert_eq!(
            ActiveSessions::count(&processes),
            ActiveSessions { ssh, terminals },
            "{rows:?}"
        );
    }

    #[test]
    fn idle_connections_are_not_sessions() {
        let idle = [
            (1, 0, 1, -1, "/sbin/init --log-level=err"),
            (7, 1, 7, -1, "sshd: /usr/sbin/sshd -D -e [listener] 0 of 100-100 startups"),
            (8, 7, 8, -1, "sshd: agent [priv]"),
            (9, 8, 8, -1, "sshd: agent"),
            (10, 7, 10, -1, "sshd: agent [priv]"),
            (11, 10, 10, -1, "sshd: agent@notty"),
        ];
        check(&idle, 0, 0);
        assert!(!ActiveSessions::default().are_active());
    }

    #[test]
    fn sessions_and_terminals_are_counted() {
        let busy = [
            (8, 7, 8, -1, "sshd: agent [priv]"),
            (9, 8, 8, -1, "sshd: agent@notty"),
            (12, 9, 12, -1, "sleep 20"),
            (20, 7, 20, -1, "sshd-session: agent [priv]"),
            (21, 20, 20, -1, "sshd-session: agent@pts/1,pts/2"),
            (22, 21, 22, 23, "/bin/bash -l"),
            (23, 22, 22, 23, "vim"),
            (24, 21, 24, 24, "/bin/bash -l"),
            (30, 7, 30, -1, "sshd: agent [priv]"),
            (31, 30, 30, -1, "sshd: agent@notty"),
            (32, 31, 32, -1, "sshd: agent@internal-sftp"),
        ];
        check(&busy, 3, 2);
        assert!(ActiveSessions { ssh: 0, terminals: 1 }.are_active());
    }
}
