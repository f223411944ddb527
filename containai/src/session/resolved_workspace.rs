//! The workspace of a session, resolved with one list of the engine's containers.

use containai_core::engine::{Container, Engine as _, EngineError, Lifetime};
use containai_core::label;
use containai_core::lifecycle::Observed;
use containai_core::naming::WorkspacePath;
use containai_docker::DockerEngine;

use super::container_files::with_user_files;
use super::{Recreate, SessionOptions, SessionRequest, SetupConsent};
use crate::connection::{PrefetchedLease, mux_client};
use crate::context::Context;
use crate::image_selection::ImageSelection;
use crate::lock;
use crate::setup;

/// The workspace of a session, with everything that decides on its container.
///
/// Each file of the workspace has been read once: the text that was checked is the text that
/// is used.
pub(crate) struct ResolvedWorkspace {
    pub(crate) path: WorkspacePath,
    /// The configuration of the workspace.
    pub(crate) context: Context,
    pub(crate) setup_consent: SetupConsent,
    pub(crate) options: SessionOptions,
    /// The image of a new container.
    pub(crate) image: ImageSelection,
    /// The engine, with the image recipe and the files that a new container gets.
    pub(crate) engine: DockerEngine,
    /// The containers of the engine.
    pub(crate) observed: Observed,
    /// The container that a new one replaces.
    pub(crate) replaced: Option<Container>,
}

impl ResolvedWorkspace {
    /// Returns whether the workspace has a container that is not to be replaced.
    pub(crate) fn keeps_container(&self) -> bool {
        self.replaced.is_none() && self.has_container()
    }

    /// Returns whether the workspace has a container.
    pub(crate) fn has_container(&self) -> bool {
        !self.observed.serving(&self.path).is_empty()
    }
}

impl SessionRequest {
    /// Resolves the workspace while the mux daemon looks for a connection to its container.
    pub(crate) async fn resolve_and_prefetch(
        &mut self,
    ) -> crate::Result<(ResolvedWorkspace, PrefetchedLease)> {
        let prefetch = PrefetchedLease::fetch(mux_client(&self.context), self.cache_key());
        // The prefetch is polled first, so that the mux daemon works while the engine does.
        let (lease, workspace) = tokio::try_join!(
            async { crate::Result::Ok(prefetch.await) },
            self.resolve_after_setup()
        )?;
        Ok((workspace, lease))
    }

    /// Resolves the workspace, after the set-up of this machine where it is missing.
    pub(crate) async fn resolve_after_setup(&mut self) -> crate::Result<ResolvedWorkspace> {
        match self.resolve().await {
            Err(error) if self.is_setup_missing(&error) => {
                self.check_required_agent(&self.context.config.image.value)?;
                self.context.reporter.join_engine_group()?;
                if self.setup_consent == SetupConsent::Never {
                    return Err(error);
                }
                setup::set_up_on_demand(&mut self.context, self.setup_consent, &error)?;
                self.resolve().await
            }
            outcome => outcome,
        }
    }

    /// Lists the containers of the engine once, and resolves the workspace.
    pub(crate) async fn resolve(&mut self) -> crate::Result<ResolvedWorkspace> {
        let address = self.context.address.clone();
        let mut engine = self.context.engine()?;
        let mut containers = engine.containers().await?;
        self.select_workspace(&containers)?;
        // The configuration of the selected workspace may name another engine.
        if self.context.address != address {
            engine = self.context.engine()?;
            containers = engine.containers().await?;
        }
        self.resolve_listed(engine, containers).await
    }

    /// Resolves the workspace from the list of containers.
    async fn resolve_listed(
        &self,
        engine: DockerEngine,
        containers: Vec<Container>,
    ) -> crate::Result<ResolvedWorkspace> {
        let (path, mut context) = (self.workspace().clone(), self.context.clone());
        let observed = Observed::of(containers);
        let serving = observed.serving(&path);
        let replaced = self.replaced_container(&serving).cloned();
        let kept = if replaced.is_some() { [].as_slice() } else { serving.as_slice() };
        let image = self.select_image(kept).await?;
        if !kept.iter().any(|it| it.labels.get(label::DEVCONTAINER).is_some()) {
            context.forget_container_devcontainer(&path)?;
        }
        if kept.is_empty() {
            self.check_required_agent(&image.image)?;
        }
        let engine = with_user_files(engine, &context, kept, &image)?;
        let (setup_consent, options) = (self.setup_consent, self.options.clone());
        Ok(ResolvedWorkspace {
            path,
            context,
            setup_consent,
            options,
            image,
            engine,
            observed,
            replaced,
        })
    }

    /// Returns whether the error means that this machine is not set up.
    pub(crate) fn is_setup_missing(&self, error: &crate::Error) -> bool {
        let is_unreachable = matches!(
            error.find(),
            Some(EngineError::Unreachable { .. } | EngineError::AccessDenied { .. })
        );
        is_unreachable && self.context.is_dedicated_engine()
    }

    /// Returns the container to replace: one that is to be recreated, or an ephemeral one that
    /// its session left behind.
    fn replaced_container<'c>(&self, serving: &[&'c Container]) -> Option<&'c Container> {
        let [container] = serving else { return None };
        let lock = self.context.env.layout.session_lock(self.workspace());
        let is_left = || self.options.lifetime == Lifetime::Session || !lock::is_locked(&lock);
        let is_replaced =
            self.options.recreate != Recreate::None || container.labels.is_ephemeral() && is_left();
        is_replaced.then_some(*container)
    }

    /// The key under which the mux daemon remembers the container of this request.
    fn cache_key(&self) -> String {
        let name = self.options.name.as_ref().map(AsRef::as_ref).unwrap_or_default();
        format!("{} {name} {}", self.context.address, self.workspace())
    }
}
