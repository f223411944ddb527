//! What is there, and what is wanted of it.

use containai_core::config::IsolationChoice;
use containai_core::engine::{EngineError, Isolation};
use containai_core::hint::Hint;
use containai_core::lifecycle::{Desired, Observed, observe};
use containai_docker::DockerEngine;

use super::{Consent, Entrance};
use crate::commands::create::{desired, local_capacity};
use crate::commands::setup;
use crate::error::CliError;
use crate::regroup;

impl Entrance<'_> {
    /// The engine and what it shows, after set-up where that was needed.
    pub(super) async fn prepared(&mut self) -> anyhow::Result<(DockerEngine, Observed)> {
        match self.observed().await {
            Err(error) if self.can_be_set_up(&error) => {
                regroup::as_member(self.context.env)?;
                if self.consent == Consent::Refused {
                    return Err(error);
                }
                setup::prepare(&mut self.context, self.consent, &error)?;
                self.observed().await
            }
            outcome => outcome,
        }
    }

    pub(super) async fn observed(&self) -> anyhow::Result<(DockerEngine, Observed)> {
        let engine = self.context.engine()?;
        let isolation = self.context.record.as_ref().map(|record| record.isolation);
        let wanted = self.wanted(isolation.unwrap_or(Isolation::Userns));
        let observed = observe(&engine, &wanted).await?;
        Ok((engine, observed))
    }

    pub(super) fn can_be_set_up(&self, error: &anyhow::Error) -> bool {
        let is_about_reaching = matches!(
            error.downcast_ref(),
            Some(EngineError::Unreachable { .. } | EngineError::AccessDenied { .. })
        );
        is_about_reaching && self.context.is_own_engine()
    }

    /// What the user wants; the isolation matters only to a new container.
    pub(super) async fn desired(
        &self,
        engine: &DockerEngine,
        observed: &Observed,
    ) -> anyhow::Result<Desired> {
        let exists = !observed.serving(&self.workspace).is_empty();
        let choice = self.context.config.isolation.value;
        let isolation = match &self.context.record {
            Some(record) if exists || choice.allows(record.isolation) => record.isolation,
            None if exists => Isolation::Userns,
            Some(record) => return Err(other_isolation(record.isolation, choice).into()),
            None => containai_docker::isolation::detect(engine, choice).await?,
        };
        Ok(self.wanted(isolation))
    }

    pub(super) fn wanted(&self, isolation: Isolation) -> Desired {
        desired(&self.context.config, &self.workspace, isolation, local_capacity())
    }
}

fn other_isolation(recorded: Isolation, wanted: IsolationChoice) -> CliError {
    CliError::usage(format!("this engine is set up for `{recorded}` isolation")).hint(Hint::run(
        &format!("cai setup --isolation {wanted}"),
        "change it; containers of the other isolation are then out of sight",
    ))
}
