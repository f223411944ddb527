//! Whether a container has a login.

use std::fmt;

use containai_core::layout::CONTAINER_CREDENTIALS_PROGRAM;
use containai_core::manifest::AgentLogin;
use containai_ssh::{Command, Input, Session};

/// The limit of a container's answer, in bytes.
pub(super) const MAX_OUTPUT: usize = 64 << 10;

/// Whether a container has a login.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum LoginState {
    /// It has none.
    Missing,
    /// It has one of its own, on the data volume.
    OfWorkspace,
    /// It has the one that the user's containers share.
    Shared,
}

impl fmt::Display for LoginState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "not logged in",
            Self::OfWorkspace => "logged in for this workspace",
            Self::Shared => "logged in for all workspaces that share the login",
        })
    }
}

impl LoginState {
    /// Describes the removal of a login that was in this state.
    #[must_use]
    pub fn removal_text(self, login: &AgentLogin) -> String {
        let name = &login.name;
        match self {
            Self::Missing => format!("`{name}` was not logged in"),
            Self::OfWorkspace => format!("removed the login of `{name}` for this workspace"),
            Self::Shared => format!("removed the login of `{name}`, also for all that shared it"),
        }
    }

    /// Asks the container; no credential leaves it. The files of a login are looked at, not its
    /// validity.
    ///
    /// # Errors
    ///
    /// The connection is lost.
    pub async fn read(session: &Session, login: &AgentLogin) -> crate::Result<Self> {
        let command = Command::new([CONTAINER_CREDENTIALS_PROGRAM, "state", &login.name])?;
        let captured = session.output_within(&command, Input::Null, MAX_OUTPUT).await?;
        Ok(match captured.stdout.trim_ascii() {
            b"shared" => Self::Shared,
            b"own" => Self::OfWorkspace,
            _ => Self::Missing,
        })
    }
}
