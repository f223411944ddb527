//! Lending and return of the trees of a loan.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::process::geteuid;

use super::error::OwnershipError;
use super::ids::{FileOwner, Ownership, SubordinateIds};
use super::lend::{ChangedSince, give_to_agent, is_lent};
use super::loan_store::{Loan, LoanStore};
use super::owner::{file_ids, owner_of};
use super::reclaim::{ReclaimMode, Reclaimed, reclaim};

/// The files that are examined.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum LendScope {
    /// Every file.
    All,
    /// Directories, and the files in those that have changed since the last time.
    Changed,
}

/// Lends the files in these trees that belong to root.
pub(crate) fn lend_trees(
    ownership: &Ownership,
    loan: &Loan,
    scope: LendScope,
) -> Result<(), OwnershipError> {
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
    let since = match scope {
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
pub(crate) fn return_loan(
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
        let skipped = file_ids(other_trees().filter(|other| other.starts_with(tree)));
        match reclaim(tree, ReclaimMode::ToRoot(ids), &skipped) {
            Err(error) if is_not_found(&error) => {}
            outcome => done = done.merge(outcome?.0),
        }
    }
    if done.failed == 0 {
        loans.remove(&loan.workspace)?;
    }
    Ok(done)
}

pub(crate) fn is_not_found(error: &OwnershipError) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.source.kind(), NotFound | NotADirectory)
}
