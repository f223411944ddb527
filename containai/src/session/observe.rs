//! What is there.

use containai_core::engine::{Container, EngineError, Isolation, Lifetime};
use containai_core::lifecycle::{Desired, Observed, observe};
use containai_core::naming::GitHead;
use containai_core::resources::HostCapacity;
use containai_docker::DockerEngine;

use super::{Recreate, SessionRequest, SetupConsent};
use crate::connection::{PrefetchedLease, mux_client};
use crate::desired::desired;
use crate::lock;
use crate::setup;

impl SessionRequest {
    /// The engine and what it shows, after set-up where that was needed.
    pub(crate) async fn observe_after_setup(&mut self) -> crate::Result<(DockerEngine, Observed)> {
        match self.observe().await {
            Err(error) if self.can_be_set_up(&error) => {
                self.context.reporter.join_engine_group()?;
                if self.setup_consent == SetupConsent::Never {
                    return Err(error);
                }
                setup::set_up_on_demand(&mut self.context, self.setup_consent, &error)?;
                self.observe().await
            }
            outcome => outcome,
        }
    }

    /// As [`Self::prepared`], with what there is to borrow.
    pub(crate) async fn observe_and_prefetch(
        &mut self,
    ) -> crate::Result<(DockerEngine, Observed, PrefetchedLease)> {
        let glimpse = PrefetchedLease::fetch(mux_client(&self.context), self.cache_key());
        // The glimpse first: others work on it while we talk to the engine.
        let (glimpse, (engine, observed)) = tokio::try_join!(
            async { crate::Result::Ok(glimpse.await) },
            self.observe_after_setup()
        )?;
        Ok((engine, observed, glimpse))
    }

    /// What the command line says of the container.
    fn cache_key(&self) -> String {
        let name = self.options.name.as_ref().map(AsRef::as_ref).unwrap_or_default();
        format!("{} {name} {}", self.context.address, self.workspace())
    }

    /// The engine and what it shows of the workspace that is meant.
    pub(crate) async fn observe(&mut self) -> crate::Result<(DockerEngine, Observed)> {
        let engine = self.context.engine()?;
        let observed = observe(&engine, &self.observation_query()).await?;
        let (engine, observed) = match self.resolve_workspace(&observed)? {
            false => (engine, observed),
            true => {
                let engine = self.context.engine()?;
                let observed = observe(&engine, &self.observation_query()).await?;
                (engine, observed)
            }
        };
        self.image = self.select_image(&observed)?;
        let engine = self.with_user_files(self.image.register_recipe(engine), &observed)?;
        Ok((engine, observed))
    }

    pub(crate) fn exists(&self, observed: &Observed) -> bool {
        !observed.serving(self.workspace()).is_empty()
    }

    pub(crate) fn can_be_set_up(&self, error: &crate::Error) -> bool {
        let is_about_reaching = matches!(
            error.find(),
            Some(EngineError::Unreachable { .. } | EngineError::AccessDenied { .. })
        );
        is_about_reaching && self.context.is_dedicated_engine()
    }

    /// What a look at the engine has to know. It needs no name and no limits: git
    /// alone takes as long to tell the branch as all else that comes before a
    /// command.
    fn observation_query(&self) -> Desired {
        let (workspace, isolation) = (self.workspace(), self.recorded_isolation());
        desired(&self.context, workspace, &GitHead::NoGit, isolation, HostCapacity::default())
    }

    /// The container that will not do: one that is to be made anew, or one whose
    /// session has ended without taking it along.
    pub(crate) fn replaced_container<'o>(&self, observed: &'o Observed) -> Option<&'o Container> {
        let serving = observed.serving(self.workspace());
        let [container] = serving.as_slice() else { return None };
        let lock = self.context.env.layout.session_lock(self.workspace());
        let is_left = || self.options.lifetime == Lifetime::Session || !lock::is_locked(&lock);
        let is_outgoing =
            self.options.recreate != Recreate::None || container.labels.is_ephemeral() && is_left();
        is_outgoing.then_some(*container)
    }

    /// The isolation of the engine, as far as it is known without asking.
    pub(crate) fn recorded_isolation(&self) -> Isolation {
        self.context.record.as_ref().map_or(Isolation::Userns, |record| record.isolation)
    }
}
