//! `cai config`: settings.

mod command;
mod edit;
mod get;
mod list;
mod path;
mod scope;
mod set;
mod unset;

pub(crate) use command::{ConfigArgs, run};
