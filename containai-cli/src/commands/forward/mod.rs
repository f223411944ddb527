//! `cai forward`: ports and sockets between this machine and a container.

mod command;
mod list;
mod remove;

pub(crate) use command::{ForwardArgs, run};
