//! Which container a command is about.

mod args;

pub(crate) use args::TargetArgs;
