//! Access of this process to root privileges.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::command::{HostCommand, SYSTEM_PATH, find_program_in};

/// Access of this process to root privileges.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Privilege {
    /// The process runs as root.
    Root,
    /// A program gives root privileges without a password.
    Passwordless(Elevator),
    /// A program is installed and asks for a password.
    WithPassword(Elevator),
    /// No such program is installed.
    None,
}

impl Privilege {
    /// Detects the access. A failed attempt with sudo appears in the system's log.
    pub fn detect() -> Self {
        if nix::unistd::geteuid().is_root() { Self::Root } else { Self::of_user(SYSTEM_PATH) }
    }

    /// Detects the access of an ordinary user; both programs may be installed and only one allow
    /// the user.
    fn of_user(search_path: &str) -> Self {
        let installed: Vec<_> = Elevator::PROGRAMS
            .iter()
            .filter_map(|name| find_program_in(search_path, name))
            .map(|program| Elevator { program })
            .collect();
        match installed.iter().find(|elevator| elevator.needs_no_password()) {
            Some(elevator) => Self::Passwordless(elevator.clone()),
            None => installed.into_iter().next().map_or(Self::None, Self::WithPassword),
        }
    }
}

/// A program that runs another one as root: sudo(8) or doas(1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Elevator {
    program: PathBuf,
}

impl Elevator {
    const PROGRAMS: [&str; 2] = ["sudo", "doas"];

    /// Returns the name of the program.
    pub fn name(&self) -> &str {
        self.program.file_name().and_then(OsStr::to_str).unwrap_or_default()
    }

    /// Returns the command that runs `program` as root, with more arguments to be added. A password
    /// is asked for on the terminal. `variables` are passed as arguments, because the environment
    /// is not passed on.
    pub fn command(&self, variables: &[(&str, &Path)], program: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["--", "env"]);
        for (name, value) in variables {
            let mut word = OsStr::new(name).to_owned();
            word.push("=");
            word.push(value);
            command.arg(word);
        }
        command.arg(program);
        command
    }

    fn needs_no_password(&self) -> bool {
        HostCommand::new(&self.program.to_string_lossy(), &["-n", "true"]).succeeds()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A directory with stand-ins for programs, which run these scripts.
    fn programs(scripts: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a directory");
        for (name, script) in scripts {
            let path = dir.path().join(name);
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("allowed");
        }
        dir
    }

    #[test]
    fn prefers_program_that_needs_no_password() {
        let (open, closed) = ("[ \"$1\" = -n ]", "exit 1");
        let check = |scripts: &[(&str, &str)], expected: fn(Elevator) -> Privilege, name: &str| {
            let dir = programs(scripts);
            let found = Privilege::of_user(&dir.path().to_string_lossy());
            assert_eq!(found, expected(Elevator { program: dir.path().join(name) }), "{scripts:?}");
        };
        check(&[("sudo", open)], Privilege::Passwordless, "sudo");
        check(&[("sudo", closed)], Privilege::WithPassword, "sudo");
        check(&[("doas", open)], Privilege::Passwordless, "doas");
        check(&[("sudo", closed), ("doas", open)], Privilege::Passwordless, "doas");
        check(&[("sudo", closed), ("doas", closed)], Privilege::WithPassword, "sudo");
        check(&[], |_| Privilege::None, "");
    }

    #[test]
    fn variables_are_passed_as_arguments() {
        let dir = programs(&[("doas", "shift; exec \"$@\"")]);
        let elevator = Elevator { program: dir.path().join("doas") };
        let variables = [("ROOT", Path::new("/srv/with space"))];
        let mut command = elevator.command(&variables, Path::new("sh"));
        let output = command.args(["-c", "echo \"$ROOT\""]).output().expect("it runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "/srv/with space\n");
        assert_eq!(elevator.name(), "doas");
    }
}
