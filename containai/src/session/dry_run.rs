//! What would be done for a session.

use containai_core::lifecycle::{Desired, Observed, Step, observe, plan};

use super::SessionRequest;
use crate::desired::local_capacity;
use crate::image_selection::ImageSelection;
use crate::setup;

/// What would be done for a session.
#[derive(Clone, Debug)]
pub struct SessionPlan {
    /// The engine's address.
    pub engine: String,
    /// The containers as they are now.
    pub observed: Observed,
    /// The container that is asked for.
    pub wanted: Desired,
    /// The steps from one to the other.
    pub steps: Vec<Step>,
    /// Where an existing container differs from what is asked for, and what is run beside the
    /// steps.
    pub notes: Vec<String>,
    /// The steps of set-up that come first; `None` where this machine is set up.
    pub set_up: Option<String>,
}

impl SessionRequest {
    /// Plans what [`Self::visit`] would do.
    pub async fn plan(mut self) -> crate::Result<SessionPlan> {
        let (mut observed, mut notes, mut set_up) = (Observed::default(), Vec::new(), None);
        let wanted = match self.observe().await {
            Ok((engine, seen)) => {
                let wanted = self.desired(&engine, &seen).await?;
                notes = self.drift(&engine, &seen, &wanted).await?;
                // A replacement needs its image, too.
                observed = observe(&engine, &wanted).await?;
                wanted
            }
            Err(error) if self.can_be_set_up(&error) => {
                set_up = Some(setup::plan_text(&self.context)?);
                self.image = ImageSelection::from_config(&self.context, self.workspace())?;
                let wanted = self.desired_with(self.recorded_isolation(), local_capacity());
                self.options.apply(wanted, &self.context.config, None)
            }
            Err(error) => return Err(error),
        };
        notes.extend(self.devcontainer_steps());
        let steps = plan(&observed, &wanted);
        let engine = self.context.address.to_string();
        Ok(SessionPlan { engine, observed, wanted, steps, notes, set_up })
    }
}
