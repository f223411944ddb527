//! `cai setup`: this machine's engine, network, runtime, key and SSH configuration.

mod command;

pub(crate) use command::{SetupArgs, run};
