//! `cai top`: all containers, live.

mod action;
mod command;
mod key_reader;
mod screen;
mod state;
mod view;

pub(crate) use command::{TopArgs, run};
