//! What a user wants for one workspace.

use crate::engine::{ContainerSpec, ImageRequest, ImageSource, Isolation, WorkspaceMount};
use crate::naming::{
    ClientId, ContainerName, HostPort, Hostname, PortRange, VolumeName, VolumeUse, WorkspacePath,
};
use crate::resources::Resources;

/// What a user wants for one workspace: a running container and a way in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Desired {
    /// The workspace on the host; identity of the container on its engine.
    pub workspace: WorkspacePath,
    /// The name to use if it is free; else its next candidate.
    pub name: ContainerName,
    /// The image for a container that has to be made.
    pub image: ImageRequest,
    /// How the image may be had when it is not there.
    pub image_source: ImageSource,
    /// The data volume; `None` makes one for this workspace alone.
    pub data_volume: Option<VolumeName>,
    /// Where to look for a free port.
    pub ports: PortRange,
    /// The container's share of the host.
    pub resources: Resources,
    /// The isolation that set-up recorded for the engine.
    pub isolation: Isolation,
    /// The template; empty without one.
    pub template: String,
    /// The machine that has the workspace, when the engine runs on another
    /// one; `None` when it is the engine's own.
    pub client: Option<ClientId>,
}

impl Desired {
    /// Fills in what only the world can tell: the free name, the image
    /// reference and the port.
    pub fn spec(&self, name: &ContainerName, image: &str, port: HostPort) -> ContainerSpec {
        let volume = |what| match (&self.client, what) {
            (Some(client), what) => VolumeName::elsewhere(name, &self.workspace, client, what),
            (None, VolumeUse::Docker) => VolumeName::docker(name, &self.workspace),
            (None, _) => VolumeName::data(name, &self.workspace),
        };
        let mount = match &self.client {
            None => WorkspaceMount::Bind,
            Some(client) => WorkspaceMount::Volume {
                client: client.clone(),
                volume: volume(VolumeUse::Workspace),
            },
        };
        let data_volume = self.data_volume.clone();
        ContainerSpec {
            name: name.clone(),
            hostname: Hostname::sanitize(name.as_ref()),
            image: image.to_owned(),
            workspace: self.workspace.clone(),
            mount,
            data_volume: data_volume.unwrap_or_else(|| volume(VolumeUse::Data)),
            docker_volume: volume(VolumeUse::Docker),
            port,
            resources: self.resources,
            isolation: self.isolation,
            template: self.template.clone(),
        }
    }
}
