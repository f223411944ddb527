//! Descriptions of lifecycle plans.

use containai_core::engine::ContainerSpec;
use containai_core::lifecycle::{Desired, Observed, Step};
use containai_core::naming::ContainerName;

/// A step as a stable identifier and as a description.
#[must_use]
pub fn describe_step(step: &Step) -> (&'static str, String) {
    let (identifier, text) = match step {
        Step::EnsureImage => ("provide-image", "pull or build the image if needed"),
        Step::Create { name } => return ("create", format!("create container {name}")),
        Step::Provision { .. } => ("install-key", "install the public key"),
        Step::FinishRestore { .. } => {
            ("finish-restore", "finish an interrupted restore of the volume")
        }
        Step::Start { .. } => ("start", "start the container"),
        Step::Unpause { .. } => ("unpause", "unpause the container"),
        Step::Commit { .. } => ("keep", "commit the file system of the container"),
        Step::CreateReplacement { .. } => ("succeed", "create a replacement on another port"),
        Step::RecordDataVolume { volume } => {
            return ("record", format!("record {volume} as the workspace's data volume"));
        }
        Step::RemoveVolumes { .. } => {
            ("remove-volumes", "remove the volumes of the replaced container")
        }
        Step::Stop { .. } => ("stop", "stop the container"),
        Step::Recreate { .. } => ("replace", "recreate the container with the same volumes"),
        Step::RemoveReplaced { .. } => ("retire", "remove the replaced container"),
        Step::RemoveEphemeral { .. } => ("discard", "remove the container and its own volumes"),
        Step::Rename { name, .. } => {
            return ("rename", format!("rename the replacement to {name}"));
        }
        Step::RemoveReplacement { .. } => ("give-up", "remove an unnecessary replacement"),
        Step::Wait { name, state } => return ("wait", format!("wait while {name} is {state}")),
        Step::Connect { .. } => ("reach", "open an SSH session"),
        Step::Refuse(refusal) => return ("refuse", format!("refuse: {refusal}")),
        step => return ("other", format!("{step:?}")),
    };
    (identifier, text.to_owned())
}

/// The container that the steps create; `None` if they create none. Its port is the first of the
/// configured range.
#[must_use]
pub fn planned_container(
    observed: &Observed,
    desired: &Desired,
    steps: &[Step],
) -> Option<ContainerSpec> {
    let name = steps.iter().find_map(|step| match step {
        Step::Create { name } => Some(name.clone()),
        Step::Recreate { of, .. } => {
            let replaced = observed.containers.iter().find(|it| it.id == *of)?;
            ContainerName::parse(&replaced.name).ok()
        }
        _ => None,
    })?;
    Some(desired.spec(observed, &name, desired.ports.start()))
}
