//! `cai workspace`: the records and the files of workspaces.

mod command;
mod r#move;
mod pull;
mod reclaim;
mod reclaim_inside;

pub(crate) use command::WorkspaceArgs;
pub(crate) use command::run;
