//! `cargo xtask book`: the documents as a book, and their checks.

mod command;
mod document;
mod errors;
mod links;
mod mdbook;
mod setup_commands;
mod summary;

pub(crate) use command::{check, run};
