//! `cai ssh`: OpenSSH configuration of containers.

mod cleanup;
mod command;
mod config;
mod proxy;

pub(crate) use command::{SshArgs, run};
