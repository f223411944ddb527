//! `cai workspace`: the records and the files of workspaces.

mod command;
mod r#move;
mod reclaim;
mod reclaim_inside;

pub(crate) use command::WorkspaceArgs;
pub(super) use command::run;
