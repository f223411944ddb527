//! Reclaiming of a workspace's files, before its container is removed and on request.

use std::path::{Path, PathBuf};

use containai_core::engine::{Container, ContainerId, Engine as _, EngineError, Isolation};
use containai_core::naming::WorkspacePath;
use rustix::process::geteuid;

use super::held::Holder;
use super::owner::{ids_of, owner_of};
use super::reclaim::{Reclaim, reclaim};
use super::record::Loans;
use super::workspace::{blocking, is_gone, take_back};
use super::{Owner, Ownership, OwnershipError, Reclaimed};
use crate::engine::DockerEngine;
use crate::volume::reclaim_beside;

/// The result of reclaiming with this process's permissions.
struct Attempt {
    done: Reclaimed,
    /// The trees with files that could not be changed.
    rest: Vec<PathBuf>,
}

impl DockerEngine {
    /// Reclaims the files of a container that is about to be removed. Files that cannot be changed
    /// are reported to the listener and do not prevent the removal.
    pub(crate) async fn reclaim_before_removal(&self, id: &ContainerId) {
        let Ok(Some(holder)) = self.holder(id).await else { return };
        if self.ownership().is_none() || holder.is_running || holder.is_new {
            return;
        }
        let outcome = self.reclaim_of(&holder, Some(id)).await;
        let done = outcome.unwrap_or(Reclaimed { left: 1, ..Reclaimed::default() });
        self.listener().tell(&holder.workspace, done);
    }

    /// Gives all files in a workspace that belong to ids of its container to the workspace's owner,
    /// whether the container runs, is stopped or does not exist. Files lent to a running container
    /// stay the agent's.
    ///
    /// # Errors
    ///
    /// - The engine's error.
    /// - [`EngineError::Host`]: the files cannot be accessed.
    pub async fn reclaim(&self, workspace: &WorkspacePath) -> Result<Reclaimed, EngineError> {
        let holder = match self.containers().await?.iter().find(|it| it.serves(workspace)) {
            Some(container) => self.holder(&container.id).await?,
            None => None,
        };
        let holder = holder.unwrap_or_else(|| Holder::without_container(workspace.as_path()));
        self.reclaim_of(&holder, None).await
    }

    /// Returns the files lent to containers that were removed without `cai`, and reports it to the
    /// listener. Does nothing unless called as host root.
    ///
    /// # Errors
    ///
    /// - The engine's error.
    /// - [`EngineError::Host`]: a record cannot be read.
    pub async fn reclaim_abandoned(&self) -> Result<(), EngineError> {
        let Some(Ownership { ids, records }) = self.ownership().cloned() else { return Ok(()) };
        if !geteuid().is_root() || !records.is_dir() {
            return Ok(());
        }
        let containers = self.containers().await?;
        let listener = self.listener().clone();
        blocking(move || {
            let loans = Loans::open(&records)?;
            for loan in loans.list()? {
                let serves = |it: &Container| {
                    it.labels.is_managed()
                        && it.labels.workspace().map(Path::new) == Some(&loan.workspace)
                };
                if !containers.iter().any(serves) {
                    listener.tell(&loan.workspace, take_back(&ids, &loans, &loan)?);
                }
            }
            Ok(())
        })
        .await
    }

    /// Reclaims the files of a container; `leaving` is the container that is about to be removed.
    async fn reclaim_of(
        &self,
        holder: &Holder,
        leaving: Option<&ContainerId>,
    ) -> Result<Reclaimed, EngineError> {
        let Some(ownership) = self.ownership().cloned() else {
            let source =
                std::io::Error::other("`cai setup` did not set up this engine on this machine");
            return Err(OwnershipError { path: holder.workspace.clone(), source }.into());
        };
        let containers = self.containers().await?;
        let others = others(&containers, &holder.workspace);
        let same: Vec<_> = containers
            .iter()
            .filter(|it| is_of(it, &holder.workspace) && Some(&it.id) != leaving)
            .collect();
        // Another container uses the workspace, and its programs may own these files.
        if leaving.is_some() && same.iter().any(|it| is_at_work(it)) {
            return Ok(Reclaimed::default());
        }
        let stays_lent = match leaving {
            Some(_) => !same.is_empty(),
            None => holder.is_running,
        };
        let (work, moved) = (holder.clone(), ownership.clone());
        let attempt =
            blocking(move || reclaim_here(&work, &moved, stays_lent.into(), &others)).await?;
        if attempt.rest.is_empty() || geteuid().is_root() {
            return Ok(attempt.done);
        }
        let image = match &holder.image {
            Some(image) => image.clone(),
            None => self.any_image().await?,
        };
        let inside = reclaim_beside(self, &image, Isolation::Userns, &attempt.rest).await?;
        Ok(Reclaimed { left: inside.left, ..attempt.done.and(inside) })
    }

    /// Returns a ContainAI image for a helper container.
    async fn any_image(&self) -> Result<String, EngineError> {
        let options = None::<bollard::query_parameters::ListImagesOptions>;
        let images = self.docker().list_images(options).await;
        let images = images.map_err(|error| self.failure(error))?;
        let mut names = images.iter().flat_map(|image| &image.repo_tags);
        let name = names.find(|name| name.starts_with("containai/base:"));
        name.cloned().ok_or_else(|| EngineError::NoSuchImage { image: "containai/base".into() })
    }
}

/// Whether lent files stay lent.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Lending {
    Stays,
    Ends,
}

impl From<bool> for Lending {
    fn from(stays: bool) -> Self {
        if stays { Self::Stays } else { Self::Ends }
    }
}

/// Reclaims as far as this process's permissions allow.
fn reclaim_here(
    holder: &Holder,
    ownership: &Ownership,
    lending: Lending,
    others: &[PathBuf],
) -> Result<Attempt, OwnershipError> {
    let ids = &ownership.ids;
    let mut attempt = Attempt { done: Reclaimed::default(), rest: Vec::new() };
    let loan = holder.loan();
    for tree in &holder.writable {
        let owner = match owner_of(tree, ids) {
            Ok(owner) => owner,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => continue,
            Err(source) => return Err(OwnershipError { path: tree.clone(), source }),
        };
        let is_roots = owner == Owner::ROOT && geteuid().is_root();
        let how = match (is_roots, loan.trees.contains(tree), lending) {
            (false, ..) => Reclaim::ToOwner(ids, owner),
            (true, true, Lending::Stays) => Reclaim::ToAgent(ids),
            (true, false, Lending::Ends) => Reclaim::Return(ids),
            // A tree that is not lent belongs to root, and the container's programs may still use
            // it.
            (true, false, Lending::Stays) => continue,
            (true, true, Lending::Ends) => {
                if *tree == holder.workspace {
                    let loans = Loans::open(&ownership.records)?;
                    let noted = loans.find(tree).unwrap_or_else(|| loan.clone());
                    attempt.done = attempt.done.and(take_back(ids, &loans, &noted)?);
                }
                continue;
            }
        };
        let left_out =
            ids_of(others.iter().map(PathBuf::as_path).filter(|it| it.starts_with(tree)));
        let done = match reclaim(tree, how, &left_out) {
            Err(error) if is_gone(&error) => continue,
            outcome => outcome?.0,
        };
        if done.left > 0 {
            attempt.rest.push(tree.clone());
        }
        attempt.done = attempt.done.and(done);
    }
    Ok(attempt)
}

fn is_of(container: &Container, workspace: &Path) -> bool {
    container.labels.is_managed() && container.labels.workspace().map(Path::new) == Some(workspace)
}

fn is_at_work(container: &Container) -> bool {
    use containai_core::engine::RunState::{Paused, Restarting, Running};
    matches!(container.state, Running | Paused | Restarting)
}

/// Returns the workspaces of other ContainAI containers.
fn others(containers: &[Container], workspace: &Path) -> Vec<PathBuf> {
    let ours = containers.iter().filter(|it| it.labels.is_managed());
    let paths = ours.filter_map(|it| it.labels.workspace()).map(PathBuf::from);
    paths.filter(|path| path != workspace && !path.as_os_str().is_empty()).collect()
}
