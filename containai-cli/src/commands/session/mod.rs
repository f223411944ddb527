//! `cai session`: agent sessions.

mod command;
mod list;
mod logs;
mod remove;
mod selected_session;
mod send;
mod stop;
mod wait;

pub(crate) use command::{AgentSessionArgs, run};
