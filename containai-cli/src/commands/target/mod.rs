//! Which containers a command is about, when it makes none.

mod args;
mod find;

pub(crate) use args::TargetArgs;
pub(crate) use find::{by_name, find_named, missing, served, unknown, workspace_of};
