//! The desired state of a workspace.

use crate::engine::{
    ContainerSpec, HostFacts, ImageRequest, ImageSource, Isolation, Lifetime, RestartPolicy,
    WorkspaceMount,
};
use crate::lifecycle::{Observed, RunOptions, Strength};
use crate::naming::{
    ClientId, ContainerName, HostPort, Hostname, PortRange, VolumeName, VolumeUse, WorkspacePath,
};
use crate::resources::Resources;

/// The desired state of a workspace: a running container with a connection to it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Desired {
    /// The workspace on the host; it identifies the container on its engine.
    pub workspace: WorkspacePath,
    /// The preferred name; if it is in use, the next candidate is taken.
    pub name: ContainerName,
    /// The image for a new container.
    pub image: ImageRequest,
    /// The source of a missing image.
    pub image_source: ImageSource,
    /// The data volume; `None` selects the default volume of the workspace.
    pub data_volume: Option<VolumeName>,
    /// The ports to choose from.
    pub ports: PortRange,
    /// The resource limits of the container.
    pub resources: Resources,
    /// The isolation that `cai setup` recorded for the engine.
    pub isolation: Isolation,
    /// The name of the template; empty without one.
    pub template: String,
    /// Whether a new container starts with the engine. An ephemeral one does not.
    pub restart: RestartPolicy,
    /// The options of this command.
    pub options: RunOptions,
    /// The client machine that has the workspace, for a remote engine; `None` for a local
    /// engine.
    pub client: Option<ClientId>,
    /// The facts about the host that a new container receives.
    pub host: HostFacts,
}

impl Desired {
    /// Describes a container with the default port range, volumes and options, on an engine of this
    /// machine.
    #[must_use]
    pub fn new(
        workspace: WorkspacePath,
        name: ContainerName,
        image: ImageRequest,
        isolation: Isolation,
        resources: Resources,
    ) -> Self {
        Self {
            workspace,
            name,
            image,
            image_source: ImageSource::Auto,
            data_volume: None,
            ports: PortRange::default(),
            resources,
            isolation,
            template: String::new(),
            restart: RestartPolicy::No,
            options: RunOptions::default(),
            client: None,
            host: HostFacts::default(),
        }
    }

    /// Sets the template that the image belongs to; empty without one.
    #[must_use]
    pub fn with_template(mut self, template: String) -> Self {
        self.template = template;
        self
    }

    /// Sets the source of a missing image. Default: any.
    #[must_use]
    pub fn with_image_source(mut self, source: ImageSource) -> Self {
        self.image_source = source;
        self
    }

    /// Sets the data volume. Default: that of the workspace.
    #[must_use]
    pub fn with_data_volume(mut self, volume: Option<VolumeName>) -> Self {
        self.data_volume = volume;
        self
    }

    /// Sets the ports for sshd.
    #[must_use]
    pub fn with_ports(mut self, ports: PortRange) -> Self {
        self.ports = ports;
        self
    }

    /// Sets whether a new container starts with the engine. Default: no.
    #[must_use]
    pub fn with_restart(mut self, restart: RestartPolicy) -> Self {
        self.restart = restart;
        self
    }

    /// Sets the options of the command.
    #[must_use]
    pub fn with_options(mut self, options: RunOptions) -> Self {
        self.options = options;
        self
    }

    /// Sets this machine's id for a remote engine, which gets a copy of the workspace.
    #[must_use]
    pub fn with_client(mut self, client: Option<ClientId>) -> Self {
        self.client = client;
        self
    }

    /// Sets the facts about the host that a new container gets.
    #[must_use]
    pub fn with_host(mut self, host: HostFacts) -> Self {
        self.host = host;
        self
    }

    /// Builds the specification of a new container from the observed image and volumes, a
    /// name and a port.
    pub fn spec(&self, observed: &Observed, name: &ContainerName, port: HostPort) -> ContainerSpec {
        let image = observed.image.as_deref().unwrap_or_default();
        let mount = match &self.client {
            None => WorkspaceMount::Bind,
            Some(client) => WorkspaceMount::Volume {
                client: client.clone(),
                volume: self.default_volume(VolumeUse::Workspace),
            },
        };
        ContainerSpec {
            name: name.clone(),
            hostname: Hostname::sanitize(name.as_ref()),
            image: image.to_owned(),
            workspace: self.workspace.clone(),
            mount,
            data_volume: self.resolve_data_volume(observed),
            docker_volume: self.resolve_docker_volume(observed),
            port,
            resources: self.resources,
            isolation: self.isolation,
            template: self.template.clone(),
            lifetime: self.options.lifetime,
            protection: self.options.protection,
            restart: match self.options.lifetime {
                Lifetime::Persistent => self.restart,
                Lifetime::Session => RestartPolicy::No,
            },
            repository: self.options.repository.clone(),
            mounts: self.options.mounts.clone(),
            replaces: None,
            from_snapshot: None,
            host: self.host.clone(),
        }
    }

    /// Returns the default volumes of a new container.
    pub(super) fn default_volumes(&self) -> [VolumeName; 2] {
        [VolumeUse::Data, VolumeUse::Docker].map(|what| self.default_volume(what))
    }

    fn default_volume(&self, what: VolumeUse) -> VolumeName {
        VolumeName::of(&self.workspace, self.client.as_ref(), what)
    }

    /// Resolves the data volume, in this order: the volume required by the command, the
    /// volume of the container to replace, the configured volume, the default volume.
    fn resolve_data_volume(&self, observed: &Observed) -> Option<VolumeName> {
        let requested = self.data_volume.clone();
        if self.options.data_volume == Strength::Required && requested.is_some() {
            return requested;
        }
        let old = observed.containers.iter().find(|it| self.replaces(it));
        let kept = old.and_then(|container| container.labels.data_volume());
        let own = || self.default_volume_for_lifetime(observed, VolumeUse::Data);
        kept.or(requested).or_else(own)
    }

    /// Returns whether this command selects a data volume that outlasts its container and
    /// must therefore be recorded.
    pub(super) fn must_record_data_volume(&self) -> bool {
        self.options.lifetime == Lifetime::Persistent
            && self.options.data_volume == Strength::Required
            && self.data_volume.is_some()
    }

    /// Returns whether containers of the workspace use this data volume by default.
    pub(super) fn is_default_data_volume(&self, volume: &VolumeName) -> bool {
        match &self.data_volume {
            // The volume required by a command is not necessarily the recorded one.
            Some(_) if self.options.data_volume == Strength::Required => false,
            Some(configured) => configured == volume,
            None => self.default_volume(VolumeUse::Data) == *volume,
        }
    }

    /// Resolves the volume of the inner Docker. A volume restored together with the data
    /// volume is kept with it.
    fn resolve_docker_volume(&self, observed: &Observed) -> Option<VolumeName> {
        let old = observed.containers.iter().find(|it| self.replaces(it));
        let data = old.and_then(|container| container.labels.data_volume());
        let data = data.or_else(|| self.data_volume.clone());
        let beside = data.map(|it| it.docker_beside(&self.workspace, self.client.as_ref()));
        let beside = beside.filter(|it| *it != self.default_volume(VolumeUse::Docker));
        match self.options.lifetime {
            Lifetime::Persistent if beside.is_some() => beside,
            Lifetime::Persistent if self.options.docker_volume.is_some() => {
                self.options.docker_volume.clone()
            }
            _ => self.default_volume_for_lifetime(observed, VolumeUse::Docker),
        }
    }

    /// Returns the default volume. An ephemeral container uses it only if it exists, so
    /// that it leaves none behind.
    fn default_volume_for_lifetime(
        &self,
        observed: &Observed,
        what: VolumeUse,
    ) -> Option<VolumeName> {
        let name = self.default_volume(what);
        let is_left =
            self.options.lifetime == Lifetime::Persistent || observed.volumes.contains(&name);
        is_left.then_some(name)
    }
}
