//! Owners of a workspace's files on disk.
//!
//! A workspace of an ordinary user is mounted with its owner mapped to the agent, in both
//! directions. Host root is in no map, so files of host root cannot be written in the container. In
//! a workspace that belongs to host root, files are therefore *lent*: chown(2) changes them from
//! root to the agent's id on disk, and back before the container is removed.
//!
//! Files that other container ids leave in a workspace are *reclaimed*: they are changed to the
//! workspace's owner, without set-id bits and file capabilities.

mod acl;
mod error;
mod ids;
mod lend;
mod lend_trees;
mod listener;
mod loan_store;
mod node;
mod owner;
mod reclaim;
#[cfg(test)]
mod tests;
mod walk;

pub use error::OwnershipError;
pub(crate) use ids::agent_id;
pub use ids::{FileOwner, Ownership, SubordinateIds};
pub(crate) use lend_trees::{LendScope, is_not_found, lend_trees, return_loan};
pub use listener::ReclaimListener;
pub(crate) use listener::ReclaimNotifier;
pub(crate) use loan_store::{Loan, LoanStore};
pub(crate) use owner::{file_ids, owner_of};
pub(crate) use reclaim::{ReclaimMode, reclaim};
pub use reclaim::{Reclaimed, reclaim_in_container};
