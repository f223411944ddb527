//! Setting up this machine.

mod ask;
mod command;
mod personal;
mod system;

pub(crate) use ask::prepare;
pub(crate) use command::{SetupArgs, run};
pub(crate) use personal::ensure;
pub(crate) use system::plan_text;
