//! The user's settings.

mod scope;
mod command;
mod edit;
mod get;
mod list;
mod path;
mod set;
mod unset;

pub(crate) use command::{ConfigArgs, run};
