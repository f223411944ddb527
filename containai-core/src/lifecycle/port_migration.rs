//! Migration of a container to another port.
//!
//! The engine cannot change the port of an existing container. So the file system of the
//! stopped container is committed to an image, a replacement is created from it under an
//! interim name, the old container is removed, and the replacement gets its name. Until
//! the engine removes the old container, that container serves the workspace and the
//! replacement, which never ran, is ignored. The migration resumes only if the old
//! container has not been started since the commit; otherwise the replacement is removed
//! and no change is lost.

use std::collections::BTreeMap;

use crate::engine::{Container, ReplacementSpec, RunState};
use crate::lifecycle::{CommittedImage, Observed, Refusal, Step};
use crate::naming::{ContainerName, WorkspacePath};

/// A container and its replacement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Replacement<'a> {
    /// The container in use.
    pub old: &'a Container,
    /// The replacement; it never ran.
    pub new: &'a Container,
}

impl Observed {
    /// Returns the pending replacement of the container for `workspace`, if any.
    pub fn pending_replacement(&self, workspace: &WorkspacePath) -> Option<Replacement<'_>> {
        let serving = |container: &&Container| container.serves(workspace);
        self.containers.iter().filter(serving).find_map(|replacement| {
            let old = self.replaced_by(replacement)?;
            Some(Replacement { old, new: replacement })
        })
    }

    /// Returns the replacement of a container while both exist.
    pub fn replacement_of(&self, old: &Container) -> Option<&Container> {
        self.containers.iter().find(|it| self.replaced_by(it).is_some_and(|found| found == old))
    }

    /// Returns the existing container that `new` replaces. Labels are trusted only
    /// between containers of one workspace, and never against a container that has run.
    pub(super) fn replaced_by(&self, new: &Container) -> Option<&Container> {
        let has_not_run =
            matches!(new.state, RunState::Created | RunState::Removing | RunState::Dead);
        let id = new.labels.replaces().filter(|_| has_not_run)?;
        self.containers.iter().find(|old| {
            old.id.as_ref() == id
                && old.id != new.id
                && old.labels.is_managed()
                && new.labels.is_managed()
                && old.labels.workspace() == new.labels.workspace()
        })
    }
}

/// Resumes an interrupted replacement.
pub(super) fn resume_replacement(observed: &Observed, pair: Replacement<'_>) -> Step {
    let Replacement { old, new: replacement } = pair;
    let wait = |it: &Container| Step::Wait { name: it.name.clone(), state: it.state };
    let kept_at = replacement.labels.replaces_start();
    match (old.state, replacement.state) {
        (RunState::Removing, _) => wait(old),
        // The engine has begun to remove the old file system.
        (RunState::Dead, _) => Step::RemoveReplaced { id: old.id.clone() },
        (_, RunState::Removing) => wait(replacement),
        (RunState::Exited | RunState::Created, RunState::Created) => {
            match observed.last_start.as_deref() {
                None => wait(old),
                start if start == kept_at => Step::RemoveReplaced { id: old.id.clone() },
                Some(_) => Step::RemoveReplacement { id: replacement.id.clone() },
            }
        }
        _ => Step::RemoveReplacement { id: replacement.id.clone() },
    }
}

/// Returns the next step to migrate `old` to another port.
pub(super) fn decide_port_migration(observed: &Observed, old: &Container) -> Step {
    match (interim_name(observed, old), &observed.committed) {
        (Err(refusal), _) => Step::Refuse(refusal),
        (Ok(name), Some(kept)) if kept.of == old.id => {
            Step::CreateReplacement { of: old.id.clone(), name }
        }
        (Ok(_), _) => Step::Commit { id: old.id.clone() },
    }
}

/// Returns the interim name of the replacement of `old`. Only that replacement is
/// expected to have this name.
pub(super) fn interim_name(observed: &Observed, old: &Container) -> Result<ContainerName, Refusal> {
    let not_ours = |name: &str| Refusal::NotManaged { name: name.to_owned() };
    let name = ContainerName::parse(&old.name).map_err(|_| not_ours(&old.name))?;
    let name = final_name(old).unwrap_or(name).interim();
    let holder = observed.containers.iter().find(|it| it.name == name.as_ref() && it.id != old.id);
    match holder.map(|it| (it.labels.is_managed(), it.labels.workspace())) {
        None => Ok(name),
        Some((true, Some(workspace))) => {
            Err(Refusal::OtherWorkspace { name: name.to_string(), workspace: workspace.to_owned() })
        }
        Some(_) => Err(not_ours(name.as_ref())),
    }
}

/// Returns the final name that the container does not have yet.
pub(super) fn final_name(container: &Container) -> Option<ContainerName> {
    let name = container.labels.final_name().filter(|_| container.labels.is_managed())?;
    (container.name == name.interim().as_ref()).then_some(name)
}

/// Builds the specification of the replacement of `old`.
pub(super) fn migration_spec(
    old: &Container,
    kept: &CommittedImage,
    name: &ContainerName,
) -> ReplacementSpec {
    let takes = final_name(old).map_or_else(|| old.name.clone(), String::from);
    ReplacementSpec {
        of: old.id.clone(),
        name: name.clone(),
        image: kept.image.clone(),
        labels: old.labels.for_replacement(old.id.as_ref(), &kept.last_start, &takes, &old.image),
        volumes: BTreeMap::new(),
    }
}
