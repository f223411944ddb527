//! Snapshots of containers: restoring and forking.

pub mod checkout;
mod checkout_kind;
mod fork_workspace;
mod leftovers;
pub mod recreate;
mod restore_existing;

pub use fork_workspace::ForkWorkspace;
pub use leftovers::{describe, prune_leftovers, remove_on_failure};
pub use restore_existing::RestoreAction;
