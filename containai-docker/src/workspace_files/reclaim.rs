//! Reclaiming of a workspace's files, before its container is removed and on request.

use std::path::{Path, PathBuf};

use containai_core::engine::{Container, ContainerId, Engine as _, EngineError, Isolation};
use containai_core::naming::WorkspacePath;
use rustix::process::geteuid;

use super::blocking::run_blocking;
use super::reclaim_in_helper::reclaim_in_helper;
use super::workspace_container::WorkspaceContainer;
use crate::engine::DockerEngine;
use crate::ownership::{
    FileOwner, LoanStore, Ownership, OwnershipError, ReclaimMode, Reclaimed, file_ids,
    is_not_found, owner_of, reclaim, return_loan,
};

/// The result of reclaiming with this process's permissions.
struct ReclaimAttempt {
    done: Reclaimed,
    /// The trees with files that could not be changed.
    remaining: Vec<PathBuf>,
}

impl DockerEngine {
    /// Reclaims the files of a container that is about to be removed. Files that cannot be changed
    /// are reported to the listener and do not prevent the removal.
    pub(crate) async fn reclaim_before_removal(&self, id: &ContainerId) {
        let Ok(Some(target)) = self.workspace_container(id).await else { return };
        if self.ownership().is_none() || target.is_running || target.is_new {
            return;
        }
        let outcome = self.reclaim_trees(&target, Some(id)).await;
        let done = outcome.unwrap_or(Reclaimed { failed: 1, ..Reclaimed::default() });
        self.reclaim_notifier().notify(&target.workspace, done);
    }

    /// Gives all files in a workspace that belong to ids of its container to the workspace's owner,
    /// whether the container runs, is stopped or does not exist. Files lent to a running container
    /// stay the agent's.
    ///
    /// # Errors
    ///
    /// - The engine's error.
    /// - [`EngineError::HostFile`]: the files cannot be accessed.
    pub async fn reclaim(&self, workspace: &WorkspacePath) -> Result<Reclaimed, EngineError> {
        let target = match self.containers().await?.iter().find(|it| it.serves(workspace)) {
            Some(container) => self.workspace_container(&container.id).await?,
            None => None,
        };
        let target =
            target.unwrap_or_else(|| WorkspaceContainer::without_container(workspace.as_path()));
        self.reclaim_trees(&target, None).await
    }

    /// Returns the files lent to containers that were removed without `cai`, and reports it to the
    /// listener. Does nothing unless called as host root.
    ///
    /// # Errors
    ///
    /// - The engine's error.
    /// - [`EngineError::HostFile`]: a record cannot be read.
    pub async fn reclaim_abandoned(&self) -> Result<(), EngineError> {
        let Some(Ownership { ids, records }) = self.ownership().cloned() else { return Ok(()) };
        if !geteuid().is_root() || !records.is_dir() {
            return Ok(());
        }
        let containers = self.containers().await?;
        let listener = self.reclaim_notifier().clone();
        run_blocking(move || {
            let loans = LoanStore::open(&records)?;
            for loan in loans.list()? {
                let serves = |it: &Container| {
                    it.labels.is_managed()
                        && it.labels.workspace().map(Path::new) == Some(&loan.workspace)
                };
                if !containers.iter().any(serves) {
                    listener.notify(&loan.workspace, return_loan(&ids, &loans, &loan)?);
                }
            }
            Ok(())
        })
        .await
    }

    /// Reclaims the files of a container; `leaving` is the container that is about to be removed.
    async fn reclaim_trees(
        &self,
        target: &WorkspaceContainer,
        removed: Option<&ContainerId>,
    ) -> Result<Reclaimed, EngineError> {
        let Some(ownership) = self.ownership().cloned() else {
            let source =
                std::io::Error::other("`cai setup` did not set up this engine on this machine");
            return Err(OwnershipError { path: target.workspace.clone(), source }.into());
        };
        let containers = self.containers().await?;
        let others = other_workspaces(&containers, &target.workspace);
        let same: Vec<_> = containers
            .iter()
            .filter(|it| has_workspace(it, &target.workspace) && Some(&it.id) != removed)
            .collect();
        // Another container uses the workspace, and its programs may own these files.
        if removed.is_some() && same.iter().any(|it| is_active(it)) {
            return Ok(Reclaimed::default());
        }
        let stays_lent = match removed {
            Some(_) => !same.is_empty(),
            None => target.is_running,
        };
        let (work, moved) = (target.clone(), ownership.clone());
        let attempt =
            run_blocking(move || reclaim_locally(&work, &moved, stays_lent.into(), &others))
                .await?;
        if attempt.remaining.is_empty() || geteuid().is_root() {
            return Ok(attempt.done);
        }
        let image = match &target.image {
            Some(image) => image.clone(),
            None => self.find_base_image().await?,
        };
        let in_helper =
            reclaim_in_helper(self, &image, Isolation::Userns, &attempt.remaining).await?;
        Ok(Reclaimed { failed: in_helper.failed, ..attempt.done.merge(in_helper) })
    }

    /// Returns a ContainAI image for a helper container.
    async fn find_base_image(&self) -> Result<String, EngineError> {
        let options = None::<bollard::query_parameters::ListImagesOptions>;
        let images = self.docker().list_images(options).await;
        let images = images.map_err(|error| self.map_error(error))?;
        let mut names = images.iter().flat_map(|image| &image.repo_tags);
        let name = names.find(|name| name.starts_with("containai/base:"));
        name.cloned().ok_or_else(|| EngineError::NoSuchImage { image: "containai/base".into() })
    }
}

/// Whether lent files stay lent.
#[derive(Clone, Copy, Eq, PartialEq)]
enum LoanOutcome {
    Kept,
    Ended,
}

impl From<bool> for LoanOutcome {
    fn from(stays: bool) -> Self {
        if stays { Self::Kept } else { Self::Ended }
    }
}

/// Reclaims as far as this process's permissions allow.
fn reclaim_locally(
    target: &WorkspaceContainer,
    ownership: &Ownership,
    lending: LoanOutcome,
    others: &[PathBuf],
) -> Result<ReclaimAttempt, OwnershipError> {
    let ids = &ownership.ids;
    let mut attempt = ReclaimAttempt { done: Reclaimed::default(), remaining: Vec::new() };
    let loan = target.loan();
    for tree in &target.writable {
        let owner = match owner_of(tree, ids) {
            Ok(owner) => owner,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => continue,
            Err(source) => return Err(OwnershipError { path: tree.clone(), source }),
        };
        let is_roots = owner == FileOwner::ROOT && geteuid().is_root();
        let mode = match (is_roots, loan.trees.contains(tree), lending) {
            (false, ..) => ReclaimMode::ToOwner(ids, owner),
            (true, true, LoanOutcome::Kept) => ReclaimMode::ToAgent(ids),
            (true, false, LoanOutcome::Ended) => ReclaimMode::ToRoot(ids),
            // A tree that is not lent belongs to root, and the container's programs may still use
            // it.
            (true, false, LoanOutcome::Kept) => continue,
            (true, true, LoanOutcome::Ended) => {
                if *tree == target.workspace {
                    let loans = LoanStore::open(&ownership.records)?;
                    let noted = loans.find(tree).unwrap_or_else(|| loan.clone());
                    attempt.done = attempt.done.merge(return_loan(ids, &loans, &noted)?);
                }
                continue;
            }
        };
        let skipped =
            file_ids(others.iter().map(PathBuf::as_path).filter(|it| it.starts_with(tree)));
        let done = match reclaim(tree, mode, &skipped) {
            Err(error) if is_not_found(&error) => continue,
            outcome => outcome?.0,
        };
        if done.failed > 0 {
            attempt.remaining.push(tree.clone());
        }
        attempt.done = attempt.done.merge(done);
    }
    Ok(attempt)
}

fn has_workspace(container: &Container, workspace: &Path) -> bool {
    container.labels.is_managed() && container.labels.workspace().map(Path::new) == Some(workspace)
}

fn is_active(container: &Container) -> bool {
    use containai_core::engine::RunState::{Paused, Restarting, Running};
    matches!(container.state, Running | Paused | Restarting)
}

/// Returns the workspaces of other ContainAI containers.
fn other_workspaces(containers: &[Container], workspace: &Path) -> Vec<PathBuf> {
    let ours = containers.iter().filter(|it| it.labels.is_managed());
    let paths = ours.filter_map(|it| it.labels.workspace()).map(PathBuf::from);
    paths.filter(|path| path != workspace && !path.as_os_str().is_empty()).collect()
}
