//! The images that containers are made of.

mod build;
mod command;
mod list;
mod prune;
mod pull;

pub(crate) use command::{ImageArgs, run};
