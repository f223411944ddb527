//! Input for sessions, their output, and their end.

use std::fmt;

use containai_core::agent_session::AgentSession;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::AgentSessionName;
use containai_ssh::Input;

use super::captured::{self, ScriptOutput};
use super::list::{find, missing};
use crate::error::OperationError;
use crate::report::escape_control;
use crate::session::SessionRequest;
use crate::session_script::{self, IS_LIVE, NOT_ATTACHED};

/// Whether a text that is sent is followed by the enter key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SendMode {
    /// It is.
    Enter,
    /// The text is left in the agent's input.
    Paste,
}

/// Pastes a text into a session. Without a name, it is the only one that runs.
///
/// # Errors
///
/// The text has control characters, or no session is meant, or it has ended.
pub async fn send(
    request: SessionRequest,
    name: Option<&AgentSessionName>,
    text: String,
    mode: SendMode,
) -> crate::Result<()> {
    let is_special = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if text.is_empty() || text.contains(is_special) {
        let message = "the text is empty or has control characters";
        return Err(OperationError::usage(message).into());
    }
    let name = live(request.clone(), name).await?;
    let mode = match mode {
        SendMode::Enter => "enter",
        SendMode::Paste => "paste",
    };
    let command = session_script::command("send", [name.as_str(), mode])?;
    let output = captured::run(request, &command, Input::bytes(text)).await?;
    check(&output, &name)
}

/// Returns what a session shows, or what an ended one showed last, with the lines that were scrolled
/// away. Without a name, it is the only one that runs, or the one that started last.
///
/// # Errors
///
/// There is no such session.
pub async fn logs(
    request: SessionRequest,
    name: Option<&AgentSessionName>,
) -> crate::Result<Vec<String>> {
    let name = find(request.clone(), name).await?.name;
    lines(request, &name).await
}

/// Returns the lines of a session, without empty ones at the end.
pub(super) async fn lines(
    request: SessionRequest,
    name: &AgentSessionName,
) -> crate::Result<Vec<String>> {
    let command = session_script::command("logs", [name.as_str()])?;
    let output = captured::run(request, &command, Input::Null).await?;
    check(&output, name)?;
    Ok(output.text.trim_end().lines().map(|line| escape_control(line.trim_end())).collect())
}

/// Ends the agent of a session: `SIGTERM`, and `SIGKILL` after ten seconds.
///
/// # Errors
///
/// No session is meant, or it has ended.
pub async fn stop(
    request: SessionRequest,
    name: Option<&AgentSessionName>,
) -> crate::Result<AgentSessionName> {
    let name = live(request.clone(), name).await?;
    let command = session_script::command("stop", [name.as_str()])?;
    check(&captured::run(request, &command, Input::Null).await?, &name)?;
    Ok(name)
}

/// Removes the record and the last output of a session that ended.
///
/// # Errors
///
/// There is no such session, or it runs.
pub async fn remove(request: SessionRequest, name: &AgentSessionName) -> crate::Result<()> {
    let command = session_script::command("remove", [name.as_str()])?;
    let output = captured::run(request, &command, Input::Null).await?;
    match output.code {
        NOT_ATTACHED => Err(missing(Some(name)).into()),
        IS_LIVE => {
            let hint = Hint::run(&format!("cai session stop {name}"), "end its agent");
            let message = format!("session `{name}` runs");
            Err(OperationError::with_code(exit::FAILED, message).hint(hint).into())
        }
        _ => check(&output, name),
    }
}

/// Why the wait for a session is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum WaitOutcome {
    /// The agent ended; its exit code.
    Ended(u8),
    /// The agent rang the bell while no terminal was attached: it waits for the user.
    Waiting,
}

impl fmt::Display for WaitOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(code) => write!(f, "ended with {code}"),
            Self::Waiting => f.write_str("waits for you"),
        }
    }
}

/// Waits until a session ends, or until its agent rings the bell while no terminal is attached.
///
/// # Errors
///
/// No session is meant, or the connection is lost.
pub async fn wait(
    request: SessionRequest,
    name: Option<&AgentSessionName>,
) -> crate::Result<(AgentSessionName, WaitOutcome)> {
    let name = find(request.clone(), name).await?.name;
    let command = session_script::command("wait", [name.as_str()])?;
    let output = captured::run(request, &command, Input::Null).await?;
    let outcome = match (output.code, output.text.trim_end()) {
        (exit::OK, "waiting") => WaitOutcome::Waiting,
        (code, _) => WaitOutcome::Ended(code),
    };
    Ok((name, outcome))
}

/// Returns the name of the selected session, which runs.
async fn live(
    request: SessionRequest,
    name: Option<&AgentSessionName>,
) -> crate::Result<AgentSessionName> {
    match find(request, name).await? {
        session if session.state.is_live() => Ok(session.name),
        session => Err(ended(&session).into()),
    }
}

fn ended(session: &AgentSession) -> OperationError {
    let message = format!("session `{}` has ended: {}", session.name, session.state);
    let hint = format!("cai session logs {}", session.name);
    OperationError::with_code(exit::FAILED, message).hint(Hint::run(&hint, "see its last output"))
}

fn check(output: &ScriptOutput, name: &AgentSessionName) -> crate::Result<()> {
    match output.code {
        exit::OK => Ok(()),
        NOT_ATTACHED => Err(missing(Some(name)).into()),
        _ => Err(output.failure().into()),
    }
}
