//! Containers of an engine, and specifications of new ones.

use std::collections::BTreeMap;
use std::fmt;

use super::{ExtraMount, HostFacts, LinkedRepository, RestartPolicy};
use crate::isolation::Isolation;
use crate::label::{self, Labels};
use crate::naming::{
    ClientId, ContainerId, ContainerName, HostEntry, HostPort, Hostname, RandomId, VolumeName,
    WorkspacePath,
};
use crate::resources::Resources;

/// The state of a container, in Docker's terms.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum RunState {
    /// Created, never started.
    Created,
    /// The first process is running.
    Running,
    /// Paused by `docker pause`.
    Paused,
    /// Waiting for a restart by the restart policy.
    Restarting,
    /// Being removed.
    Removing,
    /// The first process exited.
    Exited,
    /// The engine failed to remove it.
    Dead,
}

impl RunState {
    /// All states.
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

/// A container in the engine's list. All texts are untrusted.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Container {
    /// The engine's id.
    pub id: ContainerId,
    /// The name without a leading slash.
    pub name: String,
    /// The state.
    pub state: RunState,
    /// The engine's description of the state, such as `Up 3 hours`.
    pub status: String,
    /// The image reference that it was created from.
    pub image: String,
    /// The labels.
    pub labels: Labels,
    /// Whether it runs without the port of its SSH server: another program took the port while the
    /// engine was restarted.
    pub has_lost_port: bool,
}

impl Container {
    /// Creates a container without labels, of an unknown image.
    #[must_use]
    pub fn new(id: ContainerId, name: impl Into<String>, state: RunState) -> Self {
        Self {
            id,
            name: name.into(),
            state,
            status: String::new(),
            image: String::new(),
            labels: Labels::default(),
            has_lost_port: false,
        }
    }

    /// Sets the engine's description of the state.
    #[must_use]
    pub fn with_status(self, status: impl Into<String>) -> Self {
        Self { status: status.into(), ..self }
    }

    /// Sets the image reference.
    #[must_use]
    pub fn with_image(self, image: impl Into<String>) -> Self {
        Self { image: image.into(), ..self }
    }

    /// Sets the labels.
    #[must_use]
    pub fn with_labels(self, labels: Labels) -> Self {
        Self { labels, ..self }
    }

    /// Whether this is the managed container of `workspace`.
    pub fn serves(&self, workspace: &WorkspacePath) -> bool {
        self.labels.is_managed() && self.labels.workspace() == Some(workspace.as_str())
    }

    /// Whether its file system cannot contain any work: it never ran and was not created from
    /// another container's file system.
    pub fn is_empty(&self) -> bool {
        let has_inherited_files =
            self.labels.replaces().is_some() || self.labels.snapshot().is_some();
        self.state == RunState::Created && !has_inherited_files
    }
}

/// The specification of a container to create. Everything else follows from the invariants: not
/// privileged, no host namespaces, no host sockets.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ContainerSpec {
    /// The name.
    pub name: ContainerName,
    /// The host name.
    pub hostname: Hostname,
    /// The image reference; the image is in the engine's store.
    pub image: String,
    /// The workspace on the user's machine, mounted read-write at
    /// [`crate::layout::CONTAINER_WORKSPACE`].
    pub workspace: WorkspacePath,
    /// The mount of the workspace.
    pub mount: WorkspaceMount,
    /// The volume at [`crate::layout::CONTAINER_DATA`]; `None` is an anonymous volume that is
    /// removed with the container.
    pub data_volume: Option<VolumeName>,
    /// The volume at [`crate::layout::CONTAINER_DOCKER`]; `None` as above.
    pub docker_volume: Option<VolumeName>,
    /// The host port on 127.0.0.1 that is published to port 22 of the container.
    pub port: HostPort,
    /// The resource limits.
    pub resources: Resources,
    /// The isolation.
    pub isolation: Isolation,
    /// The template of the image; empty without one.
    pub template: String,
    /// Facts about the host that are passed to the container.
    pub host: HostFacts,
    /// The lifetime.
    pub lifetime: Lifetime,
    /// Whether garbage collection keeps it.
    pub protection: Protection,
    /// Whether it starts with the engine.
    pub restart: RestartPolicy,
    /// The repository of a linked worktree.
    pub repository: Option<LinkedRepository>,
    /// Additional mounts.
    pub mounts: Vec<ExtraMount>,
    /// Additional entries of `/etc/hosts`.
    pub hosts: Vec<HostEntry>,
    /// The container to replace.
    pub replaces: Option<ReplacedContainer>,
    /// The snapshot to create it from.
    pub from_snapshot: Option<SnapshotSource>,
}

/// The lifetime of a container.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Lifetime {
    /// Until it is removed explicitly.
    #[default]
    Persistent,
    /// Until the end of its session.
    Session,
}

/// Whether garbage collection keeps a container.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Protection {
    /// It is removed after a long time without use.
    #[default]
    None,
    /// It is kept until it is removed by name.
    Protected,
}

/// The container that a new one replaces, without reusing its file system.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReplacedContainer {
    /// The container.
    pub id: ContainerId,
    /// The last start time, as reported by the engine.
    pub last_start: String,
    /// The name that the new container takes over.
    pub name: ContainerName,
    /// The change to the workspace's record of its data volume.
    pub record: VolumeRecordUpdate,
}

/// The change to a workspace's record of its data volume when a container gets its final name.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum VolumeRecordUpdate {
    /// The record is kept.
    #[default]
    Keep,
    /// The record is set to the volume of the new container. Until then a label on the container
    /// says so, so that the record changes only after the old container is removed.
    Replace,
}

/// The snapshot that a container is created from. Its image is the container's image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SnapshotSource {
    /// The snapshot.
    pub snapshot: RandomId,
    /// The image that the first container in the chain was created from.
    pub image: String,
    /// The name that the container gets once it is complete.
    pub name: ContainerName,
    /// The identity of the new container.
    pub identity: ContainerIdentity,
}

/// The identity of an SSH server: host key and machine id.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ContainerIdentity {
    /// The identity of the snapshot, which no other container uses.
    Keep,
    /// A new identity, generated at the first start.
    Regenerate,
}

/// The mount of a container's workspace.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum WorkspaceMount {
    /// The directory itself, for an engine on this machine.
    Bind,
    /// A workspace copy, for a remote engine.
    Volume {
        /// The client machine that has the workspace.
        client: ClientId,
        /// The volume with the copy.
        volume: VolumeName,
    },
}

/// The specification of a replacement, which equals the old container except for these fields and
/// the port.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ReplacementSpec {
    /// The container to replace.
    pub of: ContainerId,
    /// The temporary name while the old container still exists.
    pub name: ContainerName,
    /// The image of the old container's file system, from [`crate::engine::Engine::commit`].
    pub image: String,
    /// All labels except the port.
    pub labels: Labels,
    /// Volumes that differ from those of the old container, by mount point; usually none.
    pub volumes: BTreeMap<&'static str, VolumeName>,
}

impl ReplacementSpec {
    /// Describes a replacement with the volumes of the old container.
    #[must_use]
    pub fn new(of: ContainerId, name: ContainerName, image: String, labels: Labels) -> Self {
        Self { of, name, image, labels, volumes: BTreeMap::new() }
    }
}

impl ContainerSpec {
    /// Describes a persistent container of a workspace on the engine's machine, with anonymous
    /// volumes and without additional mounts. Its host name follows from its name.
    #[must_use]
    pub fn new(
        name: ContainerName,
        image: String,
        workspace: WorkspacePath,
        port: HostPort,
        isolation: Isolation,
        resources: Resources,
    ) -> Self {
        Self {
            hostname: Hostname::sanitize(name.as_ref()),
            name,
            image,
            workspace,
            mount: WorkspaceMount::Bind,
            data_volume: None,
            docker_volume: None,
            port,
            resources,
            isolation,
            template: String::new(),
            lifetime: Lifetime::Persistent,
            protection: Protection::None,
            restart: RestartPolicy::No,
            repository: None,
            mounts: Vec::new(),
            hosts: Vec::new(),
            replaces: None,
            from_snapshot: None,
            host: HostFacts::default(),
        }
    }

    /// Returns the labels of the container.
    pub fn labels(&self) -> Labels {
        let mut labels = Labels::for_container(
            &self.workspace,
            self.port,
            self.data_volume.as_ref(),
            &self.template,
            &self.isolation.to_string(),
        );
        if let WorkspaceMount::Volume { client, volume } = &self.mount {
            labels = labels.with_workspace_volume(client, volume);
        }
        if self.isolation == Isolation::Sysbox {
            labels = labels.with(label::RUNTIME, self.isolation.runtime());
        }
        if self.lifetime == Lifetime::Session {
            labels = labels.with(label::EPHEMERAL, "true");
        }
        if self.protection == Protection::Protected {
            labels = labels.with(label::KEEP, "true");
        }
        if let Some(repository) = &self.repository {
            labels = labels.with(label::REPOSITORY, repository.common_dir.as_str());
        }
        if let Some(old) = &self.replaces {
            labels = labels
                .with(label::REPLACES, old.id.as_ref())
                .with(label::REPLACES_START, &old.last_start)
                .with(label::FINAL_NAME, old.name.as_ref());
            if old.record == VolumeRecordUpdate::Replace {
                labels = labels.with(label::NEW_VOLUME, "true");
            }
        }
        if let Some(revived) = &self.from_snapshot {
            labels = labels
                .with(label::SNAPSHOT, revived.snapshot.as_str())
                .with(label::ORIGINAL_IMAGE, &revived.image)
                .with(label::NEW_VOLUME, "true")
                .with(label::FINAL_NAME, revived.name.as_ref());
            if revived.identity == ContainerIdentity::Regenerate {
                labels = labels.with(label::FORKED, "true");
            }
            labels = labels.masking_snapshot();
        }
        labels
    }
}
