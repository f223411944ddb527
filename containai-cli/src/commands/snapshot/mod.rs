//! States of containers, kept and come back to.

mod checkout;
mod command;
mod consent;
mod create;
mod fork;
mod ground;
mod leftover;
mod list;
mod remove;
mod restore;

pub(crate) use command::{SnapshotArgs, run};
pub(crate) use leftover::told;
