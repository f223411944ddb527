//! Lending of a workspace's files.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use containai_core::engine::{ContainerId, EngineError};
use containai_core::naming::WorkspacePath;
use rustix::process::geteuid;

use super::lend::{ChangedSince, give_to_agent, is_lent};
use super::loan_store::{Loan, LoanStore};
use super::owner::{file_ids, owner_of};
use super::reclaim::{ReclaimMode, reclaim};
use super::workspace_container::WorkspaceContainer;
use super::{FileOwner, Ownership, OwnershipError, Reclaimed, SubordinateIds};
use crate::engine::DockerEngine;

impl DockerEngine {
    /// Lends a workspace of host root to its container, including files that root has created
    /// since. Does nothing to a workspace of another user.
    ///
    /// # Errors
    ///
    /// - The engine's error.
    /// - [`EngineError::HostFile`]: owners cannot be changed.
    pub async fn lend_workspace(&self, id: &ContainerId) -> Result<(), EngineError> {
        let Some(ownership) = self.ownership().cloned() else { return Ok(()) };
        let Some(holder) = self.workspace_container(id).await? else { return Ok(()) };
        run_blocking(move || lend_trees(&ownership, &holder.loan(), LendScope::All)).await
    }

    /// As [`Self::lend_workspace`], for a running container whose workspace was lent when it was
    /// started: only new files are lent.
    ///
    /// # Errors
    ///
    /// Those of [`Self::lend_workspace`].
    pub async fn lend_new_files(&self, workspace: &WorkspacePath) -> Result<(), EngineError> {
        let Some(ownership) = self.ownership().cloned() else { return Ok(()) };
        let workspace = workspace.as_path().to_owned();
        run_blocking(move || {
            if !geteuid().is_root() || !ownership.records.is_dir() {
                return Ok(());
            }
            let loan = LoanStore::open(&ownership.records)?.find(&workspace);
            loan.map_or(Ok(()), |loan| lend_trees(&ownership, &loan, LendScope::Changed))
        })
        .await
    }

    /// Returns a ContainAI container with a workspace on this machine.
    pub(super) async fn workspace_container(
        &self,
        id: &ContainerId,
    ) -> Result<Option<WorkspaceContainer>, EngineError> {
        let inspected = self.docker().inspect_container(id.as_ref(), None).await;
        let inspected = inspected.map_err(|error| self.map_error(error))?;
        Ok(WorkspaceContainer::read(&inspected))
    }
}

/// The files that are examined.
#[derive(Clone, Copy, Eq, PartialEq)]
enum LendScope {
    /// Every file.
    All,
    /// Directories, and the files in those that have changed since the last time.
    Changed,
}

/// Lends the files in these trees that belong to root.
fn lend_trees(ownership: &Ownership, loan: &Loan, extent: LendScope) -> Result<(), OwnershipError> {
    let ids = &ownership.ids;
    let owner = |tree: &Path| owner_of(tree, ids).map_err(OwnershipError::at(tree));
    if owner(&loan.workspace)? != FileOwner::ROOT {
        return Ok(());
    }
    if !geteuid().is_root() {
        // Other users may start a container of root.
        if is_lent(&loan.workspace, ids).map_err(OwnershipError::at(&loan.workspace))? {
            return Ok(());
        }
        let source = std::io::Error::other("the directory belongs to root; run `cai` as root");
        return Err(OwnershipError { path: loan.workspace.clone(), source });
    }
    let loans = LoanStore::open(&ownership.records)?;
    let began = SystemTime::now();
    let trees = loans.record(loan)?.trees;
    let since = match extent {
        LendScope::All => ChangedSince::Unknown,
        LendScope::Changed => loans.lent_at(&loan.workspace),
    };
    for tree in trees {
        let lent = match give_to_agent(&tree, ids, since) {
            // Directories of a repository may be missing.
            Err(error) if tree != loan.workspace && is_not_found(&error) => continue,
            lent => lent?,
        };
        if let (true, Some(source)) = (lent.has_top_failed, lent.errors.first) {
            return Err(OwnershipError { path: tree, source });
        }
    }
    loans.set_lent_at(&loan.workspace, began)
}

/// Returns the files of a workspace to root, and removes the record.
pub(super) fn return_loan(
    ids: &SubordinateIds,
    loans: &LoanStore,
    loan: &Loan,
) -> Result<Reclaimed, OwnershipError> {
    let mut others = loans.list()?;
    others.retain(|other| other.workspace != loan.workspace);
    let other_trees = || others.iter().flat_map(|other| &other.trees).map(PathBuf::as_path);
    let mut done = Reclaimed::default();
    for tree in &loan.trees {
        // A tree that is also lent to another container stays lent until that container is removed.
        if other_trees().any(|other| tree.starts_with(other)) {
            continue;
        }
        let left_out = file_ids(other_trees().filter(|other| other.starts_with(tree)));
        match reclaim(tree, ReclaimMode::ToRoot(ids), &left_out) {
            Err(error) if is_not_found(&error) => {}
            outcome => done = done.merge(outcome?.0),
        }
    }
    if done.failed == 0 {
        loans.remove(&loan.workspace)?;
    }
    Ok(done)
}

pub(super) fn is_not_found(error: &OwnershipError) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.source.kind(), NotFound | NotADirectory)
}

/// Runs the work on a separate thread, because walking a large tree takes long.
pub(super) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OwnershipError> + Send + 'static,
) -> Result<T, EngineError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => Ok(outcome?),
        Err(error) => Err(OwnershipError { path: PathBuf::new(), source: error.into() }.into()),
    }
}
