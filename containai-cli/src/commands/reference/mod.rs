//! `cai reference`: pages generated from the grammar and tables of the program.

mod command;
mod exit_codes;
mod json;
mod manual;
mod page;
mod settings;
mod verbs;

pub(crate) use command::{ReferenceArgs, run};
