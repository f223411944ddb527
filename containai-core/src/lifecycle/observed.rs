//! What the engine shows of one workspace.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::{Container, ContainerId};
use crate::lifecycle::Kept;
use crate::naming::{HostPort, VolumeName, WorkspacePath};

/// What the engine shows at one moment.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Observed {
    /// Every container of the engine, stopped and foreign ones included.
    pub containers: Vec<Container>,
    /// The reference of the wanted image; `None` when it is not in the store
    /// or was not looked for because a container exists.
    pub image: Option<String>,
    /// Whether this drive has put the public key into the stopped container.
    pub key_installed: bool,
    /// The stopped container that did not start because another program has
    /// its port.
    pub port_lost: Option<ContainerId>,
    /// Ports that this drive found to be another program's. On another machine
    /// there is no other way to find out.
    pub foreign_ports: BTreeSet<HostPort>,
    /// The file system that this drive kept of a container that has to move.
    pub kept: Option<Kept>,
    /// When the container that is being replaced was last started, in the
    /// engine's words; `None` when there is no such container or it is on its
    /// way out.
    pub last_start: Option<String>,
    /// The container that this drive has made.
    pub made: Option<ContainerId>,
    /// Whether this drive has recorded which data volume the workspace has.
    pub volume_recorded: bool,
    /// Whether this drive has removed the volumes of a container that was put
    /// back to a snapshot, as far as nobody uses them.
    pub volumes_removed: bool,
    /// Those of the workspace's own volumes that there are; looked for only
    /// where a container is to be made that leaves none behind.
    pub volumes: BTreeSet<VolumeName>,
    /// The container whose session is over.
    pub departing: Option<ContainerId>,
}

impl Observed {
    /// Our containers for `workspace`; more than one is a mistake by hand. A
    /// successor beside the container that it is to replace does not count yet.
    pub fn serving(&self, workspace: &WorkspacePath) -> Vec<&Container> {
        let counts = |it: &&Container| it.serves(workspace) && self.predecessor(it).is_none();
        self.containers.iter().filter(counts).collect()
    }

    /// The same world without one container.
    pub(super) fn without(&self, id: &ContainerId) -> Self {
        let mut rest = self.clone();
        rest.containers.retain(|container| container.id != *id);
        rest
    }

    /// The ports that our containers hold, stopped ones included, with who
    /// holds them in words, and those that another program was found to hold.
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
