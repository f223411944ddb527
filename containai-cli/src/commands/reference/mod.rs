//! The reference pages, made from the tables that the program itself uses.

mod command;
mod exit_codes;
mod json;
mod manual;
mod settings;
mod verbs;

pub(crate) use command::{ReferenceArgs, run};
