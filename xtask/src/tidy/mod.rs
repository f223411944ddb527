//! `cargo xtask tidy`: the rules of the house as tests, one rule a file or
//! folder.

mod arrows;
mod check;
mod cli_size;
mod documented;
mod embedding;
mod environment;
mod forgotten;
mod lexer;
mod mod_rs;
mod modules;
mod names;
mod package_metadata;
mod printing;
mod prose;
mod purity;
mod readme_size;
mod rule;
mod size;
mod source;
mod target_folder;
mod unique_types;
mod whitespace;

pub(crate) use check::{findings, run};
