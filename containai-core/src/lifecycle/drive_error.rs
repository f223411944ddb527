//! Errors of the control loop.

use super::refusal::Refusal;
use crate::engine::EngineError;
use crate::hint::{Advice, Hint};
use crate::remote::RemoteError;
use crate::workspace_store::WorkspaceStoreError;

/// A failure to reach the desired state.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriveError {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The SSH connection failed.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The workspace store failed.
    #[error(transparent)]
    WorkspaceStore(#[from] WorkspaceStoreError),
    /// No step is allowed.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl DriveError {
    /// Returns whether the container may just be stopping although it was listed as
    /// running, for example after a stop requested by an interrupted command. No command
    /// has been started in it.
    #[must_use]
    pub fn may_be_stopping(&self) -> bool {
        matches!(
            self,
            Self::Engine(EngineError::ContainerExited { .. })
                | Self::Remote(RemoteError::Connection { .. })
        )
    }
}

impl Advice for DriveError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Engine(error) => error.exit_code(),
            Self::Remote(error) => error.exit_code(),
            Self::WorkspaceStore(error) => error.exit_code(),
            Self::Refused(refusal) => refusal.exit_code(),
        }
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Engine(error) => error.hints(),
            Self::Remote(error) => error.hints(),
            Self::WorkspaceStore(error) => error.hints(),
            Self::Refused(refusal) => refusal.hints(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::naming::HostPort;
    use crate::remote::Peer;
    use crate::{samples, testing};

    #[test]
    fn server_that_was_waited_for_is_not_waited_for_again() {
        let peer = || Peer::Container(HostPort::new(2300).expect("a port"));
        let cut = RemoteError::Connection { peer: peer(), source: "early eof".into() };
        assert!(DriveError::from(cut).may_be_stopping());
        let waited = Duration::from_secs(30);
        let frozen = RemoteError::HandshakeTimeout { peer: peer(), waited };
        assert!(!DriveError::from(frozen).may_be_stopping());
    }

    #[test]
    fn error_messages() {
        let samples = samples!(DriveError {
            Engine: [DriveError::Engine(EngineError::NoSuchImage { image: "base".into() })],
            Remote: [DriveError::Remote(RemoteError::NotPinned { port: 2300 })],
            WorkspaceStore: [DriveError::WorkspaceStore(WorkspaceStoreError {
                workspace: "/src/api".into(),
                source: "read-only file system".into(),
            })],
            Refused: [DriveError::Refused(Refusal::NotManaged { name: "api-main".into() })],
        });
        insta::assert_snapshot!(testing::render_errors_with_hints(&samples));
    }
}
