//! Snapshots of containers: create, restore, fork, remove.

pub mod checkout;
mod checkout_kind;
mod create;
mod fork;
mod fork_workspace;
mod leftovers;
pub mod recreate;
mod remove;
mod restore;
mod restore_existing;
mod steps;

pub use create::{create, preview_create};
pub use fork::{ForkOptions, ForkRequest};
pub use fork_workspace::ForkWorkspace;
pub use leftovers::{describe, prune_leftovers, remove_on_failure};
pub use remove::{confirm_remove, find, preview_remove, remove};
pub use restore::RestoreRequest;
pub use restore_existing::RestoreAction;
