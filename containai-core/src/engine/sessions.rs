//! Who is inside.

use std::collections::BTreeSet;

use serde::Serialize;

/// One process of a container, as the engine's `ps` shows it. The command line
/// is whatever the process says it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Process {
    /// Its id.
    pub id: i64,
    /// The id of its parent.
    pub parent: i64,
    /// The id of its session, `SID` of ps(1).
    pub session: i64,
    /// The foreground process group of its terminal, `TPGID` of ps(1); -1
    /// without a terminal.
    pub foreground: i64,
    /// Its title.
    pub command: String,
}

/// Who is inside, as far as that can be told.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Sessions {
    /// SSH connections with a command or a shell. A connection that is merely
    /// kept for later, or only leads ports, does not count.
    pub ssh: usize,
    /// Terminals on which something runs, those of tmux included.
    pub terminals: usize,
}

impl Sessions {
    /// Counts them.
    ///
    /// sshd has a process for each connection, which it names after the user
    /// (`session_proctitle` in OpenSSH's session.c; the program is called
    /// `sshd-session` since 9.8), and which has a child for each command. Its
    /// title tells less: it says `@notty` of a channel that was opened for a
    /// command to come as well.
    #[must_use]
    pub fn count(processes: &[Process]) -> Self {
        let parents: BTreeSet<i64> = processes.iter().map(|process| process.parent).collect();
        let is_connection = |process: &&Process| {
            let title = process.command.as_str();
            let user = ["sshd: ", "sshd-session: "].iter().find_map(|it| title.strip_prefix(it));
            user.is_some_and(|user| !user.contains(' ')) && parents.contains(&process.id)
        };
        // A terminal belongs to one session at most (credentials(7)).
        let on_terminal = processes.iter().filter(|process| process.foreground >= 0);
        Self {
            ssh: processes.iter().filter(is_connection).count(),
            terminals: on_terminal.map(|process| process.session).collect::<BTreeSet<_>>().len(),
        }
    }

    /// Whether anybody would be thrown out.
    #[must_use]
    pub fn are_active(self) -> bool {
        self.ssh > 0 || self.terminals > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[(i64, i64, i64, i64, &str)], ssh: usize, terminals: usize) {
        let process = |row: &(i64, i64, i64, i64, &str)| Process {
            id: row.0,
            parent: row.1,
            session: row.2,
            foreground: row.3,
            command: row.4.to_owned(),
        };
        let processes: Vec<_> = rows.iter().map(process).collect();
        assert_eq!(Sessions::count(&processes), Sessions { ssh, terminals }, "{rows:?}");
    }

    #[test]
    fn a_connection_that_is_kept_is_nobody() {
        let idle = [
            (1, 0, 1, -1, "/sbin/init --log-level=err"),
            (7, 1, 7, -1, "sshd: /usr/sbin/sshd -D -e [listener] 0 of 100-100 startups"),
            (8, 7, 8, -1, "sshd: agent [priv]"),
            (9, 8, 8, -1, "sshd: agent"),
            (10, 7, 10, -1, "sshd: agent [priv]"),
            (11, 10, 10, -1, "sshd: agent@notty"),
        ];
        check(&idle, 0, 0);
        assert!(!Sessions::default().are_active());
    }

    #[test]
    fn sessions_and_terminals_count() {
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
        assert!(Sessions { ssh: 0, terminals: 1 }.are_active());
    }
}
