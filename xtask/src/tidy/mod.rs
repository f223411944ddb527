//! `cargo xtask tidy`: the rules of the house as tests, one rule a file.

mod arrows;
mod check;
mod documented;
mod environment;
mod forgotten;
mod mod_rs;
mod names;
mod printing;
mod purity;
mod size;
mod source;
mod whitespace;

pub(crate) use check::{findings, run};
