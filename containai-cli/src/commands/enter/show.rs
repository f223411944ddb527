//! The plan, printed.

use std::process::ExitCode;

use containai_core::lifecycle::{Observed, observe, plan};

use super::Entrance;
use crate::commands::create::local_capacity;
use crate::commands::setup;
use crate::wanted_image::WantedImage;
use crate::wire;
use crate::wire::plan::PlanDocument;

/// What a plan is printed as.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    /// For people.
    Text,
    /// For programs; see [`PlanDocument`].
    Json,
}

impl Entrance<'_> {
    /// Prints what [`Self::visit`] would do.
    pub(crate) async fn show_plan(mut self, form: Form) -> anyhow::Result<ExitCode> {
        let (mut observed, mut notes, mut set_up) = (Observed::default(), Vec::new(), None);
        let wanted = match self.observed().await {
            Ok((engine, seen)) => {
                let wanted = self.desired(&engine, &seen).await?;
                notes = self.differences(&engine, &seen, &wanted).await?;
                // Whoever makes a container anew looks for its image, too.
                observed = observe(&engine, &wanted).await?;
                wanted
            }
            Err(error) if self.can_be_set_up(&error) => {
                set_up = Some(setup::plan_text(&self.context)?);
                self.image = WantedImage::of(&self.context, self.workspace())?;
                let wanted = self.wanted(self.recorded(), local_capacity());
                self.choice.apply(wanted, &self.context.config, None)
            }
            Err(error) => return Err(error),
        };
        notes.extend(self.devcontainer_steps());
        let steps = plan(&observed, &wanted);
        let engine = self.context.address.to_string();
        let document = PlanDocument::new(&engine, &observed, &wanted, &steps, notes, set_up);
        self.context.ui.data(&match form {
            Form::Text => wire::plan::text(&document),
            Form::Json => serde_json::to_string_pretty(&document)?,
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
