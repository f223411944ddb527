//! A container that is to go, and one whose session is over, on paper.
//!
//! The one that comes in its place is made before the old one is removed, under
//! a name for the meantime and with labels that say whom it replaces. So there
//! is no moment at which nothing tells which volumes the workspace has, and
//! whatever ends the drive, the next one goes on ([`super::succession`]).

use super::succession::interim_name;
use crate::engine::{Container, ContainerId, RunState};
use crate::lifecycle::{Desired, Observed, Pair, Step};

impl Desired {
    /// Whether the container is to go.
    pub(super) fn dismisses(&self, container: &Container) -> bool {
        self.manner.outgoing.as_ref() == Some(&container.id)
    }
}

/// What is to be done before a workspace's first container is made: the choice of a
/// volume has to outlast the container.
pub(super) fn decide_record(observed: &Observed, desired: &Desired) -> Option<Step> {
    let is_due = desired.chooses_volume() && !observed.volume_recorded;
    desired.data_volume.clone().filter(|_| is_due).map(|volume| Step::Record { volume })
}

/// The next step towards a container in the place of `old`.
pub(super) fn decide_outgoing(observed: &Observed, old: &Container) -> Step {
    let id = old.id.clone();
    let name = match interim_name(observed, old) {
        Ok(name) => name,
        Err(refusal) => return Step::Refuse(refusal),
    };
    if matches!(old.state, RunState::Restarting | RunState::Removing) {
        return Step::Wait { name: old.name.clone(), state: old.state };
    }
    // Nothing is taken away while it is not certain that there will be something
    // in its place.
    if observed.image.is_none() {
        return Step::ProvideImage;
    }
    // A volume that was chosen is recorded once the old container is gone: until
    // then an interrupted command leaves the old container with the old record.
    match old.state {
        RunState::Paused => Step::Unpause { id },
        RunState::Running => Step::Stop { id },
        _ => Step::Replace { of: id, name },
    }
}

/// The step by which a replacement that is not of this drive makes room;
/// `None` where it is to go on.
pub(super) fn decide_stray(observed: &Observed, desired: &Desired, pair: Pair<'_>) -> Option<Step> {
    let Pair { old, successor } = pair;
    let is_ours = observed.made.as_ref() == Some(&successor.id);
    // What is said of the volumes goes with an old container that is going.
    if !desired.dismisses(old) || is_ours || old.state == RunState::Removing {
        return None;
    }
    Some(match successor.state {
        RunState::Removing => Step::Wait { name: successor.name.clone(), state: successor.state },
        _ => Step::GiveUp { id: successor.id.clone() },
    })
}

/// The next step after the session, for a container that goes with it.
pub(super) fn decide_departure(observed: &Observed, desired: &Desired, id: &ContainerId) -> Step {
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
        RunState::Created | RunState::Exited | RunState::Dead => Step::Discard { id },
    }
}
