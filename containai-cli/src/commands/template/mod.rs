//! What users put on top of images of ours.

mod build;
mod check;
mod command;
mod list;
mod new;
mod upgrade;

pub(crate) use command::{TemplateArgs, run};
