//! The program that starts and supervises the engine.

use std::fmt;
use std::path::{Path, PathBuf};

use super::command::HostCommand;
use super::unit::UNIT;

/// The program that starts and supervises the engine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ServiceManager {
    /// systemd, at every boot.
    Systemd,
    /// ContainAI's own supervisor, until the machine shuts down.
    Supervisor {
        /// The supervisor program.
        program: PathBuf,
        /// The root of the engine's layout.
        root: PathBuf,
    },
}

impl ServiceManager {
    /// Returns the commands that start the engine, at every boot if systemd does it.
    pub(super) fn start_commands(&self) -> Vec<HostCommand> {
        match self {
            Self::Systemd => {
                vec![
                    systemctl_command(&["daemon-reload"]),
                    systemctl_command(&["enable", "--now", UNIT]),
                ]
            }
            Self::Supervisor { program, root } => vec![supervisor_command(program, "start", root)],
        }
    }

    /// Returns the commands that restart the engine.
    pub(super) fn restart_commands(&self) -> Vec<HostCommand> {
        match self {
            Self::Systemd => vec![
                systemctl_command(&["daemon-reload"]),
                systemctl_command(&["enable", UNIT]),
                systemctl_command(&["restart", UNIT]),
            ],
            Self::Supervisor { program, root } => {
                vec![supervisor_command(program, "restart", root)]
            }
        }
    }
}

fn systemctl_command(args: &[&str]) -> HostCommand {
    HostCommand::new("systemctl", args)
}

fn supervisor_command(program: &Path, verb: &str, root: &Path) -> HostCommand {
    HostCommand::new(&program.to_string_lossy(), &[verb, &root.to_string_lossy()])
}

impl fmt::Display for ServiceManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Systemd => "systemd",
            Self::Supervisor { .. } => "ContainAI's supervisor",
        })
    }
}
