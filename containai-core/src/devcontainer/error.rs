//! Why a `devcontainer.json` cannot be followed.

use crate::exit;
use crate::hint::{Advice, Hint};

/// Why a `devcontainer.json`, or the manifest of a feature, cannot be followed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DevcontainerError {
    /// It is no JSON, comments and commas at ends aside.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// The line, counted from 1.
        line: usize,
        /// The column in characters, counted from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// A value is of another kind than it has to be.
    #[error("`{key}` takes {expected}")]
    Value {
        /// The key, dots between objects.
        key: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// It asks for something that there is not here.
    #[error("`{key}` cannot be followed: {reason}")]
    Unsupported {
        /// The key, dots between objects.
        key: String,
        /// Why not.
        reason: &'static str,
    },
    /// A path leads out of the workspace.
    #[error("`{key}` leads out of the workspace: `{}`", .path.escape_debug())]
    Outside {
        /// The key, dots between objects.
        key: String,
        /// The path as it stands there.
        path: String,
    },
    /// It asks for something of the host, and nobody has approved that text.
    #[error("it asks for {} of this machine, which nobody has approved", .demands.join(", "))]
    Untrusted {
        /// What it asks for.
        demands: Vec<String>,
    },
}

impl Advice for DevcontainerError {
    fn exit_code(&self) -> u8 {
        exit::USAGE
    }

    fn hints(&self) -> Vec<Hint> {
        vec![match self {
            Self::Untrusted { .. } => Hint::run("cai trust", "read that file and approve it"),
            Self::Syntax { .. } | Self::Value { .. } | Self::Outside { .. } => {
                Hint::new("mend the file, or go without it: `--devcontainer=off`")
            }
            Self::Unsupported { .. } => {
                Hint::new("go without it: `--devcontainer=off`, and a template with `--template`")
            }
        }]
    }
}
