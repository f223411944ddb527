//! `cai forward`: ports and sockets between this machine and a container.

mod command;
mod list;
mod remove;
mod serve;

pub(crate) use command::{ForwardArgs, run};
