//! What is there.

use containai_core::engine::{Container, EngineError, Isolation, Lifetime};
use containai_core::lifecycle::{Desired, Observed, observe};
use containai_core::naming::GitHead;
use containai_core::resources::HostCapacity;
use containai_docker::DockerEngine;

use super::{Consent, Entrance, Renewal};
use crate::desired::desired;
use crate::lock;
use crate::passage::{Glimpse, shared};
use crate::setup;

impl Entrance {
    /// The engine and what it shows, after set-up where that was needed.
    pub(crate) async fn prepared(&mut self) -> crate::Result<(DockerEngine, Observed)> {
        match self.observed().await {
            Err(error) if self.can_be_set_up(&error) => {
                self.context.reporter.join_engine_group()?;
                if self.consent == Consent::Refused {
                    return Err(error);
                }
                setup::prepare(&mut self.context, self.consent, &error)?;
                self.observed().await
            }
            outcome => outcome,
        }
    }

    /// As [`Self::prepared`], with what there is to borrow.
    pub(crate) async fn prepared_to_enter(
        &mut self,
    ) -> crate::Result<(DockerEngine, Observed, Glimpse)> {
        let glimpse = Glimpse::of(shared(&self.context), self.occasion());
        // The glimpse first: others work on it while we talk to the engine.
        let (glimpse, (engine, observed)) =
            tokio::try_join!(async { crate::Result::Ok(glimpse.await) }, self.prepared())?;
        Ok((engine, observed, glimpse))
    }

    /// What the command line says of the container.
    fn occasion(&self) -> String {
        let name = self.choice.name.as_ref().map(AsRef::as_ref).unwrap_or_default();
        format!("{} {name} {}", self.context.address, self.workspace())
    }

    /// The engine and what it shows of the workspace that is meant.
    pub(crate) async fn observed(&mut self) -> crate::Result<(DockerEngine, Observed)> {
        let engine = self.context.engine()?;
        let observed = observe(&engine, &self.watched()).await?;
        let (engine, observed) = match self.relocate(&observed)? {
            false => (engine, observed),
            true => {
                let engine = self.context.engine()?;
                let observed = observe(&engine, &self.watched()).await?;
                (engine, observed)
            }
        };
        self.image = self.image(&observed)?;
        let engine = self.equipped(self.image.teach(engine), &observed)?;
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
        is_about_reaching && self.context.is_own_engine()
    }

    /// What a look at the engine has to know. It needs no name and no limits: git
    /// alone takes as long to tell the branch as all else that comes before a
    /// command.
    fn watched(&self) -> Desired {
        let (workspace, isolation) = (self.workspace(), self.recorded());
        desired(&self.context, workspace, &GitHead::NoGit, isolation, HostCapacity::default())
    }

    /// The container that will not do: one that is to be made anew, or one whose
    /// session has ended without taking it along.
    pub(crate) fn outgoing<'o>(&self, observed: &'o Observed) -> Option<&'o Container> {
        let serving = observed.serving(self.workspace());
        let [container] = serving.as_slice() else { return None };
        let lock = self.context.env.layout.session_lock(self.workspace());
        let is_left = || self.choice.lifetime == Lifetime::Session || !lock::is_held(&lock);
        let is_outgoing =
            self.choice.renewal != Renewal::None || container.labels.is_ephemeral() && is_left();
        is_outgoing.then_some(*container)
    }

    /// The isolation of the engine, as far as it is known without asking.
    pub(crate) fn recorded(&self) -> Isolation {
        self.context.record.as_ref().map_or(Isolation::Userns, |record| record.isolation)
    }
}
