//! From any error to an exit code and what to do next.

use anyhow::Error;
use containai_core::archive::ArchiveError;
use containai_core::config::{ChangeError, ConfigError};
use containai_core::devcontainer::DevcontainerError;
use containai_core::engine::EngineError;
use containai_core::exit;
use containai_core::hint::{Advice, Hint};
use containai_core::lifecycle::snapshot::SnapshotError;
use containai_core::lifecycle::{DriveError, Refusal};
use containai_core::remote::RemoteError;
use containai_docker::VolumeError;
use containai_docker::host::SetupError;
use containai_ssh::transfer::{TransferError, UnpackError};

/// An error of the command line itself.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct CliError {
    message: String,
    code: u8,
    hints: Vec<Hint>,
}

impl CliError {
    /// What was asked for makes no sense; exit code 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: exit::USAGE, hints: Vec::new() }
    }

    /// Something failed, with this exit code.
    pub(crate) fn with_code(code: u8, message: impl Into<String>) -> Self {
        Self { message: message.into(), code, hints: Vec::new() }
    }

    /// Adds what to do next.
    pub(crate) fn hint(mut self, hint: Hint) -> Self {
        self.hints.push(hint);
        self
    }
}

impl Advice for CliError {
    fn exit_code(&self) -> u8 {
        self.code
    }

    fn hints(&self) -> Vec<Hint> {
        self.hints.clone()
    }
}

/// The advice of the outermost error that has some.
pub(crate) fn advice(error: &Error) -> (u8, Vec<Hint>) {
    // What is said around another error is no member of its chain.
    let around = error.downcast_ref::<CliError>().map(|error| error as &dyn Advice);
    around
        .or_else(|| error.chain().find_map(known))
        .map_or((exit::FAILED, Vec::new()), |known| (known.exit_code(), known.hints()))
}

fn known<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a dyn Advice> {
    fn read<'a, T: Advice + std::error::Error + 'static>(
        error: &'a (dyn std::error::Error + 'static),
    ) -> Option<&'a dyn Advice> {
        error.downcast_ref::<T>().map(|error| error as &dyn Advice)
    }
    read::<CliError>(error)
        .or_else(|| read::<DriveError>(error))
        .or_else(|| read::<SnapshotError>(error))
        .or_else(|| read::<EngineError>(error))
        .or_else(|| read::<RemoteError>(error))
        .or_else(|| read::<TransferError>(error))
        .or_else(|| read::<UnpackError>(error))
        .or_else(|| read::<ArchiveError>(error))
        .or_else(|| read::<VolumeError>(error))
        .or_else(|| read::<Refusal>(error))
        .or_else(|| read::<SetupError>(error))
        .or_else(|| read::<ConfigError>(error))
        .or_else(|| read::<DevcontainerError>(error))
        .or_else(|| read::<ChangeError>(error))
}
