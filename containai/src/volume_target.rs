//! Which volume is meant, and which container leads to it.

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

/// A volume, by the workspace or the container that it is for.
#[derive(Clone, Debug, Default)]
pub struct PlaceQuery {
    /// The workspace; `None` is the repository around the current directory.
    pub workspace: Option<PathBuf>,
    /// The container's name; excludes the others.
    pub container: Option<String>,
    /// The volume, if it is not the workspace's own.
    pub data_volume: Option<VolumeName>,
}

/// Whose volume is meant.
pub struct TargetQuery {
    pub context: Context,
    /// The volume that was named.
    volume: Option<VolumeName>,
    selector: VolumeSelector,
    flags: Flags,
    /// That it is about another workspace than this directory is said once.
    notice: Once,
}

enum VolumeSelector {
    Container(String),
    Workspace(WorkspaceRef),
}

/// A volume, and the container that has it mounted.
#[derive(Clone, Debug)]
pub struct VolumeTarget {
    pub workspace: WorkspacePath,
    pub volume: VolumeName,
    /// Only when there is one, in whatever state.
    pub(crate) container: Option<Container>,
}

impl TargetQuery {
    /// Reads the configuration; talks to nobody yet.
    pub fn for_args(
        args: &PlaceQuery,
        docker_host: Option<&str>,
        env: &ProcessEnv,
        reporter: &Reporter,
    ) -> crate::Result<Self> {
        let volume = args.data_volume.clone();
        let flags = Flags {
            docker_host: docker_host.map(str::to_owned),
            data_volume: volume.clone(),
            ..Flags::default()
        };
        if let Some(name) = &args.container {
            let context = Context::new(env, reporter, flags.clone(), None)?;
            let wanted = VolumeSelector::Container(name.clone());
            return Ok(Self { context, volume, selector: wanted, flags, notice: Once::new() });
        }
        let given = args.workspace.as_deref();
        let spot = workspace::find_ref(given, env, ProtectedPathUse::Allow)?;
        let context = Context::new(env, reporter, flags.clone(), Some(spot.path()))?;
        let wanted = VolumeSelector::Workspace(spot);
        Ok(Self { context, volume, selector: wanted, flags, notice: Once::new() })
    }

    /// Finds the volume and its container as they are now.
    pub(crate) async fn resolve(&self) -> crate::Result<VolumeTarget> {
        Ok(self.resolve_with_observed().await?.0)
    }

    /// As [`Self::place`], with all that was seen.
    pub(crate) async fn resolve_with_observed(&self) -> crate::Result<(VolumeTarget, Observed)> {
        let containers = self.context.engine()?.containers().await?;
        let observed = Observed { containers, ..Observed::default() };
        Ok((self.resolve_among(&observed)?, observed))
    }

    fn resolve_among(&self, observed: &Observed) -> crate::Result<VolumeTarget> {
        match &self.selector {
            VolumeSelector::Container(name) => {
                let container = target::find_by_name(observed.containers.clone(), name)?;
                let workspace = target::workspace_served(&container)?;
                self.volume_target(workspace, vec![container])
            }
            VolumeSelector::Workspace(spot) => {
                let workspace = self.workspace_for(spot, &observed.containers);
                let serving = observed.serving(&workspace).into_iter().cloned().collect();
                self.volume_target(workspace, serving)
            }
        }
    }

    fn workspace_for(&self, spot: &WorkspaceRef, containers: &[Container]) -> WorkspacePath {
        match enclosing_workspace::find(spot, containers, &self.context) {
            None => spot.path().clone(),
            Some(place) => {
                let tell = || {
                    enclosing_workspace::report_choice(
                        &self.context.reporter,
                        &place,
                        spot.path(),
                        ".",
                    )
                };
                self.notice.call_once(tell);
                place
            }
        }
    }

    /// The volume that the configuration has for a workspace.
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
                // Another volume than the container's is reached without it.
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
    /// Finds it; talks to the engine.
    pub async fn find(
        args: &PlaceQuery,
        docker_host: Option<&str>,
        env: &ProcessEnv,
        reporter: &Reporter,
    ) -> crate::Result<(Context, Self)> {
        let target = TargetQuery::for_args(args, docker_host, env, reporter)?;
        let place = target.resolve().await?;
        let context = match &target.selector {
            VolumeSelector::Workspace(spot) if *spot.path() != place.workspace => {
                Context::new(env, reporter, target.flags, Some(&place.workspace))?
            }
            _ => target.context,
        };
        Ok((context, place))
    }

    /// The container, when it runs and can be entered.
    pub(crate) fn running(&self) -> Option<&Container> {
        self.container.as_ref().filter(|container| container.state == RunState::Running)
    }

    /// The volume of a container.
    pub(crate) fn from_container(container: &Container) -> crate::Result<Self> {
        let workspace = target::workspace_served(container)?;
        let volume = container.labels.data_volume().ok_or_else(|| {
            not_found(&format!("container `{}` does not say which volume it has", container.name))
        })?;
        Ok(Self { workspace, volume, container: Some(container.clone()) })
    }

    /// Brings a restore of the volume that was interrupted to its end, and
    /// removes what an export left that was killed. The caller has the turn of
    /// the workspace or of imports, which whoever restores has too.
    pub async fn finish_interrupted_restore(&self, engine: &DockerEngine) -> crate::Result<()> {
        let observed = Observed { containers: engine.containers().await?, ..Observed::default() };
        self.finish_interrupted_restore_among(engine, &observed).await
    }

    /// As [`Self::mend`], among containers that were seen just now.
    pub(crate) async fn finish_interrupted_restore_among(
        &self,
        engine: &DockerEngine,
        observed: &Observed,
    ) -> crate::Result<()> {
        for done in observed.leftover_export_helpers(&self.volume) {
            engine.remove(&done.id).await?;
        }
        match observed.restore_helper(&self.volume) {
            None => Ok(()),
            Some(helper) => Ok(finish_restore(engine, helper).await?),
        }
    }

    /// The image of the container; without one the configured image, which is
    /// provided where needed.
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

    /// The volume for a helper made of this image.
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
        Ok(VolumeHelperSpec { volume: &self.volume, workspace: &self.workspace, image, isolation })
    }
}
