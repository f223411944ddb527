//! `cai reference`: pages generated from the grammar and tables of the program.

mod command;
mod json;
mod manual;
mod page;
mod verbs;

pub(crate) use command::{ReferenceArgs, run};
