//! Errors in `devcontainer.json`.

use super::plan_entry::PlanEntry;
use crate::exit;
use crate::hint::{Advice, Hint};

/// An error in a `devcontainer.json` or in the manifest of a feature.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DevcontainerError {
    /// The text is not JSON with comments and trailing commas.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// The message.
        message: String,
    },
    /// A value has the wrong type.
    #[error("`{key}` must be {expected}")]
    WrongType {
        /// The key, with dots between objects.
        key: String,
        /// The expected type.
        expected: &'static str,
    },
    /// Properties are not supported.
    #[error("{}", .refused.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Refused {
        /// The properties and the reasons.
        refused: Vec<PlanEntry>,
    },
    /// A property is not supported.
    #[error("`{key}` is not supported: {reason}")]
    Unsupported {
        /// The key, with dots between objects.
        key: String,
        /// The reason.
        reason: &'static str,
    },
    /// A path points outside the workspace.
    #[error("`{key}` points outside the workspace: `{}`", .path.escape_debug())]
    OutsideWorkspace {
        /// The key, with dots between objects.
        key: String,
        /// The path as written.
        path: String,
    },
    /// A Compose file or a file of variables is missing, not YAML, or too large.
    #[error("`{}` cannot be read: {message}", .path.escape_debug())]
    ComposeSyntax {
        /// The file, relative to the workspace.
        path: String,
        /// The message, with the position.
        message: String,
    },
    /// The Compose files have no such service.
    #[error("there is no service `{}` in the Compose files{}", .service.escape_debug(), list(.services))]
    NoSuchService {
        /// The service.
        service: String,
        /// The services of the files.
        services: Vec<String>,
    },
    /// The file requests access to the host, and its text is not approved.
    #[error("unapproved access to this machine: {}", .demands.join(", "))]
    Untrusted {
        /// The requested kinds of access.
        demands: Vec<String>,
        /// The path of the file in the workspace; empty for a discovered one.
        path: String,
    },
}

impl DevcontainerError {
    /// Names the file that has to be approved, for a file that is not discovered.
    #[must_use]
    pub fn in_file(self, file: &str) -> Self {
        match self {
            Self::Untrusted { demands, .. } => Self::Untrusted { demands, path: file.to_owned() },
            other => other,
        }
    }
}

impl Advice for DevcontainerError {
    fn exit_code(&self) -> u8 {
        exit::USAGE
    }

    fn hints(&self) -> Vec<Hint> {
        vec![match self {
            Self::Untrusted { path, .. } => {
                let command = match path.as_str() {
                    "" => "cai trust".to_owned(),
                    path => format!("cai trust --devcontainer={}", path.escape_debug()),
                };
                Hint::run(&command, "review and approve the file")
            }
            Self::Syntax { .. }
            | Self::WrongType { .. }
            | Self::OutsideWorkspace { .. }
            | Self::ComposeSyntax { .. }
            | Self::NoSuchService { .. } => {
                Hint::new("correct the file, or ignore it with `--devcontainer=off`")
            }
            Self::Unsupported { .. } | Self::Refused { .. } => Hint::new(
                "ignore the file with `--devcontainer=off` and use a template with `--template`",
            ),
        }]
    }
}

fn list(services: &[String]) -> String {
    let names: Vec<_> = services.iter().map(|name| format!("`{}`", name.escape_debug())).collect();
    if names.is_empty() { String::new() } else { format!(", only {}", names.join(", ")) }
}
