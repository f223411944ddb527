//! `cai links`: links from the container's home directory to its data volume.

mod adopt;
mod command;

pub(crate) use command::{LinksArgs, run};
