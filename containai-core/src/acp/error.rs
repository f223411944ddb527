//! Reasons to refuse a message.

/// A reason to refuse a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum AcpRefusal {
    /// The line is not a JSON object, has a key twice, or a path that is not a string.
    #[error("the message is malformed: {0}")]
    Malformed(&'static str),
    /// A path is outside of the workspace.
    #[error("`{path}` is outside of the workspace `{root}`")]
    Outside {
        /// The path.
        path: String,
        /// The workspace, in the form of the side that gets the error.
        root: String,
    },
    /// The method would act on the host.
    #[error("`{0}` acts on the host, which is not allowed: use a tool in the container")]
    NotAllowed(String),
    /// The editor would open something else than a page of the web.
    #[error("`{0}` is no address of a web page")]
    NotAPage(String),
    /// The agent speaks a later version of the protocol.
    #[error("the agent chose version {0} of the protocol; ContainAI passes on versions 1 and 2")]
    Version(String),
    /// The agent has ended.
    #[error("{0}")]
    Ended(String),
}

impl AcpRefusal {
    /// Returns the error code, <https://www.jsonrpc.org/specification#error_object>.
    pub(super) fn code(&self) -> i32 {
        match self {
            Self::Malformed(_) => -32600,
            Self::NotAllowed(_) => -32601,
            Self::Ended(_) => -32603,
            Self::Outside { .. } | Self::NotAPage(_) | Self::Version(_) => -32602,
        }
    }
}
