//! What the engine says about a container, and what it is asked to make.

use std::collections::BTreeMap;
use std::fmt;

use super::{ExtraMount, HostFacts, LinkedRepository};
use crate::label::{self, Labels};
use crate::naming::{
    ClientId, ContainerName, HostPort, Hostname, Nonce, VolumeName, WorkspacePath,
};
use crate::resources::Resources;

/// The engine's own identifier of a container.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ContainerId(String);

impl ContainerId {
    /// Takes over an identifier that the engine gave.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }
}

impl AsRef<str> for ContainerId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ContainerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The state of a container, in Docker's words.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum RunState {
    /// Made, never started.
    Created,
    /// Its first process runs.
    Running,
    /// Frozen by `docker pause`.
    Paused,
    /// Between two runs of its restart policy.
    Restarting,
    /// Being removed.
    Removing,
    /// Ran and ended.
    Exited,
    /// The engine failed to remove it.
    Dead,
}

impl RunState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Created,
        Self::Running,
        Self::Paused,
        Self::Restarting,
        Self::Removing,
        Self::Exited,
        Self::Dead,
    ];
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Removing => "removing",
            Self::Exited => "exited",
            Self::Dead => "dead",
        })
    }
}

/// One container in the engine's listing. Every text in it is untrusted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Container {
    /// The engine's identifier.
    pub id: ContainerId,
    /// The name without a leading slash.
    pub name: String,
    /// What it is doing.
    pub state: RunState,
    /// The engine's own words on the state, such as `Up 3 hours`.
    pub status: String,
    /// The image reference it was made from.
    pub image: String,
    /// Its labels.
    pub labels: Labels,
}

impl Container {
    /// Whether this is our container for `workspace`.
    pub fn serves(&self, workspace: &WorkspacePath) -> bool {
        self.labels.is_managed() && self.labels.workspace() == Some(workspace.as_str())
    }

    /// Whether nobody's work can be in its file system: it never ran, and it
    /// was not made from the file system of another.
    pub fn is_empty(&self) -> bool {
        let is_heir = self.labels.replaces().is_some() || self.labels.snapshot().is_some();
        self.state == RunState::Created && !is_heir
    }
}

/// The way in which a container's root is kept from being the host's root.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Isolation {
    /// Sysbox made the user namespace; our shim in front of it maps bind mounts.
    Sysbox,
    /// Our engine's `userns-remap` and our own runtime shim.
    Userns,
}

impl Isolation {
    /// The name under which the engine knows the runtime.
    pub fn runtime(self) -> &'static str {
        match self {
            Self::Sysbox => "containai-sysbox-runc",
            Self::Userns => "containai-runc",
        }
    }
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sysbox => "sysbox",
            Self::Userns => "userns",
        })
    }
}

/// A container to make. Everything else about it follows from the invariants:
/// never privileged, no host namespace, no host socket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContainerSpec {
    /// Its name.
    pub name: ContainerName,
    /// Its host name.
    pub hostname: Hostname,
    /// The image reference, present in the engine's store.
    pub image: String,
    /// The workspace on the user's machine, read-write at
    /// [`crate::layout::CONTAINER_WORKSPACE`].
    pub workspace: WorkspacePath,
    /// What is mounted there.
    pub mount: WorkspaceMount,
    /// Mounted at [`crate::layout::CONTAINER_DATA`]; `None` is a volume without
    /// a name that goes with the container.
    pub data_volume: Option<VolumeName>,
    /// Mounted at [`crate::layout::CONTAINER_DOCKER`]; `None` as above.
    pub docker_volume: Option<VolumeName>,
    /// Published on 127.0.0.1 to the container's port 22.
    pub port: HostPort,
    /// Its share of the host.
    pub resources: Resources,
    /// The isolation that starts it.
    pub isolation: Isolation,
    /// The template it was made from; empty without one.
    pub template: String,
    /// What it is told of the host.
    pub host: HostFacts,
    /// How long it is meant to last.
    pub lifetime: Lifetime,
    /// Whether garbage collection leaves it alone.
    pub protection: Protection,
    /// The repository that the workspace is a linked worktree of.
    pub repository: Option<LinkedRepository>,
    /// What it has besides.
    pub mounts: Vec<ExtraMount>,
    /// The container that it is made in place of.
    pub replaces: Option<Replaced>,
    /// The snapshot that it is made of.
    pub revives: Option<Revived>,
}

/// How long a container is meant to last.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Lifetime {
    /// Until somebody removes it.
    #[default]
    Lasting,
    /// As long as the session that it is made for.
    Session,
}

/// Whether garbage collection leaves a container alone.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Protection {
    /// It goes when nobody has used it for long.
    #[default]
    None,
    /// It stays until somebody removes it by name.
    Kept,
}

/// The container that a new one is made in place of, with nothing of its file
/// system.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Replaced {
    /// The container.
    pub id: ContainerId,
    /// When it was last started, in the engine's words.
    pub last_start: String,
    /// The name that the new one takes over.
    pub name: ContainerName,
    /// What becomes of the workspace's record of its data volume.
    pub record: VolumeRecord,
}

/// What becomes of the record of a workspace's data volume when a container gets
/// its name.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum VolumeRecord {
    /// It stays as it is.
    #[default]
    Kept,
    /// It names the volume of that container. The label on the container says so
    /// until then, so that the record changes only once the old container is gone.
    Replaced,
}

/// The snapshot that a container is made of, whose image is its image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Revived {
    /// The snapshot.
    pub snapshot: Nonce,
    /// The image that the first of the row was made from.
    pub image: String,
    /// The name that it gets once it is complete.
    pub name: ContainerName,
    /// Whether it runs beside the container that the snapshot is of.
    pub identity: Identity,
}

/// What a server shows of itself: host key and machine id.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Identity {
    /// It is the one of the snapshot, which nobody else has.
    Kept,
    /// It is made anew at the first start.
    Renewed,
}

/// What a container has for its workspace.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum WorkspaceMount {
    /// The directory itself: the engine runs on the machine that has it.
    Bind,
    /// A copy: the engine runs on another machine.
    Volume {
        /// The machine that has the workspace.
        client: ClientId,
        /// Where the copy is.
        volume: VolumeName,
    },
}

/// A container to make in another's place: everything about it is as in the
/// other, except for what stands here and the port.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Succession {
    /// The container to be replaced.
    pub of: ContainerId,
    /// The name for as long as the other one has its own.
    pub name: ContainerName,
    /// The other's file system, as [`crate::engine::Engine::keep`] named it.
    pub image: String,
    /// All labels but the port.
    pub labels: Labels,
    /// Volumes that are not the other's, by where they are mounted; most often
    /// there are none.
    pub volumes: BTreeMap<&'static str, VolumeName>,
}

impl ContainerSpec {
    /// The labels that this container will carry.
    pub fn labels(&self) -> Labels {
        let mut labels = Labels::for_container(
            &self.workspace,
            self.port,
            self.data_volume.as_ref(),
            &self.template,
            &self.isolation.to_string(),
        )
        .with_mount(&self.mount);
        if self.isolation == Isolation::Sysbox {
            labels = labels.with(label::RUNTIME, self.isolation.runtime());
        }
        if self.lifetime == Lifetime::Session {
            labels = labels.with(label::EPHEMERAL, "true");
        }
        if self.protection == Protection::Kept {
            labels = labels.with(label::KEEP, "true");
        }
        if let Some(repository) = &self.repository {
            labels = labels.with(label::REPOSITORY, repository.common.as_str());
        }
        if let Some(old) = &self.replaces {
            labels = labels
                .with(label::REPLACES, old.id.as_ref())
                .with(label::REPLACES_START, &old.last_start)
                .with(label::TAKES_NAME, old.name.as_ref());
            if old.record == VolumeRecord::Replaced {
                labels = labels.with(label::NEW_VOLUME, "true");
            }
        }
        if let Some(revived) = &self.revives {
            labels = labels
                .with(label::SNAPSHOT, revived.snapshot.as_str())
                .with(label::IMAGE, &revived.image)
                .with(label::NEW_VOLUME, "true")
                .with(label::TAKES_NAME, revived.name.as_ref());
            if revived.identity == Identity::Renewed {
                labels = labels.with(label::FORKED, "true");
            }
            labels = labels.over_snapshot();
        }
        labels
    }
}
