//! `cai template`: Dockerfiles that extend images of ContainAI.

mod build;
mod check;
mod command;
mod list;
mod new;
mod upgrade;

pub(crate) use command::{TemplateArgs, run};
