//! The observed state of the engine.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::{Container, ContainerId};
use crate::lifecycle::CommittedImage;
use crate::naming::{HostPort, VolumeName, WorkspacePath};

/// The observed state of the engine, and the progress of the current run.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Observed {
    /// All containers of the engine, stopped and foreign ones included.
    pub containers: Vec<Container>,
    /// The reference of the desired image; `None` if the engine does not have it or it
    /// was not looked up because a container exists.
    pub image: Option<String>,
    /// Whether this run has installed the files of the stopped container.
    pub is_provisioned: bool,
    /// The stopped container that did not start because its port is in use.
    pub port_conflict: Option<ContainerId>,
    /// Ports that this run found in use by other programs. On a remote engine, a failed
    /// start is the only way to detect them.
    pub foreign_ports: BTreeSet<HostPort>,
    /// The image that this run committed from a container whose port is in use.
    pub committed: Option<CommittedImage>,
    /// The time of the last start of the container that is being replaced, as an opaque
    /// text of the engine; `None` if there is no such container or it is being removed.
    pub last_start: Option<String>,
    /// The container created by this run.
    pub created: Option<ContainerId>,
    /// Whether this run has recorded the data volume of the workspace.
    pub is_volume_recorded: bool,
    /// Whether this run has removed the unused volumes of the replaced container.
    pub are_replaced_volumes_removed: bool,
    /// The existing default volumes of the workspace; observed only for a new ephemeral
    /// container.
    pub volumes: BTreeSet<VolumeName>,
    /// The container that this run has stopped because it had lost its port. It is not stopped
    /// again, in case the engine cannot publish the port at all.
    pub stopped_without_port: Option<ContainerId>,
    /// The ephemeral container whose session has ended.
    pub ending: Option<ContainerId>,
}

impl Observed {
    /// Returns the state at the beginning of a run, with these containers of the engine.
    #[must_use]
    pub fn of(containers: Vec<Container>) -> Self {
        Self { containers, ..Self::default() }
    }

    /// Returns the managed containers for `workspace`; more than one is a user error. A
    /// replacement is not included while the old container exists.
    pub fn serving(&self, workspace: &WorkspacePath) -> Vec<&Container> {
        let counts = |it: &&Container| it.serves(workspace) && self.replaced_by(it).is_none();
        self.containers.iter().filter(counts).collect()
    }

    /// Returns the observed state without one container.
    pub(super) fn without(&self, id: &ContainerId) -> Self {
        let mut rest = self.clone();
        rest.containers.retain(|container| container.id != *id);
        rest
    }

    /// Returns the ports in use, each with a description of its user: those of managed
    /// containers, stopped ones included, and those of other programs.
    pub fn reserved_ports(&self) -> BTreeMap<HostPort, String> {
        let foreign = self.foreign_ports.iter().map(|port| (*port, "another program".to_owned()));
        let ours = self
            .containers
            .iter()
            .filter(|container| container.labels.is_managed())
            .filter_map(|it| Some((it.labels.ssh_port()?, format!("container `{}`", it.name))));
        foreign.chain(ours).collect()
    }
}
