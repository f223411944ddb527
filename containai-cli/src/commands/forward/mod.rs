//! Leading ports and sockets between this machine and a container.

mod command;
mod specs;

pub(crate) use command::{ForwardArgs, run};
pub(crate) use specs::ForwardSpecArgs;
