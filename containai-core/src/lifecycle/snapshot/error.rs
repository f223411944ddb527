//! Errors of snapshots.

use crate::byte_size::{ByteSize, HumanSize};
use crate::engine::EngineError;
use crate::exit;
use crate::hint::{Advice, Hint};
use crate::lifecycle::{DriveError, Refusal};
use crate::remote::RemoteError;
use crate::workspace_store::WorkspaceStoreError;

/// An error of a snapshot operation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The engine, the SSH connection or the lifecycle failed.
    #[error(transparent)]
    Drive(#[from] DriveError),
    /// The name is in use.
    #[error("snapshot `{name}` already exists")]
    Exists {
        /// The name.
        name: String,
    },
    /// No snapshot of this name exists on this engine.
    #[error("snapshot `{name}` does not exist")]
    Unknown {
        /// The name.
        name: String,
    },
    /// The engine's disk has too little space for the copies.
    #[error("the copies need {}, but the engine's disk has {} free", HumanSize(*.needed), HumanSize(*.free))]
    NoSpace {
        /// The required space.
        needed: ByteSize,
        /// The free space.
        free: ByteSize,
    },
    /// The container is ephemeral: a restored one would be removed as well.
    #[error("container `{name}` is ephemeral")]
    Ephemeral {
        /// The container.
        name: String,
    },
    /// The snapshot was created with another isolation than that of the engine.
    #[error(
        "snapshot `{name}` was created with `{actual}` isolation, but the engine has `{required}`"
    )]
    IsolationMismatch {
        /// The snapshot.
        name: String,
        /// The isolation of the snapshot.
        actual: String,
        /// The isolation of the engine.
        required: String,
    },
    /// The workspace of the fork has a container.
    #[error("`{workspace}` already has container `{name}`")]
    WorkspaceHasContainer {
        /// The workspace.
        workspace: String,
        /// Its container.
        name: String,
    },
    /// The container was started during the restore.
    #[error("container `{name}` was started during the restore: nothing was restored")]
    ContainerStarted {
        /// The container.
        name: String,
    },
    /// A copy from the snapshot is running.
    #[error("snapshot `{name}` is being copied")]
    InUse {
        /// The snapshot.
        name: String,
    },
}

impl From<EngineError> for SnapshotError {
    fn from(error: EngineError) -> Self {
        Self::Drive(error.into())
    }
}

impl From<RemoteError> for SnapshotError {
    fn from(error: RemoteError) -> Self {
        Self::Drive(error.into())
    }
}

impl From<WorkspaceStoreError> for SnapshotError {
    fn from(error: WorkspaceStoreError) -> Self {
        Self::Drive(error.into())
    }
}

impl From<Refusal> for SnapshotError {
    fn from(refusal: Refusal) -> Self {
        Self::Drive(refusal.into())
    }
}

impl Advice for SnapshotError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Drive(error) => error.exit_code(),
            Self::Exists { .. }
            | Self::Unknown { .. }
            | Self::Ephemeral { .. }
            | Self::IsolationMismatch { .. }
            | Self::WorkspaceHasContainer { .. } => exit::USAGE,
            Self::NoSpace { .. } | Self::ContainerStarted { .. } | Self::InUse { .. } => {
                exit::FAILED
            }
        }
    }

    fn hints(&self) -> Vec<Hint> {
        let list = "cai snapshot list";
        vec![match self {
            Self::Drive(error) => return error.hints(),
            Self::Exists { name } => {
                let command = format!("cai snapshot remove {name}");
                Hint::run(&command, "remove it, or choose another name")
            }
            Self::Unknown { .. } => Hint::run(list, "list the snapshots"),
            Self::NoSpace { .. } => {
                Hint::run(list, "find snapshots to remove with `cai snapshot remove`")
            }
            Self::Ephemeral { .. } => {
                Hint::new("create another container with `cai snapshot fork`")
            }
            Self::IsolationMismatch { actual, .. } => Hint::run(
                &format!("cai setup --isolation {actual}"),
                "switch back; containers of the other isolation are then not visible",
            ),
            Self::WorkspaceHasContainer { .. } => Hint::new("choose another directory or branch"),
            Self::ContainerStarted { .. } => Hint::new("run the same command again"),
            Self::InUse { .. } => {
                Hint::new("wait until the copy is finished, then run the command again")
            }
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{samples, testing};

    #[test]
    fn error_messages() {
        let name = || "before".to_owned();
        let samples = samples!(SnapshotError {
            Drive: [EngineError::NoSuchImage { image: "base".into() }.into()],
            Exists: [SnapshotError::Exists { name: name() }],
            Unknown: [SnapshotError::Unknown { name: name() }],
            NoSpace: [SnapshotError::NoSpace {
                needed: ByteSize::from_gib(3),
                free: ByteSize::from_gib(2),
            }],
            Ephemeral: [SnapshotError::Ephemeral { name: "api-main".into() }],
            IsolationMismatch: [SnapshotError::IsolationMismatch {
                name: name(),
                actual: "userns".into(),
                required: "sysbox".into(),
            }],
            WorkspaceHasContainer: [SnapshotError::WorkspaceHasContainer {
                workspace: "/src/api-before".into(),
                name: "api-before".into(),
            }],
            ContainerStarted: [SnapshotError::ContainerStarted { name: "api-main".into() }],
            InUse: [SnapshotError::InUse { name: name() }],
        });
        insta::assert_snapshot!(testing::render_errors_with_hints(&samples));
    }
}
