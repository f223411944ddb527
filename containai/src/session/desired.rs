//! The desired container of a session.

use containai_core::config::{IsolationChoice, Origin};
use containai_core::engine::{Container, Isolation, LinkedRepository};
use containai_core::hint::Hint;
use containai_core::lifecycle::{Desired, RunOptions};
use containai_core::naming::{ContainerName, WorkspacePath};
use containai_core::resources::HostCapacity;
use containai_docker::refuse_mounts;

use super::{ResolvedWorkspace, SessionRequest, SetupConsent};
use crate::context::Context;
use crate::error::OperationError;
use crate::host_facts::local_capacity;
use crate::image_selection::ImageSelection;
use crate::workspace::ProtectedPathUse;
use crate::{git, remote_engine, shared_credentials, workspace, worktree};

impl SessionRequest {
    /// Selects the image of a new container. An image that cannot be built does not prevent a
    /// session in the existing container, unless the command line selects the image.
    pub(crate) async fn select_image(&self, kept: &[&Container]) -> crate::Result<ImageSelection> {
        if self.setup_consent == SetupConsent::Never {
            return Ok(ImageSelection::without_layers(&self.context.config));
        }
        match ImageSelection::from_config(&self.context, self.workspace()).await {
            Err(error) if !kept.is_empty() && !self.is_image_explicit() => {
                let warning = format!("a new container could not be created: {error}");
                self.context.reporter.warn(&warning);
                Ok(ImageSelection::without_layers(&self.context.config))
            }
            image => image,
        }
    }

    /// Returns whether the command line selects a template or a `devcontainer.json`.
    fn is_image_explicit(&self) -> bool {
        let config = &self.context.config;
        let is_flag = |origin: &Origin| matches!(origin, Origin::Flag(_));
        is_flag(&config.template.origin) || is_flag(&config.devcontainer.origin)
    }
}

impl ResolvedWorkspace {
    /// Returns the container that the configuration and the options ask for. A new container
    /// is refused here, before any step, if its workspace or a mount is not accepted.
    pub(crate) async fn desired(&self) -> crate::Result<Desired> {
        let (isolation, capacity) = (self.isolation().await?, self.capacity().await?);
        let mut desired = desired(&self.context, &self.path, &self.image, isolation, capacity);
        let is_new = !self.keeps_container();
        if is_new {
            let logins = shared_credentials::mounts(&self.context, &self.image.image);
            desired.options.mounts.extend(logins);
            desired.restart = self.restart_policy().await?;
        }
        if is_new && desired.client.is_none() {
            desired.options.repository = self.linked_repository();
        }
        let desired = self.options.apply(desired, &self.context.config, self.replaced.as_ref());
        if is_new {
            self.check_new_workspace()?;
            refuse_mounts(&desired.spec(&self.observed, &desired.name, desired.ports.start()))?;
        }
        Ok(desired)
    }

    /// Returns the isolation of the engine; it applies to a new container only.
    async fn isolation(&self) -> crate::Result<Isolation> {
        let keeps_container = self.keeps_container();
        let choice = self.context.config.isolation.value;
        Ok(match &self.context.record {
            Some(record) if keeps_container || choice.allows(record.isolation) => record.isolation,
            None if keeps_container => Isolation::Userns,
            Some(record) => return Err(isolation_mismatch(record.isolation, choice).into()),
            None => containai_docker::isolation::detect(&self.engine, choice)
                .await
                .map_err(|error| remote_engine::with_setup_hint(&self.context.address, error))?,
        })
    }

    /// Returns the capacity of the engine's machine; it applies to a new container only.
    async fn capacity(&self) -> crate::Result<HostCapacity> {
        match (&self.context.client, self.keeps_container()) {
            (Some(_), false) => Ok(self.engine.capacity().await?),
            _ => Ok(local_capacity()),
        }
    }

    /// Checks the workspace of a new container. A command that never creates one refuses in
    /// its own words.
    fn check_new_workspace(&self) -> Result<(), OperationError> {
        let (env, use_of_protected) = (&self.context.env, self.options.protected_paths);
        let may_create = self.setup_consent != SetupConsent::Never;
        match use_of_protected == ProtectedPathUse::Refuse || may_create {
            true => workspace::check_new(&self.path, env, &self.context.reporter, use_of_protected),
            false => Ok(()),
        }
    }

    /// Returns the repository of which the workspace is a linked worktree. An error does not
    /// prevent the session: git then does not work in the container.
    fn linked_repository(&self) -> Option<LinkedRepository> {
        match worktree::linked_repository(&self.path, &self.context.env) {
            Ok(repository) => repository,
            Err(error) => {
                let warning = format!("git does not work in the container: {error}");
                self.context.reporter.warn(&warning);
                None
            }
        }
    }
}

/// Returns the container that the configuration asks for.
pub(super) fn desired(
    context: &Context,
    workspace: &WorkspacePath,
    image: &ImageSelection,
    isolation: Isolation,
    capacity: HostCapacity,
) -> Desired {
    let config = &context.config;
    let template = image.template.as_ref().map(ToString::to_string);
    let name = ContainerName::derive(workspace, &git::head(workspace));
    let mut options = RunOptions::default();
    options.docker_volume = config.docker_volume.clone();
    options.mounts = image.mounts.clone();
    options.hosts = image.devcontainer.iter().flat_map(|file| file.hosts.clone()).collect();
    let resources = config.resources(capacity);
    Desired::new(workspace.clone(), name, image.image.clone(), isolation, resources)
        .with_template(template.unwrap_or_default())
        .with_image_source(config.image_source.value)
        .with_data_volume(config.data_volume.value.clone())
        .with_ports(config.ssh_ports())
        .with_restart(config.restart.value)
        .with_options(options)
        .with_client(context.client.clone())
}

fn isolation_mismatch(recorded: Isolation, requested: IsolationChoice) -> OperationError {
    OperationError::usage(format!("this engine is set up for `{recorded}` isolation")).hint(
        Hint::run(
            &format!("cai setup --isolation {requested}"),
            "change it; containers of the other isolation are not visible then",
        ),
    )
}
