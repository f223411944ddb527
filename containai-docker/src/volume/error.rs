//! Errors of reading and writing volumes.

use containai_core::disk_full;
use containai_core::engine::EngineError;
use containai_core::exit;
use containai_core::hint::{Advice, Hint};

use crate::helper_container::RunningHelper;

/// Errors of reading and writing volumes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VolumeError {
    /// The engine's error.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The helper container failed: the disk is full, or its image has no GNU tar.
    #[error("the helper container of volume `{volume}` exited with status {status}{}", format_lines(.lines))]
    Failed {
        /// The volume.
        volume: String,
        /// The exit status of the helper.
        status: i64,
        /// The last lines of its standard error, without control characters.
        lines: Vec<String>,
    },
}

/// Number of lines of standard error in an error.
const MAX_ERROR_LINES: usize = 5;

impl VolumeError {
    /// Returns the error of a helper container that has exited.
    pub(super) fn from_exit(volume: &str, status: i64, helper: &RunningHelper<'_>) -> Self {
        let mut lines = helper.stderr_lines();
        lines.drain(..lines.len().saturating_sub(MAX_ERROR_LINES));
        Self::Failed { volume: volume.to_owned(), status, lines }
    }
}

impl Advice for VolumeError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Engine(error) => error.exit_code(),
            Self::Failed { .. } => exit::FAILED,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Engine(error) => error.hints(),
            Self::Failed { lines, .. } if lines.iter().any(|line| disk_full::is_reported(line)) => {
                vec![disk_full::hint(), disk_full::cleanup_hint()]
            }
            Self::Failed { .. } => {
                vec![Hint::new("check that the image has GNU tar; the volume was not changed")]
            }
        }
    }
}

fn format_lines(lines: &[String]) -> String {
    lines.iter().map(|line| format!("\n  {line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use containai_core::{samples, testing};

    #[test]
    fn messages_and_hints() {
        let failed = |line: &str| VolumeError::Failed {
            volume: "api-data".into(),
            status: 2,
            lines: vec![line.into()],
        };
        let samples = samples!(VolumeError {
            Engine: [VolumeError::Engine(EngineError::NoSuchImage { image: "base".into() })],
            Failed: [
                failed("tar: f: Cannot write: No space left on device"),
                failed("sh: 1: tar: not found"),
            ],
        });
        insta::assert_snapshot!(testing::render_errors_with_hints(&samples));
    }
}
