//! The data volume of a command, and the container that mounts it.

use std::path::PathBuf;
use std::sync::Once;

use containai_core::config::{Config, Flags};
use containai_core::engine::{Container, Engine as _, Isolation, RunState};
use containai_core::lifecycle::{Observed, Refusal, finish_restore};
use containai_core::naming::{VolumeName, VolumeUse, WorkspacePath};
use containai_docker::{DockerEngine, VolumeHelperSpec};

use crate::context::Context;
use crate::enclosing_workspace;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::settings;
use crate::target::{self, not_found};
use crate::workspace::{self, ProtectedPathUse, WorkspaceRef};

/// The arguments that select a volume.
#[derive(Clone, Debug, Default)]
pub struct VolumeQuery {
    /// The workspace; `None` is the repository that contains the current directory.
    pub workspace: Option<PathBuf>,
    /// The name of the container; excludes the other fields.
    pub container: Option<String>,
    /// The volume; `None` is the volume of the workspace or container.
    pub data_volume: Option<VolumeName>,
}

/// A query for a volume, which is resolved by each operation.
pub struct TargetQuery {
    /// The configuration for the workspace.
    pub context: Context,
    /// The volume that the user named.
    volume: Option<VolumeName>,
    selector: VolumeSelector,
    flags: Flags,
    /// Reports the use of an enclosing workspace once.
    notice: Once,
}

enum VolumeSelector {
    Container(String),
    Workspace(WorkspaceRef),
}

/// A volume, and the container that mounts it.
#[derive(Clone, Debug)]
pub struct VolumeTarget {
    /// The workspace that the volume belongs to.
    pub workspace: WorkspacePath,
    /// The volume.
    pub volume: VolumeName,
    /// The container in any state; `None` if no container mounts the volume.
    pub(crate) container: Option<Container>,
}

impl TargetQuery {
    /// Reads the configuration; does not connect to the engine.
    ///
    /// # Errors
    ///
    /// The workspace does not exist, or the configuration cannot be read.
    pub fn for_args(
        args: &VolumeQuery,
        docker_host: Option<&str>,
        env: &ProcessEnv,
        reporter: &Reporter,
    ) -> crate::Result<Self> {
        let volume = args.data_volume.clone();
        let mut flags = Flags::for_engine(docker_host.map(str::to_owned));
        flags.data_volume.clone_from(&volume);
        if let Some(name) = &args.container {
            let context = Context::new(env, reporter, flags.clone(), None)?;
            let selector = VolumeSelector::Container(name.clone());
            return Ok(Self { context, volume, selector, flags, notice: Once::new() });
        }
        let given = args.workspace.as_deref();
        let workspace = workspace::find_ref(given, env, ProtectedPathUse::Allow)?;
        let context = Context::new(env, reporter, flags.clone(), Some(workspace.path()))?;
        let selector = VolumeSelector::Workspace(workspace);
        Ok(Self { context, volume, selector, flags, notice: Once::new() })
    }

    /// Returns the workspace; `None` if only a container is named.
    pub(crate) fn workspace(&self) -> Option<&WorkspacePath> {
        match &self.selector {
            VolumeSelector::Container(_) => None,
            VolumeSelector::Workspace(reference) => Some(reference.path()),
        }
    }

    /// Finds the volume and its container in their current state.
    pub(crate) async fn resolve(&self) -> crate::Result<VolumeTarget> {
        Ok(self.resolve_with_observed().await?.0)
    }

    /// As [`Self::resolve`], and returns the observed containers.
    pub(crate) async fn resolve_with_observed(&self) -> crate::Result<(VolumeTarget, Observed)> {
        let containers = self.context.engine()?.containers().await?;
        let observed = Observed::of(containers);
        Ok((self.resolve_among(&observed)?, observed))
    }

    fn resolve_among(&self, observed: &Observed) -> crate::Result<VolumeTarget> {
        match &self.selector {
            VolumeSelector::Container(name) => {
                let container = target::find_by_name(observed.containers.clone(), name)?;
                let workspace = target::workspace_served(&container)?;
                self.volume_target(workspace, vec![container])
            }
            VolumeSelector::Workspace(reference) => {
                let workspace = self.workspace_for(reference, &observed.containers);
                let serving = observed.serving(&workspace).into_iter().cloned().collect();
                self.volume_target(workspace, serving)
            }
        }
    }

    fn workspace_for(&self, reference: &WorkspaceRef, containers: &[Container]) -> WorkspacePath {
        match enclosing_workspace::find(reference, containers, &self.context) {
            None => reference.path().clone(),
            Some(enclosing) => {
                let report = || {
                    enclosing_workspace::report_choice(
                        &self.context.reporter,
                        &enclosing,
                        reference.path(),
                        ".",
                    );
                };
                self.notice.call_once(report);
                enclosing
            }
        }
    }

    /// Returns the volume that is configured for a workspace.
    fn configured_volume(&self, workspace: &WorkspacePath) -> crate::Result<Option<VolumeName>> {
        let Context { env, reporter, .. } = &self.context;
        let layers = settings::layers(env, reporter, self.flags.clone(), Some(workspace))?;
        Ok(Config::resolve(&layers)?.data_volume.value)
    }

    fn volume_target(
        &self,
        workspace: WorkspacePath,
        mut serving: Vec<Container>,
    ) -> crate::Result<VolumeTarget> {
        if serving.len() > 1 {
            let names = serving.into_iter().map(|container| container.name).collect();
            return Err(Refusal::Ambiguous { workspace: workspace.to_string(), names }.into());
        }
        let mut container = serving.pop();
        let mounted = container.as_ref().and_then(|container| container.labels.data_volume());
        let volume = match (self.volume.clone(), mounted) {
            (Some(named), mounted) => {
                // A volume that the container does not mount is accessed without it.
                if mounted.is_some_and(|mounted| mounted != named) {
                    container = None;
                }
                named
            }
            (None, Some(mounted)) => mounted,
            (None, None) => self.configured_volume(&workspace)?.unwrap_or_else(|| {
                VolumeName::of(&workspace, self.context.client.as_ref(), VolumeUse::Data)
            }),
        };
        Ok(VolumeTarget { workspace, volume, container })
    }
}

impl VolumeTarget {
    /// Finds the volume and its container on the engine.
    ///
    /// # Errors
    ///
    /// The workspace or container does not exist, several containers serve the workspace, or the
    /// engine fails.
    pub async fn find(
        args: &VolumeQuery,
        docker_host: Option<&str>,
        env: &ProcessEnv,
        reporter: &Reporter,
    ) -> crate::Result<(Context, Self)> {
        let target = TargetQuery::for_args(args, docker_host, env, reporter)?;
        let found = target.resolve().await?;
        let context = match &target.selector {
            VolumeSelector::Workspace(reference) if *reference.path() != found.workspace => {
                Context::new(env, reporter, target.flags, Some(&found.workspace))?
            }
            _ => target.context,
        };
        Ok((context, found))
    }

    /// Returns the container if it is running.
    pub(crate) fn running(&self) -> Option<&Container> {
        self.container.as_ref().filter(|container| container.state == RunState::Running)
    }

    /// Returns the data volume of a container.
    pub(crate) fn from_container(container: &Container) -> crate::Result<Self> {
        let workspace = target::workspace_served(container)?;
        let volume = container.labels.data_volume().ok_or_else(|| {
            not_found(&format!("container `{}` does not record its data volume", container.name))
        })?;
        Ok(Self { workspace, volume, container: Some(container.clone()) })
    }

    /// Finishes an interrupted restore of the volume, and removes the helper containers of killed
    /// exports. The caller holds the lock of the workspace or of imports, which restores also hold.
    ///
    /// # Errors
    ///
    /// The engine fails.
    pub async fn finish_interrupted_restore(&self, engine: &DockerEngine) -> crate::Result<()> {
        let observed = Observed::of(engine.containers().await?);
        self.finish_interrupted_restore_among(engine, &observed).await
    }

    /// As [`Self::finish_interrupted_restore`], with containers that were just observed.
    pub(crate) async fn finish_interrupted_restore_among(
        &self,
        engine: &DockerEngine,
        observed: &Observed,
    ) -> crate::Result<()> {
        for helper in observed.leftover_export_helpers(&self.volume) {
            engine.remove(&helper.id).await?;
        }
        match observed.restore_helper(&self.volume) {
            None => Ok(()),
            Some(helper) => Ok(finish_restore(engine, helper).await?),
        }
    }

    /// Returns the image of the container; without a container, the configured image, which is
    /// obtained if it is missing.
    pub(crate) async fn image(
        &self,
        context: &Context,
        engine: &DockerEngine,
    ) -> crate::Result<String> {
        if let Some(container) = &self.container {
            return Ok(container.image.clone());
        }
        let (image, source) = (&context.config.image, context.config.image_source.value);
        Ok(match engine.find_image(&image.value).await? {
            Some(found) => found,
            None => engine.ensure_image(&image.value, source, &context.reporter).await?,
        })
    }

    /// Returns the specification of a helper container for the volume.
    pub(crate) async fn helper_mount<'p>(
        &'p self,
        image: &'p str,
        context: &Context,
        engine: &DockerEngine,
    ) -> crate::Result<VolumeHelperSpec<'p>> {
        let label = self.container.as_ref().and_then(|it| it.labels.isolation());
        let recorded = context.record.as_ref().map(|record| record.isolation);
        let isolation: Isolation = match label.or(recorded) {
            Some(isolation) => isolation,
            None => {
                let choice = context.config.isolation.value;
                containai_docker::isolation::detect(engine, choice).await?
            }
        };
        Ok(VolumeHelperSpec::new(&self.volume, &self.workspace, image, isolation))
    }
}
