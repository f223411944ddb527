//! `cargo xtask book`: the documents as a book, and their checks.

mod command;
mod document;
mod errors;
mod labels;
mod links;
mod mdbook;
mod setup_commands;
mod summary;
mod variables;

pub(crate) use command::{check, run};
