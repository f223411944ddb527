//! `cargo xtask test`: everything that has to pass.

mod engine;
mod provision;
mod run;
mod step;

pub(crate) use run::run;
