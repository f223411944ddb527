//! The plan of a session, for `--dry-run`.

use std::collections::BTreeMap;

use containai_core::engine::Isolation;
use containai_core::lifecycle::{Desired, Observed, Step, observe_listed, plan};

use super::desired::desired;
use super::{ResolvedWorkspace, SessionRequest};
use crate::host_facts::local_capacity;
use crate::image_selection::ImageSelection;
use crate::setup;

/// The plan of a session.
#[derive(Clone, Debug)]
pub struct SessionPlan {
    /// The address of the engine.
    pub engine: String,
    /// The containers as they are now.
    pub observed: Observed,
    /// The desired container.
    pub desired: Desired,
    /// The steps from the observed to the desired container.
    pub steps: Vec<Step>,
    /// The drift of an existing container, the commands of `devcontainer.json` that run in addition
    /// to the steps, and the properties of that file that are not followed to the letter.
    pub notes: Vec<String>,
    /// The facts of `devcontainer.json` that a container gets, by their names.
    pub devcontainer: BTreeMap<&'static str, String>,
    /// The steps of the set-up that come first; `None` if this machine is set up.
    pub set_up: Option<String>,
}

impl SessionRequest {
    /// Plans the session, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`Self::run`], as far as an error is known before the first step.
    pub async fn plan(mut self) -> crate::Result<SessionPlan> {
        match self.resolve().await {
            Ok(workspace) => workspace.plan().await,
            Err(error) if self.is_setup_missing(&error) => self.plan_with_setup().await,
            Err(error) => Err(error),
        }
    }

    /// Plans the session on a machine that is not set up, and has no containers therefore.
    async fn plan_with_setup(&self) -> crate::Result<SessionPlan> {
        let context = &self.context;
        let set_up = setup::plan_text(context)?;
        let image = ImageSelection::from_config(context, self.workspace()).await?;
        let isolation =
            context.record.as_ref().map_or(Isolation::Userns, |record| record.isolation);
        let desired = desired(context, self.workspace(), &image, isolation, local_capacity());
        let desired = self.options.apply(desired, &context.config, None);
        let observed = Observed::default();
        Ok(SessionPlan {
            engine: context.address.to_string(),
            steps: plan(&observed, &desired),
            observed,
            desired,
            notes: image.devcontainer_notes(),
            devcontainer: image.devcontainer_facts(&context.config.image.value),
            set_up: Some(set_up),
        })
    }
}

impl ResolvedWorkspace {
    async fn plan(self) -> crate::Result<SessionPlan> {
        let desired = self.desired().await?;
        let mut notes = self.drift(&desired).await?;
        notes.extend(self.restart_policy_note(&desired).await?);
        if !self.keeps_container() {
            notes.extend(self.engine.limit_notice().await?);
        }
        notes.extend(self.image.devcontainer_notes());
        let observed = observe_listed(&self.engine, &desired, self.observed.containers).await?;
        let steps = plan(&observed, &desired);
        let engine = self.context.address.to_string();
        let devcontainer = self.image.devcontainer_facts(&self.context.config.image.value);
        Ok(SessionPlan { engine, observed, desired, steps, notes, devcontainer, set_up: None })
    }
}
