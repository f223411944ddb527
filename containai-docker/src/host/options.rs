//! What the user asks of set-up.

use std::path::PathBuf;

use containai_core::config::IsolationChoice;

/// What the user asks of set-up.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SetupOptions {
    /// The isolation to decide for. `Auto` keeps what was decided before;
    /// else it takes Sysbox when that answers, else user namespaces.
    pub isolation: IsolationChoice,
    /// The program to install as runtime and supervisor: one that looks at
    /// `argv[0]` and is `containai-runc` or `containai-engine` by that name.
    pub program: PathBuf,
    /// The user who is to use the engine without being root; `None` for root.
    pub user: Option<String>,
}

impl SetupOptions {
    /// Set-up of `program` for root, with the isolation left open.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { isolation: IsolationChoice::Auto, program: program.into(), user: None }
    }
}
