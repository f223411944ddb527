//! `cai trust`: approval of files in workspaces.

mod approve;
mod command;
mod list;

pub(crate) use command::{TrustArgs, run};
