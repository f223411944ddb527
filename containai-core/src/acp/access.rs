//! The operations on the host that the agent may have the editor do.

/// The operations on the host that the agent may have the editor do. Default: none.
///
/// # Security
///
/// The editor reads and writes files of the host. A path is refused if it is outside of the workspace
/// at the time of the check; an agent that swaps a link right afterwards can still mislead the editor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AcpAccess {
    /// Whether `fs/read_text_file` is passed on, so that the agent sees unsaved text.
    pub reads_files: bool,
    /// Whether `fs/write_text_file` is passed on.
    pub writes_files: bool,
    /// Whether `terminal/*` is passed on: the agent then runs any program on the host.
    pub uses_terminals: bool,
}

impl AcpAccess {
    /// Whether a request of the agent to the editor is passed on.
    pub(super) fn allows(self, method: &str) -> bool {
        match method {
            "fs/read_text_file" => self.reads_files,
            _ if method.starts_with("fs/") => self.writes_files,
            _ if method.starts_with("terminal/") => self.uses_terminals,
            _ => true,
        }
    }
}
