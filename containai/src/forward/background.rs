//! Forwards in background processes.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::remote::Forward;

use crate::context::Context;
use crate::error::{OperationError, ResultExt as _};

/// Starts a `cai` process that forwards until it is stopped or its container is removed, and waits
/// until it listens.
///
/// # Errors
///
/// The program is not known ([`ProcessEnv::program`](crate::process_env::ProcessEnv::program)) or
/// cannot be started, or its own error.
pub fn start_background(
    context: &Context,
    container: &str,
    forward: &Forward,
) -> crate::Result<()> {
    let program = context.env.existing_program().context("the program `cai` is not available")?;
    let mut child = Command::new(program)
        .args(["--docker-host", &context.address.to_string()])
        .args(["forward", "--detached", "--container", container])
        .args([forward.direction().option(), &forward.to_string()])
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start a background process")?;
    let mut line = String::new();
    let stdout = child.stdout.take().context("the child has no standard output")?;
    BufReader::new(stdout).read_line(&mut line)?;
    if !line.is_empty() {
        return Ok(());
    }
    let mut messages = String::new();
    let stderr = child.stderr.take();
    stderr.context("the child has no standard error")?.read_to_string(&mut messages)?;
    let code = child.wait()?.code().and_then(|code| u8::try_from(code).ok());
    Err(process_error(&messages, code.unwrap_or(exit::FAILED)).into())
}

/// The error that the process printed.
fn process_error(messages: &str, code: u8) -> OperationError {
    let find = |prefix| messages.lines().filter_map(move |line: &str| line.strip_prefix(prefix));
    let message = find("error: ").next().unwrap_or("the background process ended");
    let error = OperationError::with_code(code, message);
    find("hint: ").fold(error, |error, hint| error.hint(Hint::new(hint)))
}
