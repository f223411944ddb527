//! What is forwarded in the background.

mod add;
mod command;
mod list;
mod remove;

pub(crate) use command::{PortsArgs, run};
