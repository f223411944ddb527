//! `cargo xtask test`: all checks.

mod engine;
mod provision;
mod run;
mod step;

pub(crate) use engine::stop as stop_engine;
pub(crate) use provision::provision;
pub(crate) use run::run;
