//! What a user wants for one workspace.

use crate::engine::{
    ContainerSpec, HostFacts, ImageRequest, ImageSource, Isolation, Lifetime, WorkspaceMount,
};
use crate::lifecycle::{Claim, Manner, Observed};
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
    /// How this command wants it.
    pub manner: Manner,
    /// The machine that has the workspace, when the engine runs on another
    /// one; `None` when it is the engine's own.
    pub client: Option<ClientId>,
    /// What a container that has to be made is told of the host.
    pub host: HostFacts,
}

impl Desired {
    /// Fills in what only the world can tell: the free name, the volumes, the
    /// image reference and the port.
    pub fn spec(&self, observed: &Observed, name: &ContainerName, port: HostPort) -> ContainerSpec {
        let image = observed.image.as_deref().unwrap_or_default();
        let mount = match &self.client {
            None => WorkspaceMount::Bind,
            Some(client) => WorkspaceMount::Volume {
                client: client.clone(),
                volume: self.own_volume(VolumeUse::Workspace),
            },
        };
        ContainerSpec {
            name: name.clone(),
            hostname: Hostname::sanitize(name.as_ref()),
            image: image.to_owned(),
            workspace: self.workspace.clone(),
            mount,
            data_volume: self.data_volume_in(observed),
            docker_volume: self.docker_volume_in(observed),
            port,
            resources: self.resources,
            isolation: self.isolation,
            template: self.template.clone(),
            lifetime: self.manner.lifetime,
            protection: self.manner.protection,
            repository: self.manner.repository.clone(),
            mounts: self.manner.mounts.clone(),
            replaces: None,
            revives: None,
            host: self.host.clone(),
        }
    }

    /// The volumes that a new container takes without being told to.
    pub(super) fn own_volumes(&self) -> [VolumeName; 2] {
        [VolumeUse::Data, VolumeUse::Docker].map(|what| self.own_volume(what))
    }

    fn own_volume(&self, what: VolumeUse) -> VolumeName {
        VolumeName::of(&self.workspace, self.client.as_ref(), what)
    }

    /// What was asked for just now, else what the container has in whose place
    /// this one comes, else what is configured, else one of the workspace's own.
    fn data_volume_in(&self, observed: &Observed) -> Option<VolumeName> {
        let wanted = self.data_volume.clone();
        if self.manner.data_volume == Claim::Insisted && wanted.is_some() {
            return wanted;
        }
        let outgoing = observed.containers.iter().find(|it| self.dismisses(it));
        let kept = outgoing.and_then(|container| container.labels.data_volume());
        let own = || self.volume_of(observed, VolumeUse::Data);
        kept.or(wanted).or_else(own)
    }

    /// Whether this command chooses a data volume that outlasts its container, so that
    /// the choice has to be recorded.
    pub(super) fn chooses_volume(&self) -> bool {
        self.manner.lifetime == Lifetime::Lasting
            && self.manner.data_volume == Claim::Insisted
            && self.data_volume.is_some()
    }

    /// Whether the workspace's containers take a volume without being told to.
    pub(super) fn has_own(&self, volume: &VolumeName) -> bool {
        match &self.data_volume {
            // What a command chooses need not be what is recorded.
            Some(_) if self.manner.data_volume == Claim::Insisted => false,
            Some(configured) => configured == volume,
            None => self.own_volume(VolumeUse::Data) == *volume,
        }
    }

    /// What was copied from a snapshot together with a data volume stays with it.
    fn docker_volume_in(&self, observed: &Observed) -> Option<VolumeName> {
        let outgoing = observed.containers.iter().find(|it| self.dismisses(it));
        let data = outgoing.and_then(|container| container.labels.data_volume());
        let data = data.or_else(|| self.data_volume.clone());
        let beside = data.map(|it| it.docker_beside(&self.workspace, self.client.as_ref()));
        let beside = beside.filter(|it| *it != self.own_volume(VolumeUse::Docker));
        match self.manner.lifetime {
            Lifetime::Lasting if beside.is_some() => beside,
            Lifetime::Lasting if self.manner.docker_volume.is_some() => {
                self.manner.docker_volume.clone()
            }
            _ => self.volume_of(observed, VolumeUse::Docker),
        }
    }

    /// A container that goes with its session takes a volume that is there, and
    /// leaves none behind.
    fn volume_of(&self, observed: &Observed, what: VolumeUse) -> Option<VolumeName> {
        let name = self.own_volume(what);
        let is_left = self.manner.lifetime == Lifetime::Lasting || observed.volumes.contains(&name);
        is_left.then_some(name)
    }
}
