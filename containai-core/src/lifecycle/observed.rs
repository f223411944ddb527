//! What the engine shows of one workspace.

use std::collections::BTreeMap;

use crate::engine::Container;
use crate::naming::{HostPort, WorkspacePath};

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
}

impl Observed {
    /// Our containers for `workspace`; more than one is a mistake by hand.
    pub fn serving(&self, workspace: &WorkspacePath) -> Vec<&Container> {
        self.containers.iter().filter(|container| container.serves(workspace)).collect()
    }

    /// The ports that our containers hold, stopped ones included, with the
    /// name of the holder.
    pub fn reserved_ports(&self) -> BTreeMap<HostPort, String> {
        self.containers
            .iter()
            .filter(|container| container.labels.is_managed())
            .filter_map(|container| Some((container.labels.ssh_port()?, container.name.clone())))
            .collect()
    }
}
