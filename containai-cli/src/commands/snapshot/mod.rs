//! `cai snapshot`: saved states of containers.

mod command;
mod create;
mod fork;
mod list;
mod remove;
mod restore;

pub(crate) use command::{SnapshotArgs, run};
