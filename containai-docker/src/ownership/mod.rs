//! Whose files the workspace's files are on disk.
//!
//! A workspace of an ordinary user is mounted with its owner mapped to the agent, both ways, and
//! host root is in no map. So what host root owns cannot be written from inside. In a workspace
//! that belongs to host root the files are therefore *lent*: chown(2) gives what belongs to root to
//! the agent's id on disk, and gives it back before the container is removed.
//!
//! Files that other ids of the container leave in any workspace are *reclaimed*: they become those
//! of the workspace's owner, without set-id bits and file capabilities.

mod acl;
mod error;
mod held;
mod ids;
mod lend;
mod listener;
mod node;
mod owner;
mod reclaim;
mod record;
mod removal;
#[cfg(test)]
mod tests;
mod walk;
mod workspace;

pub use error::OwnershipError;
pub use ids::{DiskIds, Owner, Ownership};
pub(crate) use listener::Listener;
pub use listener::ReclaimListener;
pub use reclaim::{Reclaimed, reclaim_inside};
