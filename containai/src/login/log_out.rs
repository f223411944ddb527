//! The removal of a login.

use containai_core::exit;
use containai_core::layout::CONTAINER_CREDENTIALS_PROGRAM;
use containai_core::manifest::AgentLogin;
use containai_ssh::{Command, Input};

use super::LoginState;
use super::state::MAX_OUTPUT;
use crate::error::OperationError;
use crate::session::SessionRequest;

/// Removes a login from the workspace's container, and from all containers that share it with this
/// one. Returns what the container had. The provider gets no report: a token remains valid until it
/// expires or is revoked there.
///
/// # Errors
///
/// The workspace has no container, or it cannot be reached.
pub async fn log_out(request: SessionRequest, login: &AgentLogin) -> crate::Result<LoginState> {
    let session = request.connect_existing().await?.connection;
    let state = LoginState::read(&session, login).await?;
    let command = Command::new([CONTAINER_CREDENTIALS_PROGRAM, "remove", &login.name])?;
    let removed = session.output_within(&command, Input::Null, MAX_OUTPUT).await?;
    match removed.outcome.code() {
        exit::OK => Ok(state),
        code => {
            let reason = String::from_utf8_lossy(&removed.stderr).trim().to_owned();
            let message =
                format!("the login of `{}` was not removed ({code}): {reason}", login.name);
            Err(OperationError::with_code(exit::FAILED, message).into())
        }
    }
}
