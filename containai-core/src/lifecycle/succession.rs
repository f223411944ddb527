//! A container that needs another port gets a successor, on paper.
//!
//! The engine cannot change the port of a container that exists. So the file
//! system of the stopped container is kept as an image, a successor is made
//! from it under a name for the meantime, the old container is removed, and
//! the successor takes its name. Until the old container is on its way out,
//! it is the one that counts: a successor beside it never ran and is out of
//! sight. It goes on only while the old container has not been started again
//! since its file system was kept; else the successor is given up and nothing
//! is lost.

use std::collections::BTreeMap;

use crate::engine::{Container, ContainerId, RunState, Succession};
use crate::lifecycle::{Observed, Refusal, Step};
use crate::naming::{ContainerName, WorkspacePath};

/// The file system of a container, kept as an image by this drive.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Kept {
    /// The container.
    pub of: ContainerId,
    /// The image.
    pub image: String,
    /// When the container was last started, in the engine's words, asked
    /// before its file system was kept.
    pub last_start: String,
}

/// A container and the one that is to replace it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pair<'a> {
    /// The container that counts.
    pub old: &'a Container,
    /// Never started.
    pub successor: &'a Container,
}

impl Observed {
    /// The container for `workspace` that is being replaced, if there is one.
    pub fn pair(&self, workspace: &WorkspacePath) -> Option<Pair<'_>> {
        let serving = |container: &&Container| container.serves(workspace);
        self.containers.iter().filter(serving).find_map(|successor| {
            let old = self.predecessor(successor)?;
            Some(Pair { old, successor })
        })
    }

    /// The successor of a container, as long as both are there.
    pub fn successor_of(&self, old: &Container) -> Option<&Container> {
        self.containers.iter().find(|it| self.predecessor(it).is_some_and(|found| found == old))
    }

    /// The container that `successor` is to replace and that is still there.
    /// Labels are only believed between containers of one workspace, and never
    /// against a container that has run.
    pub(super) fn predecessor(&self, successor: &Container) -> Option<&Container> {
        let has_not_run =
            matches!(successor.state, RunState::Created | RunState::Removing | RunState::Dead);
        let id = successor.labels.replaces().filter(|_| has_not_run)?;
        self.containers.iter().find(|old| {
            old.id.as_ref() == id
                && old.id != successor.id
                && old.labels.is_managed()
                && successor.labels.is_managed()
                && old.labels.workspace() == successor.labels.workspace()
        })
    }
}

/// Goes on where a replacement stopped, however it stopped.
pub(super) fn decide_pair(observed: &Observed, pair: Pair<'_>) -> Step {
    let Pair { old, successor } = pair;
    let wait = |it: &Container| Step::Wait { name: it.name.clone(), state: it.state };
    let kept_at = successor.labels.replaces_start();
    match (old.state, successor.state) {
        (RunState::Removing, _) => wait(old),
        // The engine has begun to take the old file system apart.
        (RunState::Dead, _) => Step::Retire { id: old.id.clone() },
        (_, RunState::Removing) => wait(successor),
        (RunState::Exited | RunState::Created, RunState::Created) => {
            match observed.last_start.as_deref() {
                None => wait(old),
                start if start == kept_at => Step::Retire { id: old.id.clone() },
                Some(_) => Step::GiveUp { id: successor.id.clone() },
            }
        }
        _ => Step::GiveUp { id: successor.id.clone() },
    }
}

/// The step towards a successor of `old`, whose port another program has.
pub(super) fn decide_successor(observed: &Observed, old: &Container) -> Step {
    match (interim_name(observed, old), &observed.kept) {
        (Err(refusal), _) => Step::Refuse(refusal),
        (Ok(name), Some(kept)) if kept.of == old.id => Step::Succeed { of: old.id.clone(), name },
        (Ok(_), _) => Step::Keep { id: old.id.clone() },
    }
}

/// The name for the meantime of what comes in the place of `old`. Nobody but
/// the successor of `old` has a reason to have it.
pub(super) fn interim_name(observed: &Observed, old: &Container) -> Result<ContainerName, Refusal> {
    let not_ours = |name: &str| Refusal::NotOurs { name: name.to_owned() };
    let name = ContainerName::parse(&old.name).map_err(|_| not_ours(&old.name))?;
    let name = promised_name(old).unwrap_or(name).interim();
    let holder = observed.containers.iter().find(|it| it.name == name.as_ref() && it.id != old.id);
    match holder.map(|it| (it.labels.is_managed(), it.labels.workspace())) {
        None => Ok(name),
        Some((true, Some(workspace))) => {
            Err(Refusal::OtherWorkspace { name: name.to_string(), workspace: workspace.to_owned() })
        }
        Some(_) => Err(not_ours(name.as_ref())),
    }
}

/// The name that a container was promised and does not have yet.
pub(super) fn promised_name(container: &Container) -> Option<ContainerName> {
    let name = container.labels.takes_name().filter(|_| container.labels.is_managed())?;
    (container.name == name.interim().as_ref()).then_some(name)
}

/// What the successor of `old` is made of.
pub(super) fn succession(old: &Container, kept: &Kept, name: &ContainerName) -> Succession {
    let takes = promised_name(old).map_or_else(|| old.name.clone(), String::from);
    Succession {
        of: old.id.clone(),
        name: name.clone(),
        image: kept.image.clone(),
        labels: old.labels.succeeded(old.id.as_ref(), &kept.last_start, &takes, &old.image),
        volumes: BTreeMap::new(),
    }
}
