use containai_core::exit;
use containai_core::hint::Advice as _;
use containai_core::lifecycle::DriveError;
use containai_core::lifecycle::gc::{
    GcPlan, GcPolicy, PruneItem, PruneOutcome, measure_containers, plan_gc, prune, take_inventory,
};
use containai_core::lifecycle::snapshot::{find_leftovers, remove_leftovers};
use containai_core::timestamp::Timestamp;
use containai_docker::DockerEngine;

use super::describe::{describe_item, describe_outcomes, describe_plan};
use crate::confirm::{PREVIEW_OR_FORCE, require_confirmation};
use crate::context::Context;
use crate::error::OperationError;
use crate::forward_registry::RegisteredForward;
use crate::{host_facts, snapshot};

/// The outcome of a garbage collection.
#[derive(Clone, Debug)]
pub struct GcReport {
    /// The removed and kept objects and the freed space, one text each.
    pub lines: Vec<String>,
    /// Whether an object could not be removed.
    pub has_failures: bool,
}

/// A planned garbage collection.
pub struct GarbageCollection<'a> {
    context: &'a Context,
    engine: &'a DockerEngine,
    policy: GcPolicy,
    plan: GcPlan,
    now: Timestamp,
    /// The leftovers of interrupted commands, one text each.
    pub leftovers: Vec<String>,
}

impl<'a> GarbageCollection<'a> {
    /// Plans a garbage collection, without any change.
    ///
    /// # Errors
    ///
    /// Errors of the engine.
    pub async fn preview(
        context: &'a Context,
        engine: &'a DockerEngine,
        policy: GcPolicy,
    ) -> crate::Result<Self> {
        let leftovers = find_leftovers(engine, host_facts::now()).await?;
        Self::plan(context, engine, policy, snapshot::describe(&leftovers)).await
    }

    async fn plan(
        context: &'a Context,
        engine: &'a DockerEngine,
        policy: GcPolicy,
        leftovers: Vec<String>,
    ) -> crate::Result<Self> {
        let now = host_facts::now();
        let mut plan = plan_gc(&take_inventory(engine, &policy).await?, now, &policy);
        if !plan.is_empty() {
            measure_containers(engine, &mut plan).await?;
        }
        Ok(Self { context, engine, policy, plan, now, leftovers })
    }

    /// Removes leftovers of interrupted commands, reclaims the files of removed containers, and
    /// plans a garbage collection.
    ///
    /// # Errors
    ///
    /// Errors of the engine.
    pub async fn prepare(
        context: &'a Context,
        engine: &'a DockerEngine,
        policy: GcPolicy,
    ) -> crate::Result<Self> {
        let leftovers = find_leftovers(engine, host_facts::now()).await?;
        remove_leftovers(engine, &leftovers).await?;
        let leftovers = snapshot::describe(&leftovers);
        for line in &leftovers {
            context.reporter.say(&format!("removed {line}"));
        }
        engine.reclaim_abandoned().await?;
        Self::plan(context, engine, policy, leftovers).await
    }

    /// Whether there are no unused objects.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.plan.is_empty()
    }

    /// The unused objects and the space that they occupy, one text each.
    #[must_use]
    pub fn describe(&self) -> Vec<String> {
        describe_plan(&self.plan, self.now)
    }

    /// Asks for confirmation.
    ///
    /// # Errors
    ///
    /// The answer is no, or there is no terminal.
    pub fn confirm(&self) -> Result<(), OperationError> {
        let question = "Remove all of this?";
        require_confirmation(
            &self.context.reporter,
            question,
            "nothing was removed",
            PREVIEW_OR_FORCE,
        )
    }

    /// Removes the objects that are still unused, and ends forwards to removed containers. Failures
    /// are reported.
    ///
    /// # Errors
    ///
    /// A forward could not be ended.
    pub async fn execute(&self) -> crate::Result<GcReport> {
        let Self { context, engine, plan, now, policy, .. } = self;
        context.reporter.begin_work("removing unused objects");
        let report = prune(*engine, &context.remote, plan, *now, policy).await;
        context.reporter.finish_work();
        let directory = context.env.layout.forward_dir();
        for (item, outcome) in &report.outcomes {
            match (outcome, item) {
                (PruneOutcome::Failed(error), _) => {
                    context.reporter.error(&removal_error(item, error));
                }
                (PruneOutcome::Removed(_), PruneItem::Container(name)) => {
                    RegisteredForward::stop_all(&directory, &context.address.to_string(), name)?;
                }
                _ => {}
            }
        }
        Ok(GcReport { lines: describe_outcomes(&report), has_failures: report.has_failures() })
    }
}

fn removal_error(item: &PruneItem, error: &DriveError) -> crate::Error {
    let message = format!("cannot remove {}: {error}", describe_item(item));
    let message = OperationError::with_code(exit::FAILED, message);
    error.hints().into_iter().fold(message, OperationError::hint).into()
}
