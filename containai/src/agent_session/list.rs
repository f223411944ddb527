//! The sessions of a container.

use containai_core::agent_session::{
    AgentSession, AgentSessionSelection, parse_list, select_session,
};
use containai_core::engine::{Container, RunState};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::AgentSessionName;
use containai_ssh::Input;

use super::captured;
use crate::error::OperationError;
use crate::session::SessionRequest;
use crate::session_script;

/// Returns the sessions of the container, those that ended included. A stopped container is not
/// started: it has none.
///
/// # Errors
///
/// The container cannot be reached.
pub async fn list(
    container: &Container,
    request: SessionRequest,
) -> crate::Result<Vec<AgentSession>> {
    match container.state {
        RunState::Running | RunState::Paused => read(request).await,
        _ => Ok(Vec::new()),
    }
}

/// Returns the sessions, after a start of the container where it is stopped.
pub(super) async fn read(request: SessionRequest) -> crate::Result<Vec<AgentSession>> {
    let command = session_script::command("list", [""; 0])?;
    let output = captured::run(request, &command, Input::Null).await?;
    match output.code {
        exit::OK => Ok(parse_list(&output.text)),
        _ => Err(output.failure().into()),
    }
}

/// Returns the selected session, which may have ended.
pub(super) async fn find(
    request: SessionRequest,
    name: Option<&AgentSessionName>,
) -> crate::Result<AgentSession> {
    match select_session(read(request).await?, name) {
        AgentSessionSelection::Live(session) | AgentSessionSelection::Ended(session) => Ok(session),
        AgentSessionSelection::Ambiguous(sessions) => Err(ambiguous(&sessions).into()),
        AgentSessionSelection::Missing => Err(missing(name).into()),
    }
}

pub(super) fn ambiguous(sessions: &[AgentSession]) -> OperationError {
    let names: Vec<_> = sessions.iter().map(|it| format!("`{}`", it.name)).collect();
    OperationError::usage(format!("several sessions run: {}", names.join(", ")))
        .hint(Hint::new("name one of them: `cai attach -n NAME`"))
}

pub(super) fn missing(name: Option<&AgentSessionName>) -> OperationError {
    match name {
        Some(name) => {
            OperationError::with_code(exit::FAILED, format!("there is no session `{name}`"))
                .hint(Hint::run("cai session list", "see the sessions of the container"))
        }
        None => OperationError::with_code(exit::FAILED, "the container has no session")
            .hint(Hint::run("cai run", "start the agent in one")),
    }
}
