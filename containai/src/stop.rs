//! Stop and removal of containers.

use std::collections::HashMap;
use std::path::Path;

use containai_core::engine::{Container, ContainerId, Engine as _};
use containai_core::lifecycle::{
    NoVolumeExporter, Observed, StopMode, StopPlan, StopStep, execute_stop, plan_stop,
};
use containai_docker::DockerEngine;
use futures_util::stream::{self, StreamExt as _};

use crate::confirm::{PREVIEW_OR_FORCE, require_confirmation};
use crate::context::Context;
use crate::error::{Error, OperationError};
use crate::export::ExportOnStop;
use crate::forward_registry::RegisteredForward;
use crate::report::escape_control;
use crate::{session_guard, volume_lock, worktree};

/// The number of containers that are stopped in parallel.
const MAX_PARALLEL: usize = 8;

/// The containers to stop.
#[derive(Clone, Debug)]
pub enum StopSelection {
    /// All containers that this machine has on the engine.
    All,
    /// One container.
    Container(ContainerId),
}

/// The treatment of the volumes of a removed container.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum VolumeRemoval {
    /// They are kept.
    #[default]
    Keep,
    /// Those that no other container mounts are removed: settings, credentials, conversations and
    /// the data of the inner Docker.
    Remove,
}

/// A request to stop containers.
pub struct StopRequest<'a> {
    /// The configuration.
    pub context: &'a Context,
    /// The engine.
    pub engine: &'a DockerEngine,
    /// The containers.
    pub selection: StopSelection,
    /// Whether they are removed.
    pub mode: StopMode,
    /// Whether the volumes of removed containers are removed.
    pub volumes: VolumeRemoval,
    /// The export of the data volume of the selected container; `Some(None)`: to a new file in the
    /// default directory.
    pub export: Option<Option<&'a Path>>,
}

impl<'a> StopRequest<'a> {
    /// Plans the stop of containers as listed, without any change.
    ///
    /// # Errors
    ///
    /// A container is foreign, or the export has no valid destination.
    pub async fn preview(self, containers: Vec<Container>) -> crate::Result<Stop<'a>> {
        let Self { context, engine, selection, mode, volumes, export } = self;
        let selected = selection.ids(&containers);
        let export = match (export, containers.iter().find(|it| selected.contains(&it.id))) {
            (Some(to), Some(container)) => {
                Some(ExportOnStop::plan(context, engine, to, &containers, container)?)
            }
            (Some(_), None) => return Err(Error::failed("the container was removed meanwhile")),
            (None, _) => None,
        };
        let observed = Observed::of(containers);
        let file = export.as_ref().map(ExportOnStop::file);
        let plans = plan_stop(&observed, &selected, mode, file)?;
        let mut removed = HashMap::new();
        if volumes == VolumeRemoval::Remove {
            for id in plans.iter().filter(|it| it.removes()).map(|it| &it.container.id) {
                removed.insert(id.clone(), engine.exclusive_volumes(id).await?);
            }
        }
        Ok(Stop { context, engine, plans, export, volumes: removed })
    }

    /// As [`Self::preview`], after the containers that another command paused are unpaused.
    ///
    /// # Errors
    ///
    /// As [`Self::preview`], and errors of locks and the engine.
    pub async fn prepare(self, containers: Vec<Container>) -> crate::Result<Stop<'a>> {
        let Context { env, reporter, .. } = self.context;
        let selected = self.selection.ids(&containers);
        let unpaused =
            volume_lock::wait_unpaused(self.engine, containers, &selected, env, reporter).await?;
        self.preview(unpaused).await
    }
}

impl StopSelection {
    fn ids(&self, containers: &[Container]) -> Vec<ContainerId> {
        let is_of_this_machine = |it: &&Container| {
            it.labels.is_managed() && it.labels.workspace().is_some() && !it.labels.is_helper()
        };
        match self {
            Self::All => {
                containers.iter().filter(is_of_this_machine).map(|it| it.id.clone()).collect()
            }
            Self::Container(id) => vec![id.clone()],
        }
    }
}

/// A planned stop.
pub struct Stop<'a> {
    context: &'a Context,
    engine: &'a DockerEngine,
    plans: Vec<StopPlan>,
    export: Option<ExportOnStop<'a>>,
    /// The volumes that are removed after their container.
    volumes: HashMap<ContainerId, Vec<String>>,
}

impl Stop<'_> {
    /// The steps in order, one text each.
    #[must_use]
    pub fn steps(&self) -> Vec<String> {
        let of_container = |plan: &StopPlan| {
            let volumes = self.volumes_of(plan).iter();
            let removals = volumes.map(|name| format!("remove volume {}", escape_control(name)));
            describe_steps(plan, self.kept_volumes(plan)).into_iter().chain(removals).collect()
        };
        self.plans.iter().flat_map::<Vec<_>, _>(of_container).collect()
    }

    /// Asks for confirmation if there are active sessions or volumes are removed; returns whether to
    /// go on.
    ///
    /// # Errors
    ///
    /// The user cannot be asked.
    pub async fn confirm(&self) -> Result<bool, OperationError> {
        let names: Vec<_> = self.volumes.values().flatten().map(|it| escape_control(it)).collect();
        if !names.is_empty() {
            let question = format!(
                "Remove {}? Settings, credentials and conversations on them are lost.",
                names.join(", ")
            );
            let reporter = &self.context.reporter;
            require_confirmation(reporter, &question, "nothing was stopped", PREVIEW_OR_FORCE)?;
        }
        let stopping = self.plans.iter().filter(|it| it.ends_sessions()).map(|it| &it.container);
        let reporter = &self.context.reporter;
        session_guard::confirm_active_sessions(self.engine, stopping, "Stop anyway?", reporter)
            .await
    }

    /// Stops the containers. A failure does not stop the others.
    ///
    /// # Errors
    ///
    /// The last error; the others are reported.
    pub async fn execute(&self) -> crate::Result<()> {
        let reporter = &self.context.reporter;
        if self.plans.iter().any(StopPlan::ends_sessions) {
            let names: Vec<_> = self.plans.iter().map(|it| it.container.name.as_str()).collect();
            reporter.begin_work(&format!("stopping {}", names.join(", ")));
        }
        let stops = self.plans.iter().map(|plan| self.stop_one(plan));
        let mut outcomes = stream::iter(stops).buffer_unordered(MAX_PARALLEL);
        let mut failed = None;
        while let Some(outcome) = outcomes.next().await {
            if let Some(earlier) = outcome.err().and_then(|error| failed.replace(error)) {
                reporter.error(&earlier);
            }
        }
        reporter.finish_work();
        failed.map_or(Ok(()), Err)
    }

    async fn stop_one(&self, plan: &StopPlan) -> crate::Result<()> {
        let Self { context, engine, export, .. } = self;
        match export {
            Some(export) => execute_stop(*engine, &context.remote, export, plan).await?,
            None => execute_stop(*engine, &context.remote, &NoVolumeExporter, plan).await?,
        }
        let layout = &context.env.layout;
        worktree::fetch_after_session(&plan.container, &context.env, &context.reporter).await;
        for name in self.volumes_of(plan) {
            engine.remove_volume(name).await?;
        }
        if plan.removes() {
            let (directory, address) = (layout.forward_dir(), context.address.to_string());
            RegisteredForward::stop_all(&directory, &address, &plan.container.name)?;
        }
        context.reporter.say(&describe_outcome(plan, self.kept_volumes(plan)));
        Ok(())
    }

    fn volumes_of(&self, plan: &StopPlan) -> &[String] {
        self.volumes.get(&plan.container.id).map(Vec::as_slice).unwrap_or_default()
    }

    fn kept_volumes(&self, plan: &StopPlan) -> VolumeRemoval {
        match self.volumes_of(plan) {
            [] => VolumeRemoval::Keep,
            _ => VolumeRemoval::Remove,
        }
    }
}

/// Stops or removes one container, without confirmation and reports.
///
/// # Errors
///
/// The container is foreign, or the engine fails.
pub async fn stop_container(
    context: &Context,
    engine: &DockerEngine,
    id: ContainerId,
    mode: StopMode,
) -> crate::Result<()> {
    let observed = Observed::of(engine.containers().await?);
    for plan in plan_stop(&observed, &[id], mode, None)? {
        execute_stop(engine, &context.remote, &NoVolumeExporter, &plan).await?;
    }
    Ok(())
}

fn describe_steps(plan: &StopPlan, volumes: VolumeRemoval) -> Vec<String> {
    let name = escape_control(&plan.container.name);
    plan.steps.iter().map(|step| describe_step(&name, step, volumes)).collect()
}

fn describe_step(container: &str, step: &StopStep, volumes: VolumeRemoval) -> String {
    match step {
        StopStep::WaitTransition { state } => format!("wait while {container} is {state}"),
        StopStep::Unpause => format!("unpause {container}"),
        StopStep::Stop => format!("stop {container}"),
        StopStep::Export { file } => {
            let file = escape_control(&file.to_string_lossy());
            format!("export the data volume of {container} to `{file}`")
        }
        StopStep::RemoveReplacement { .. } => format!("remove the replacement of {container}"),
        StopStep::Unregister { name, port } => {
            format!("remove the OpenSSH configuration of {name} and the host key for port {port}")
        }
        StopStep::Remove => format!("remove {container}{}", fate(volumes)),
        step => format!("{step:?}"),
    }
}

/// Returns the remark on the volumes of a removed container.
fn fate(volumes: VolumeRemoval) -> &'static str {
    match volumes {
        VolumeRemoval::Keep => "; its volumes are kept",
        VolumeRemoval::Remove => "",
    }
}

fn describe_outcome(plan: &StopPlan, volumes: VolumeRemoval) -> String {
    let name = &plan.container.name;
    match (plan.removes(), plan.steps.is_empty()) {
        (true, _) if volumes == VolumeRemoval::Remove => {
            format!("removed {name} and its volumes")
        }
        (true, _) => format!("removed {name}; its volumes are kept"),
        (false, true) => format!("{name} is not running"),
        (false, false) => format!("stopped {name}"),
    }
}

#[cfg(test)]
mod tests {
    use containai_core::engine::RunState;
    use containai_core::label;

    use super::*;

    fn plans(state: RunState, mode: StopMode) -> Vec<StopPlan> {
        let labels =
            [(label::MANAGED, "true"), (label::WORKSPACE, "/w"), (label::SSH_PORT, "2300")];
        let container = Container::new(ContainerId::new("id"), "api-main", state)
            .with_image("base")
            .with_labels(labels.into_iter().collect());
        let observed = Observed::of(vec![container]);
        plan_stop(&observed, &[ContainerId::new("id")], mode, None).expect("it is managed")
    }

    #[test]
    fn plans_are_listed_step_by_step() {
        let describe = |state, mode| describe_steps(&plans(state, mode)[0], VolumeRemoval::Keep);
        let steps = describe(RunState::Paused, StopMode::Remove);
        insta::assert_snapshot!(steps.join("\n"), @r"
        unpause api-main
        stop api-main
        remove the OpenSSH configuration of api-main and the host key for port 2300
        remove api-main; its volumes are kept
        ");
        assert_eq!(describe(RunState::Exited, StopMode::Stop), [""; 0]);
    }

    #[test]
    fn outcome_is_reported() {
        let outcome = |state, mode| describe_outcome(&plans(state, mode)[0], VolumeRemoval::Keep);
        assert_eq!(outcome(RunState::Running, StopMode::Stop), "stopped api-main");
        assert_eq!(outcome(RunState::Exited, StopMode::Stop), "api-main is not running");
        assert_eq!(
            outcome(RunState::Exited, StopMode::Remove),
            "removed api-main; its volumes are kept"
        );
    }
}
