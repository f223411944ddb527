//! What `cai` writes for OpenSSH.

mod cleanup;
mod command;
mod config;

pub(crate) use command::{SshArgs, run};
