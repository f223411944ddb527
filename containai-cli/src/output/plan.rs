//! The output of `--dry-run`.

use containai_core::lifecycle::{Desired, Observed, Step};
use schemars::JsonSchema;
use serde::Serialize;

/// What would be done, as `--dry-run --json` prints it. Fields may be added;
/// none is renamed or removed.
#[derive(Debug, JsonSchema, Serialize)]
pub(crate) struct PlanDocument {
    /// The version of this shape.
    schema: u32,
    /// The workspace's path on the host.
    workspace: String,
    /// The engine's address.
    engine: String,
    /// The containers that serve the workspace now; more than one is refused.
    containers: Vec<ExistingContainer>,
    /// What would be made; `null` when nothing would.
    new: Option<NewContainer>,
    /// What an existing container has other than asked for, and what is run
    /// beside the steps, one a text.
    notes: Vec<String>,
    /// What set-up would do before; `null` when the machine is set up.
    set_up: Option<String>,
    /// The steps in order.
    steps: Vec<PlannedStep>,
}

/// A container that there is.
#[derive(Debug, JsonSchema, Serialize)]
struct ExistingContainer {
    name: String,
    state: String,
    image: String,
    data_volume: Option<String>,
}

/// A container that would be made.
#[derive(Debug, JsonSchema, Serialize)]
struct NewContainer {
    name: String,
    image: String,
    /// The template that the image is built of; `null` without one.
    template: Option<String>,
    isolation: String,
    first_port: u16,
    last_port: u16,
    memory_bytes: u64,
    cpus: String,
    /// `null` is a volume that goes with the container.
    data_volume: Option<String>,
    /// `null` as above.
    docker_volume: Option<String>,
    ephemeral: bool,
    /// The repository that the workspace is a worktree of; the container has one of
    /// its own in its place.
    repository: Option<String>,
    /// What it has besides, a line each.
    mounts: Vec<String>,
    #[serde(skip)]
    memory: String,
}

/// One step.
#[derive(Debug, JsonSchema, Serialize)]
struct PlannedStep {
    /// A word that does not change, such as `create`.
    step: &'static str,
    /// The same for people.
    text: String,
}

impl PlanDocument {
    pub(crate) fn new(
        engine: &str,
        observed: &Observed,
        desired: &Desired,
        steps: &[Step],
        notes: Vec<String>,
        set_up: Option<String>,
    ) -> Self {
        let serving = observed.serving(&desired.workspace);
        Self {
            schema: 1,
            workspace: desired.workspace.to_string(),
            engine: engine.to_owned(),
            new: new_container(observed, desired, steps),
            containers: serving
                .into_iter()
                .map(|it| ExistingContainer {
                    name: it.name.clone(),
                    state: it.state.to_string(),
                    image: it.image.clone(),
                    data_volume: it.labels.data_volume().map(String::from),
                })
                .collect(),
            notes,
            set_up,
            steps: steps
                .iter()
                .map(|step| {
                    let (step, text) = describe_step(step);
                    PlannedStep { step, text }
                })
                .collect(),
        }
    }
}

/// The plan for people, the facts that it rests on first.
pub(crate) fn text(document: &PlanDocument) -> String {
    let mut lines = Vec::new();
    if let Some(set_up) = &document.set_up {
        lines.push(format!("set-up\n{set_up}"));
    }
    lines.push(format!("workspace  {}", document.workspace));
    lines.push(format!("engine     {}", document.engine));
    for ExistingContainer { name, state, .. } in &document.containers {
        lines.push(format!("container  {name} ({state})"));
    }
    lines.extend(document.new.iter().flat_map(new_container_lines));
    lines.extend(document.notes.iter().map(|note| format!("note       {note}")));
    let steps = document.steps.iter().enumerate();
    lines.extend(steps.map(|(n, PlannedStep { text, .. })| format!("{}. {text}", n + 1)));
    lines.join("\n")
}

/// One step as a word and as a line.
pub(crate) fn describe_step(step: &Step) -> (&'static str, String) {
    let (word, text) = match step {
        Step::EnsureImage => ("provide-image", "provide the image"),
        Step::Create { name } => return ("create", format!("create container {name}")),
        Step::Provision { .. } => ("install-key", "put the public key in place"),
        Step::FinishRestore { .. } => {
            ("finish-restore", "finish an interrupted restore of the volume")
        }
        Step::Start { .. } => ("start", "start the container"),
        Step::Unpause { .. } => ("unpause", "wake the container"),
        Step::Commit { .. } => ("keep", "keep the file system of the container"),
        Step::CreateReplacement { .. } => ("succeed", "make a successor on another port"),
        Step::RecordDataVolume { volume } => {
            return ("record", format!("record {volume} as the workspace's data volume"));
        }
        Step::RemoveVolumes { .. } => {
            ("remove-volumes", "remove the volumes of the container that was replaced")
        }
        Step::Stop { .. } => ("stop", "stop the container"),
        Step::Recreate { .. } => ("replace", "make a new container with the same volumes"),
        Step::RemoveReplaced { .. } => ("retire", "remove the container that has a successor"),
        Step::RemoveEphemeral { .. } => {
            ("discard", "remove the container, and the volumes that were made for it")
        }
        Step::Rename { name, .. } => return ("rename", format!("name the successor {name}")),
        Step::RemoveReplacement { .. } => ("give-up", "remove a successor that is not needed"),
        Step::Wait { name, state } => return ("wait", format!("wait while {name} is {state}")),
        Step::Connect { .. } => ("reach", "open an SSH session"),
        Step::Refuse(refusal) => return ("refuse", format!("refuse: {refusal}")),
        step => return ("other", format!("{step:?}")),
    };
    (word, text.to_owned())
}

fn new_container(observed: &Observed, desired: &Desired, steps: &[Step]) -> Option<NewContainer> {
    let made = steps.iter().find_map(|step| match step {
        Step::Create { name } => Some(name.clone()),
        Step::Recreate { of, .. } => {
            let old = observed.containers.iter().find(|it| it.id == *of)?;
            containai_core::naming::ContainerName::parse(&old.name).ok()
        }
        _ => None,
    })?;
    let spec = desired.spec(observed, &made, desired.ports.start());
    let volume_text = |volume: Option<containai_core::naming::VolumeName>| volume.map(String::from);
    Some(NewContainer {
        name: made.to_string(),
        image: desired.image.to_string(),
        template: (!desired.template.is_empty()).then(|| desired.template.clone()),
        isolation: desired.isolation.to_string(),
        first_port: desired.ports.start().get(),
        last_port: desired.ports.end().get(),
        memory: spec.resources.memory.to_string(),
        memory_bytes: spec.resources.memory.bytes(),
        cpus: spec.resources.cpus.to_string(),
        ephemeral: spec.labels().is_ephemeral(),
        repository: spec.repository.as_ref().map(|it| it.common_dir.to_string()),
        mounts: spec.mounts.iter().map(ToString::to_string).collect(),
        data_volume: volume_text(spec.data_volume),
        docker_volume: volume_text(spec.docker_volume),
    })
}

fn new_container_lines(new: &NewContainer) -> Vec<String> {
    let volume = |name: &Option<String>| match name {
        Some(name) => format!("volume {name}"),
        None => "a volume that goes with it".to_owned(),
    };
    let mut lines = vec![
        format!("container  {} (new{})", new.name, if new.ephemeral { ", ephemeral" } else { "" }),
        format!("image      {}", new.image),
        format!("isolation  {}", new.isolation),
        format!("ssh port   the first free one from {} to {}", new.first_port, new.last_port),
        format!("memory     {}", new.memory),
        format!("cpus       {}", new.cpus),
        format!("data       {} at /mnt/agent-data", volume(&new.data_volume)),
        format!("docker     {} at /var/lib/docker", volume(&new.docker_volume)),
    ];
    lines.extend(new.template.iter().map(|name| format!("template   {name}")));
    let repository = new.repository.iter();
    lines.extend(
        repository
            .map(|path| format!("repository {path}, objects read-only; references of its own")),
    );
    lines.extend(new.mounts.iter().map(|mount| format!("mount      {mount}")));
    lines
}
