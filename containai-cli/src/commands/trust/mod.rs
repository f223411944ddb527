//! What workspaces suggest, approved by a person.

mod approve;
mod command;
mod list;
mod review;
mod show;

pub(crate) use command::{TrustArgs, run};
