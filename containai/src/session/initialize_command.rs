//! The `initializeCommand` of a `devcontainer.json`, on this machine.

use std::process::{Command, Stdio};

use crate::error::ResultExt as _;
use containai_core::devcontainer::LifecycleCommand;
use containai_core::exit;
use containai_core::hint::Hint;

use super::ResolvedWorkspace;
use crate::error::OperationError;

impl ResolvedWorkspace {
    /// Runs the `initializeCommand` on this machine, before the container is created or
    /// started. The user has approved this text: without approval the file is refused.
    pub(crate) fn run_initialize_command(&self) -> crate::Result<()> {
        let devcontainer = self.image.devcontainer.as_ref();
        let Some(command) = devcontainer.and_then(|it| it.initialize.as_ref()) else {
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
            .current_dir(self.path.as_path())
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
            .hint(Hint::new("read its output above, correct it, and run again"))
            .into()),
        }
    }
}

/// Returns the programs of a command, in the order in which they run.
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
