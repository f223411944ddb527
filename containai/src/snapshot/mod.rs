//! Snapshots of containers: create, restore, fork.

pub mod checkout;
mod fork_workspace;
mod leftovers;
mod checkout_kind;
mod restore_existing;
pub mod recreate;

pub use fork_workspace::ForkWorkspace;
pub use leftovers::{remove_leftovers, remove_on_failure, describe};
pub use restore_existing::RestoreAction;
