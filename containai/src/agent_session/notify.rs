//! Notifications of this machine.

use std::process::{Command, Stdio};

use containai_core::config::{Config, SessionNotification};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::AgentSessionName;

use super::WaitOutcome;
use crate::error::OperationError;

/// Notifies the user that a session ended or waits, as `session.notify` asks. Returns whether the
/// caller rings the terminal's bell.
///
/// The program is the user's: a workspace cannot set it, and the container chooses nothing of its
/// command line. The session's name, which is a plain word, and its state are variables.
///
/// # Errors
///
/// The program cannot be started, or it failed.
pub fn notify(
    config: &Config,
    name: &AgentSessionName,
    outcome: WaitOutcome,
) -> crate::Result<bool> {
    let state = outcome.to_string();
    match &config.session_notify.value {
        SessionNotification::Bell => return Ok(true),
        SessionNotification::Command(line) => {
            run(Command::new("/bin/sh").args(["-c", line]), name, &state)?;
        }
        SessionNotification::Desktop => {
            let text = format!("agent session {name} {state}");
            run(Command::new("notify-send").args(["--app-name=cai", "cai", &text]), name, &state)?;
        }
        _ => {}
    }
    Ok(false)
}

fn run(command: &mut Command, name: &AgentSessionName, state: &str) -> crate::Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command
        .env("CONTAINAI_SESSION_NAME", name.as_str())
        .env("CONTAINAI_SESSION_STATE", state)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    let problem = match status {
        Ok(status) if status.success() => return Ok(()),
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    };
    let message = format!("the notification by `{program}` failed: {problem}");
    Err(OperationError::with_code(exit::FAILED, message)
        .hint(Hint::new("`cai config get session.notify` prints the setting"))
        .into())
}
