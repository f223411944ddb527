//! Running programs of the host and reporting their failures.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Output, Stdio};

/// Search path for the host's programs. A user's `PATH` often lacks the `sbin` directories and is
/// not a safe source for programs that run as root.
pub(crate) const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Maximum number of output lines in an error.
const TAIL_LINES: usize = 12;

/// An error from running a program of the host.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostCommandError {
    /// The program could not be started; usually its package is missing.
    #[error("cannot run `{program}`")]
    Spawn {
        /// The program.
        program: String,
        /// The error of the operating system.
        #[source]
        source: io::Error,
    },
    /// The program ended with a failure.
    #[error("`{command}` ended with {status}{}", indented(.tail))]
    Failed {
        /// The program and its arguments.
        command: String,
        /// Its exit status or signal.
        status: ExitStatus,
        /// The last lines of its standard error, or of its standard output if that is empty.
        tail: Vec<String>,
    },
}

impl HostCommandError {
    /// Returns whether a line at the end of the program's output matches.
    pub(super) fn reports(&self, matches: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Failed { tail, .. } => tail.iter().any(|line| matches(line)),
            Self::Spawn { .. } => false,
        }
    }
}

fn indented(tail: &[String]) -> String {
    tail.iter().map(|line| format!("\n  {line}")).collect()
}

/// A program with its arguments, as data that a dry run can show.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HostCommand {
    program: String,
    args: Vec<String>,
}

impl HostCommand {
    pub(crate) fn new(program: &str, args: &[&str]) -> Self {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Self { program: program.to_owned(), args }
    }

    pub(crate) fn args<I: IntoIterator<Item = S>, S: Into<String>>(mut self, more: I) -> Self {
        self.args.extend(more.into_iter().map(Into::into));
        self
    }

    /// Inserts an option before all other arguments.
    pub(crate) fn option_first(mut self, option: [&str; 2]) -> Self {
        self.args.splice(0..0, option.map(str::to_owned));
        self
    }

    /// Returns the program and its arguments.
    pub(crate) fn words(self) -> impl Iterator<Item = String> {
        std::iter::once(self.program).chain(self.args)
    }

    /// Returns the command to spawn, with the system's `PATH`, English messages and no standard
    /// input.
    pub(crate) fn to_command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).env("PATH", SYSTEM_PATH).env("LC_ALL", "C").stdin(Stdio::null());
        command
    }

    /// Runs the command to completion and returns its standard output.
    pub(crate) fn run(&self) -> Result<String, HostCommandError> {
        let output = self.output()?;
        if !output.status.success() {
            let text = if output.stderr.is_empty() { &output.stdout } else { &output.stderr };
            return Err(self.exit_error(output.status, &String::from_utf8_lossy(text)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Returns whether the command starts and succeeds.
    pub(crate) fn succeeds(&self) -> bool {
        self.output().is_ok_and(|output| output.status.success())
    }

    pub(crate) fn spawn_error(&self, source: io::Error) -> HostCommandError {
        HostCommandError::Spawn { program: self.program.clone(), source }
    }

    pub(crate) fn exit_error(&self, status: ExitStatus, output: &str) -> HostCommandError {
        HostCommandError::Failed { command: self.to_string(), status, tail: tail(output) }
    }

    fn output(&self) -> Result<Output, HostCommandError> {
        self.to_command().output().map_err(|source| self.spawn_error(source))
    }
}

impl std::fmt::Display for HostCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.program)?;
        for arg in &self.args {
            if arg.contains([' ', '$', '\'', '"']) {
                write!(f, " '{}'", arg.replace('\'', r"'\''"))?;
            } else {
                write!(f, " {arg}")?;
            }
        }
        Ok(())
    }
}

/// Returns the last non-blank lines of `text`.
pub(crate) fn tail(text: &str) -> Vec<String> {
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].iter().map(|line| (*line).to_owned()).collect()
}

/// Finds a program in `search_path`, which has the form of `PATH`.
pub(crate) fn find_program_in(search_path: &str, name: impl AsRef<OsStr>) -> Option<PathBuf> {
    let name = name.as_ref();
    std::env::split_paths(search_path).map(|dir| dir.join(name)).find(|path| path.is_file())
}

/// Finds a program in [`SYSTEM_PATH`].
pub(crate) fn find_program(name: impl AsRef<OsStr>) -> Option<PathBuf> {
    find_program_in(SYSTEM_PATH, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_has_status_and_stderr_tail() {
        let script = "for i in $(seq 20); do echo line $i >&2; done; exit 3";
        let error = HostCommand::new("sh", &["-c", script]).run().expect_err("status 3");
        let text = error.to_string();
        assert!(text.contains("ended with exit status: 3\n  line 9\n"), "{text}");
        assert!(text.ends_with("line 20"), "{text}");
    }

    #[test]
    fn error_names_missing_program() {
        let error = HostCommand::new("no-such-program", &[]).run().expect_err("no program");
        assert_eq!(error.to_string(), "cannot run `no-such-program`");
    }

    #[test]
    fn error_messages() {
        let program = HostCommand::new("ip", &["link", "show"]);
        let status = std::os::unix::process::ExitStatusExt::from_raw(9);
        let samples = containai_core::samples!(HostCommandError {
            Spawn: [program.spawn_error(io::ErrorKind::NotFound.into())],
            Failed: [program.exit_error(status, "first\n\nlast\n")],
        });
        insta::assert_snapshot!(containai_core::testing::render_errors(&samples));
    }
}
