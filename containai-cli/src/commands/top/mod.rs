//! `cai top`: all containers, live.

mod answer;
mod command;
mod keys;
mod look;
mod screen;
mod state;
mod view;

pub(crate) use command::{TopArgs, run};
