//! `cai image`: the images of containers.

mod build;
mod command;
mod list;
mod prune;
mod pull;

pub(crate) use command::{ImageArgs, run};
