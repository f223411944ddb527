//! What will be done, on paper.

use crate::engine::{Container, Identity, OwnVolumes, RunState, VolumeCopy};
use crate::naming::{ContainerName, VolumeName, WorkspacePath};

use super::Snapshot;
use super::stored::copies;

/// One thing to do.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Task {
    /// Freeze a container.
    Freeze(String),
    /// Copy a volume.
    Copy(VolumeCopy),
    /// Keep the file system of a container.
    Commit(String),
    /// Wake a container.
    Wake(String),
    /// Give the snapshot its name, by which it is there.
    Name(Snapshot),
    /// Stop a container.
    Stop(String),
    /// Make a container in the place of another.
    Succeed(String),
    /// Make a container.
    Make {
        /// Its name.
        name: ContainerName,
        /// Its workspace.
        workspace: WorkspacePath,
    },
    /// Take the identity of the origin out of the file system.
    Anonymise,
    /// Remove a container.
    RemoveContainer(String),
    /// Record that the workspace has this data volume from now on.
    Record(VolumeName),
    /// Remove a volume.
    RemoveVolume(VolumeName),
    /// Remove the image of a snapshot.
    RemoveImage(Snapshot),
}

/// How a snapshot is made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CreatePlan {
    /// The snapshot; its size is not known yet.
    pub snapshot: Snapshot,
    /// The container.
    pub container: Container,
    /// Its volumes.
    pub volumes: OwnVolumes,
    /// Whoever writes to them just now, the container included.
    pub freezes: Vec<Container>,
}

impl CreatePlan {
    /// What will be done, in this order.
    #[must_use]
    pub fn tasks(&self) -> Vec<Task> {
        let frozen = || self.freezes.iter().map(|it| it.name.clone());
        let copies = copies(&self.volumes, &self.snapshot.volumes());
        frozen()
            .map(Task::Freeze)
            .chain(copies.into_iter().map(Task::Copy))
            .chain([Task::Commit(self.container.name.clone())])
            .chain(frozen().map(Task::Wake))
            .chain([Task::Name(self.snapshot.clone())])
            .collect()
    }
}

/// How a container is put back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RestorePlan {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// The container as it is now.
    pub container: Container,
    /// The volumes that it will have.
    pub volumes: OwnVolumes,
    /// Those of its volumes that go, since nothing but this container has them.
    pub replaced: Vec<VolumeName>,
}

impl RestorePlan {
    /// What will be done, in this order.
    #[must_use]
    pub fn tasks(&self) -> Vec<Task> {
        let name = &self.container.name;
        let mut tasks: Vec<_> =
            self.snapshot.copies_to(&self.volumes).into_iter().map(Task::Copy).collect();
        match self.container.state {
            RunState::Paused => tasks.extend([Task::Wake(name.clone()), Task::Stop(name.clone())]),
            RunState::Running | RunState::Restarting => tasks.push(Task::Stop(name.clone())),
            _ => {}
        }
        tasks.extend([
            Task::Succeed(name.clone()),
            Task::RemoveContainer(name.clone()),
            Task::Record(self.volumes.data.clone()),
        ]);
        tasks.extend(self.replaced.iter().cloned().map(Task::RemoveVolume));
        tasks
    }

    /// Whether somebody who is inside would be thrown out.
    #[must_use]
    pub fn ends_work(&self) -> bool {
        matches!(self.container.state, RunState::Running | RunState::Restarting)
    }
}

/// How a container is made of a snapshot where there is none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevivePlan {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// The workspace of the new container.
    pub workspace: WorkspacePath,
    /// Its name.
    pub name: ContainerName,
    /// Its volumes.
    pub volumes: OwnVolumes,
    /// What it shows of itself.
    pub identity: Identity,
    /// Whether its workspace has to be told of its data volume.
    pub records: bool,
}

impl RevivePlan {
    /// What will be done, in this order.
    #[must_use]
    pub fn tasks(&self) -> Vec<Task> {
        let (name, workspace) = (self.name.clone(), self.workspace.clone());
        let mut tasks: Vec<_> =
            self.snapshot.copies_to(&self.volumes).into_iter().map(Task::Copy).collect();
        if self.identity == Identity::Renewed {
            tasks.push(Task::Anonymise);
        }
        tasks.push(Task::Make { name, workspace });
        if self.records {
            tasks.push(Task::Record(self.volumes.data.clone()));
        }
        tasks
    }
}
