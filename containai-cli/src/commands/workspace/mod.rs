//! `cai workspace`: the files of workspaces.

mod command;
mod reclaim;
mod reclaim_inside;

pub(crate) use command::WorkspaceArgs;
pub(super) use command::run;
