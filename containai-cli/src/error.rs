//! From any error to an exit code and what to do next.

use anyhow::Error;
use containai::OperationError;
use containai_core::config::{ChangeError, ConfigError};
use containai_core::engine::EngineError;
use containai_core::exit;
use containai_core::hint::{Advice, Hint};
use containai_core::lifecycle::Refusal;
use containai_core::lifecycle::snapshot::SnapshotError;
use containai_core::remote::RemoteError;
use containai_ssh::transfer::TransferError;

/// The exit code and the hints of the outermost error that has some.
pub(crate) fn advice(error: &Error) -> (u8, Vec<Hint>) {
    // What was said around another error is no member of its chain.
    let around = error.downcast_ref::<OperationError>().map(|error| error as &dyn Advice);
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
    read::<containai::Error>(error)
        .or_else(|| read::<OperationError>(error))
        .or_else(|| read::<SnapshotError>(error))
        .or_else(|| read::<EngineError>(error))
        .or_else(|| read::<RemoteError>(error))
        .or_else(|| read::<TransferError>(error))
        .or_else(|| read::<Refusal>(error))
        .or_else(|| read::<ConfigError>(error))
        .or_else(|| read::<ChangeError>(error))
}
