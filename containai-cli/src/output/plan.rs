//! The plan of a session, as `--dry-run` prints it.

use std::collections::BTreeMap;

use containai_core::engine::{Container, ContainerSpec};
use containai_core::lifecycle::Desired;
use schemars::JsonSchema;
use serde::Serialize;

use containai::lifecycle_plan::{describe_step, planned_container};
use containai::session::SessionPlan;

/// The output of `--dry-run --json`. Fields may be added, but not renamed or
/// removed.
#[derive(Debug, JsonSchema, Serialize)]
pub(crate) struct PlanDocument {
    /// The version of this format.
    schema: u32,
    /// The workspace's path on the host.
    workspace: String,
    /// The engine's address.
    engine: String,
    /// The existing containers of the workspace; more than one is refused.
    containers: Vec<ExistingContainer>,
    /// The container to create; `null` if none is created.
    new: Option<NewContainer>,
    /// Differences between an existing container and the options, and commands
    /// that run besides the steps.
    notes: Vec<String>,
    /// Facts of the container from `devcontainer.json`, by their names.
    devcontainer: BTreeMap<&'static str, String>,
    /// The set-up of this machine; `null` if it is set up.
    set_up: Option<String>,
    /// The steps in order.
    steps: Vec<PlannedStep>,
}

/// An existing container.
#[derive(Debug, JsonSchema, Serialize)]
struct ExistingContainer {
    name: String,
    state: String,
    image: String,
    data_volume: Option<String>,
}

/// A container to create.
#[derive(Debug, JsonSchema, Serialize)]
struct NewContainer {
    name: String,
    image: String,
    /// The template of the image; `null` without one.
    template: Option<String>,
    isolation: String,
    first_port: u16,
    last_port: u16,
    memory_bytes: u64,
    cpus: String,
    /// `no` or `unless-stopped`.
    restart: String,
    /// `null` for a volume that is removed with the container.
    data_volume: Option<String>,
    /// `null` as for `data_volume`.
    docker_volume: Option<String>,
    ephemeral: bool,
    /// The repository of a linked worktree; the container gets its own repository
    /// at this path.
    repository: Option<String>,
    /// Additional mounts, one a text.
    mounts: Vec<String>,
}

/// One step.
#[derive(Debug, JsonSchema, Serialize)]
struct PlannedStep {
    /// A stable identifier, such as `create`.
    step: &'static str,
    /// A description.
    text: String,
}

impl From<&SessionPlan> for PlanDocument {
    fn from(plan: &SessionPlan) -> Self {
        let SessionPlan { engine, observed, desired, steps, notes, devcontainer, set_up } = plan;
        let new = planned_container(observed, desired, steps);
        let existing = |container: &Container| ExistingContainer {
            name: container.name.clone(),
            state: container.state.to_string(),
            image: container.image.clone(),
            data_volume: container.labels.data_volume().map(String::from),
        };
        let planned = |(step, text)| PlannedStep { step, text };
        Self {
            schema: 1,
            workspace: desired.workspace.to_string(),
            engine: engine.clone(),
            new: new.map(|spec| NewContainer::new(&spec, desired)),
            containers: observed.serving(&desired.workspace).into_iter().map(existing).collect(),
            notes: notes.clone(),
            devcontainer: devcontainer.clone(),
            set_up: set_up.clone(),
            steps: steps.iter().map(describe_step).map(planned).collect(),
        }
    }
}

impl NewContainer {
    fn new(spec: &ContainerSpec, desired: &Desired) -> Self {
        Self {
            name: spec.name.to_string(),
            image: desired.image.to_string(),
            template: (!desired.template.is_empty()).then(|| desired.template.clone()),
            isolation: desired.isolation.to_string(),
            first_port: desired.ports.start().get(),
            last_port: desired.ports.end().get(),
            memory_bytes: spec.resources.memory.bytes(),
            cpus: spec.resources.cpus.to_string(),
            restart: spec.restart.to_string(),
            ephemeral: spec.labels().is_ephemeral(),
            repository: spec.repository.as_ref().map(|it| it.common_dir.to_string()),
            mounts: spec.mounts.iter().map(ToString::to_string).collect(),
            data_volume: spec.data_volume.as_ref().map(ToString::to_string),
            docker_volume: spec.docker_volume.as_ref().map(ToString::to_string),
        }
    }
}
