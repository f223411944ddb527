//! `cargo xtask pictures`: terminal pictures, recorded from real runs of `cai`.

mod command;
mod recording;
mod svg;

pub(crate) use command::run;
