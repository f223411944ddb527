//! What a `devcontainer.json` wants run on this machine.

use std::process::{Command, Stdio};

use crate::error::ResultExt as _;
use containai_core::devcontainer::LifecycleCommand;
use containai_core::exit;
use containai_core::hint::Hint;

use super::SessionRequest;
use crate::error::OperationError;

impl SessionRequest {
    /// Runs on this machine what the file wants run before a container is made
    /// or started. A person has approved that very text, or it would not have
    /// been read.
    pub(crate) fn run_initialize_command(&self) -> crate::Result<()> {
        let read = self.image.devcontainer.as_ref();
        let Some(command) = read.and_then(|read| read.initialize.as_ref()) else {
            return Ok(());
        };
        self.context.reporter.say("==> initializeCommand, on this machine");
        for program in commands_of(command) {
            self.run_on_host(program)?;
        }
        Ok(())
    }

    fn run_on_host(&self, mut program: Command) -> crate::Result<()> {
        let output = || match self.context.reporter.program_output() {
            Some(fd) => Stdio::from(fd),
            None => Stdio::null(),
        };
        let status = program
            .current_dir(self.workspace().as_path())
            .stdin(Stdio::null())
            .stdout(output())
            .stderr(output())
            .status()
            .context("cannot run `initializeCommand`")?;
        match status.success() {
            true => Ok(()),
            false => Err(OperationError::with_code(
                exit::FAILED,
                format!("`initializeCommand` of devcontainer.json: {status}"),
            )
            .hint(Hint::new("see what it says above, and run again"))
            .into()),
        }
    }
}

/// The programs of a command, one after the other.
fn commands_of(command: &LifecycleCommand) -> Vec<Command> {
    match command {
        LifecycleCommand::Shell(line) => {
            let mut program = Command::new("/bin/sh");
            program.arg("-c").arg(line);
            vec![program]
        }
        LifecycleCommand::Exec(words) => {
            let mut words = words.iter();
            let mut programs: Vec<_> = words.next().map(Command::new).into_iter().collect();
            for program in &mut programs {
                program.args(words.by_ref());
            }
            programs
        }
        LifecycleCommand::Parallel(commands) => {
            commands.iter().flat_map(|(_, command)| commands_of(command)).collect()
        }
    }
}
