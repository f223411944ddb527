//! What belongs to a workspace beside its container.

mod command;
mod r#move;

pub(crate) use command::{WorkspaceArgs, run};
