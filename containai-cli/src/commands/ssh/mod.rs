//! What `cai` writes for OpenSSH.

mod cleanup;
mod command;
mod config;
mod proxy;

pub(crate) use command::{SshArgs, run};
