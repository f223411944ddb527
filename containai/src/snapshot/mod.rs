//! Snapshots of containers: create, restore, fork.

pub mod checkout;
mod ground;
mod leftover;
mod making;
mod restoring;
pub mod revival;

pub use ground::Ground;
pub use leftover::{mend, or_abandon, told};
pub use restoring::Restoring;
