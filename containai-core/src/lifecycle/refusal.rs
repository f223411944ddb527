//! Preconditions of the lifecycle.

use crate::exit;
use crate::hint::{Advice, Hint};

/// A situation in which no step is allowed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A container without the managed label has the name; it is never changed.
    #[error("container `{name}` is not managed by ContainAI")]
    NotManaged {
        /// The container's name.
        name: String,
    },
    /// Several containers are labelled with the workspace.
    #[error("{} containers serve `{workspace}`: {}", .names.len(), quoted(.names))]
    Ambiguous {
        /// The workspace.
        workspace: String,
        /// The names of the containers.
        names: Vec<String>,
    },
    /// All names from the plain one to `-99` belong to other workspaces.
    #[error("every name from `{name}` to `{name}-99` belongs to another workspace")]
    NamesExhausted {
        /// The name without a suffix.
        name: String,
    },
    /// The requested name belongs to a container of another workspace.
    #[error("container `{name}` belongs to workspace `{workspace}`")]
    OtherWorkspace {
        /// The container's name.
        name: String,
        /// The workspace that it serves.
        workspace: String,
    },
    /// The container of the workspace has another name than the requested one.
    #[error("the workspace has container `{actual}`, not `{requested}`")]
    NameMismatch {
        /// The container's name.
        actual: String,
        /// The requested name.
        requested: String,
    },
    /// The container of the workspace has another data volume than the requested one.
    #[error("container `{name}` has data volume `{actual}`, not `{requested}`")]
    VolumeMismatch {
        /// The container's name.
        name: String,
        /// The volume of the container.
        actual: String,
        /// The requested volume.
        requested: String,
    },
    /// An ephemeral container was requested, but the workspace has a container.
    #[error("the workspace already has container `{name}`")]
    AlreadyExists {
        /// The container's name.
        name: String,
    },
    /// The container has no valid port label; usually it was created by hand.
    #[error("container `{name}` has no valid SSH port label")]
    NoPort {
        /// The container's name.
        name: String,
    },
    /// The engine failed to remove the container, which is unusable.
    #[error("container `{name}` is dead")]
    Dead {
        /// The container's name.
        name: String,
    },
    /// A restore was interrupted, and its helper can neither finish it nor roll it back;
    /// usually the disk is full.
    #[error("restore of volume `{volume}` is incomplete")]
    RestoreIncomplete {
        /// The volume.
        volume: String,
        /// The name of the helper container.
        helper: String,
    },
    /// The container does not leave a transitional state.
    #[error("container `{name}` remains in state `{state}`")]
    Stuck {
        /// The container's name.
        name: String,
        /// The state.
        state: String,
    },
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl Advice for Refusal {
    fn exit_code(&self) -> u8 {
        match self {
            Self::NotManaged { .. }
            | Self::Ambiguous { .. }
            | Self::NamesExhausted { .. }
            | Self::OtherWorkspace { .. } => exit::FOREIGN_CONTAINER,
            Self::NameMismatch { .. }
            | Self::VolumeMismatch { .. }
            | Self::AlreadyExists { .. } => exit::USAGE,
            Self::NoPort { .. } => exit::SSH_SETUP_FAILED,
            Self::Dead { .. } | Self::RestoreIncomplete { .. } | Self::Stuck { .. } => {
                exit::CONTAINER_NOT_STARTED
            }
        }
    }

    fn hints(&self) -> Vec<Hint> {
        let hint = match self {
            Self::NotManaged { name } => Hint::new(format!(
                "remove it, or rename it with `docker --context containai-docker rename {name} <name>`"
            )),
            Self::Ambiguous { .. } => {
                Hint::new("remove all but one with `cai stop --remove --container <name>`")
            }
            Self::NamesExhausted { .. } => {
                Hint::new("remove a container that is no longer needed with `cai stop --remove`")
            }
            Self::OtherWorkspace { .. } => {
                Hint::new("choose another name, or select that workspace with `--workspace`")
            }
            Self::NameMismatch { actual, requested } => Hint::new(format!(
                "omit the name, or run `cai stop --remove --container {actual}` first to create `{requested}`; volumes are kept"
            )),
            Self::VolumeMismatch { requested, .. } => Hint::new(format!(
                "add `--fresh` to recreate the container with `{requested}`; the other volume is kept"
            )),
            Self::AlreadyExists { name } => Hint::new(format!(
                "omit `--ephemeral`, or run `cai stop --remove --container {name}` first; volumes are kept"
            )),
            Self::RestoreIncomplete { .. } => Hint::new(
                "free space on the disk of the engine's volumes, then run the command again",
            ),
            Self::NoPort { name } | Self::Dead { name } | Self::Stuck { name, .. } => Hint::run(
                &format!("cai stop --remove --container {name}"),
                "remove it; its volumes are kept",
            ),
        };
        vec![hint]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{samples, testing};

    #[test]
    fn error_messages() {
        let name = || "api-main".to_owned();
        let samples = samples!(Refusal {
            NotManaged: [Refusal::NotManaged { name: name() }],
            Ambiguous: [Refusal::Ambiguous {
                workspace: "/src/api".into(),
                names: vec![name(), "api-main-2".into()],
            }],
            NamesExhausted: [Refusal::NamesExhausted { name: name() }],
            OtherWorkspace: [Refusal::OtherWorkspace {
                name: name(),
                workspace: "/src/web".into()
            }],
            NameMismatch: [Refusal::NameMismatch { actual: name(), requested: "mine".into() }],
            VolumeMismatch: [Refusal::VolumeMismatch {
                name: name(),
                actual: "api-data".into(),
                requested: "shared".into(),
            }],
            AlreadyExists: [Refusal::AlreadyExists { name: name() }],
            NoPort: [Refusal::NoPort { name: name() }],
            Dead: [Refusal::Dead { name: name() }],
            RestoreIncomplete: [Refusal::RestoreIncomplete {
                volume: "api-data".into(),
                helper: "containai-restore-1".into(),
            }],
            Stuck: [Refusal::Stuck { name: name(), state: "restarting".into() }],
        });
        insta::assert_snapshot!(testing::render_errors_with_hints(&samples));
    }
}
