//! `cai acp`: agents in containers for editors.

mod command;
mod proxy;
mod setup;

pub(crate) use command::{AcpArgs, run};
