//! Setting up this machine.

mod command;

pub(crate) use command::{SetupArgs, run};
