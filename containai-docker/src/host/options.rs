//! Options of setup.

use std::path::PathBuf;

use containai_core::config::IsolationChoice;

/// The options of setup.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SetupOptions {
    /// The requested isolation. `Auto` keeps the recorded one; without a record, Sysbox if it is
    /// running, or user namespaces.
    pub isolation: IsolationChoice,
    /// The program to install as runtime and supervisor. It must act as `containai-runc` or
    /// `containai-engine` when `argv[0]` has that name.
    pub program: PathBuf,
    /// The unprivileged user who gets access to the engine; `None` for root.
    pub user: Option<String>,
}

impl SetupOptions {
    /// Returns the options to install `program` for root, with isolation `Auto`.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { isolation: IsolationChoice::Auto, program: program.into(), user: None }
    }
}
