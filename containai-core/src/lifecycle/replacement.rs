//! Decisions on the replacement of a container and on the removal of an ephemeral one.
//!
//! The new container is created before the old one is removed, under an interim name and
//! with labels that identify the old one. So the volumes of the workspace are labelled at
//! every moment, and the next run resumes after any interruption
//! ([`super::port_migration`]).

use super::port_migration::interim_name;
use crate::engine::{Container, ContainerId, RunState};
use crate::lifecycle::{Desired, Observed, Replacement, Step};

impl Desired {
    /// Returns whether the container is to be recreated.
    pub(super) fn replaces(&self, container: &Container) -> bool {
        self.options.recreate.as_ref() == Some(&container.id)
    }
}

/// Returns the step that records a selected data volume before the first container of the
/// workspace is created.
pub(super) fn decide_volume_record(observed: &Observed, desired: &Desired) -> Option<Step> {
    let is_due = desired.must_record_data_volume() && !observed.is_volume_recorded;
    desired.data_volume.clone().filter(|_| is_due).map(|volume| Step::RecordDataVolume { volume })
}

/// Returns the next step to recreate `old`.
pub(super) fn decide_recreate(observed: &Observed, old: &Container) -> Step {
    let id = old.id.clone();
    let name = match interim_name(observed, old) {
        Ok(name) => name,
        Err(refusal) => return Step::Refuse(refusal),
    };
    if matches!(old.state, RunState::Restarting | RunState::Removing) {
        return Step::Wait { name: old.name.clone(), state: old.state };
    }
    // The old container is kept until its replacement is certain to be created.
    if observed.image.is_none() {
        return Step::EnsureImage;
    }
    // A selected volume is recorded after the old container is removed: until then, an
    // interrupted command leaves the old container with the old record.
    match old.state {
        RunState::Paused => Step::Unpause { id },
        RunState::Running => Step::Stop { id },
        _ => Step::Recreate { of: id, name },
    }
}

/// Returns the step that removes a replacement left by another run; `None` if this run
/// resumes it.
pub(super) fn decide_stale_replacement(
    observed: &Observed,
    desired: &Desired,
    pair: Replacement<'_>,
) -> Option<Step> {
    let Replacement { old, new: replacement } = pair;
    let is_ours = observed.created.as_ref() == Some(&replacement.id);
    // While the old container is being removed, the labels of the replacement identify
    // its volumes.
    if !desired.replaces(old) || is_ours || old.state == RunState::Removing {
        return None;
    }
    Some(match replacement.state {
        RunState::Removing => {
            Step::Wait { name: replacement.name.clone(), state: replacement.state }
        }
        _ => Step::RemoveReplacement { id: replacement.id.clone() },
    })
}

/// Returns the next step to remove an ephemeral container after its session.
pub(super) fn decide_teardown(observed: &Observed, desired: &Desired, id: &ContainerId) -> Step {
    let is_ours = |it: &&Container| it.id == *id && it.serves(&desired.workspace);
    let Some(container) = observed.containers.iter().find(is_ours) else {
        return Step::Done;
    };
    let id = id.clone();
    match container.state {
        RunState::Restarting | RunState::Removing => {
            Step::Wait { name: container.name.clone(), state: container.state }
        }
        RunState::Paused => Step::Unpause { id },
        RunState::Running => Step::Stop { id },
        RunState::Created | RunState::Exited | RunState::Dead => Step::RemoveEphemeral { id },
    }
}
