//! The plan, printed.

use std::process::ExitCode;

use containai_core::engine::Isolation;
use containai_core::lifecycle::{Observed, plan};

use super::Entrance;
use crate::commands::setup;
use crate::wire;

impl Entrance<'_> {
    /// Prints what [`Self::enter`] would do.
    pub(crate) async fn show_plan(self) -> anyhow::Result<ExitCode> {
        let mut observed = Observed::default();
        let mut isolation = None;
        match self.observed().await {
            Ok((engine, seen)) => {
                isolation = Some(self.desired(&engine, &seen).await?.isolation);
                observed = seen;
            }
            Err(error) if self.can_be_set_up(&error) => {
                let text = setup::plan_text(&self.context)?;
                self.context.ui.data(&format!("set-up\n{text}"))?;
            }
            Err(error) => return Err(error),
        }
        let wanted = self.wanted(isolation.unwrap_or(Isolation::Userns));
        let steps = plan(&observed, &wanted);
        let engine = self.context.address.to_string();
        self.context.ui.data(&wire::plan::text(&engine, &observed, &wanted, &steps))?;
        Ok(ExitCode::SUCCESS)
    }
}
