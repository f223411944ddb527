//! Exit codes and hints of errors.

use anyhow::Error;
use containai::OperationError;
use containai_core::config::{ConfigError, SettingChangeError};
use containai_core::engine::EngineError;
use containai_core::exit;
use containai_core::hint::{Advice, Hint};
use containai_core::lifecycle::Refusal;
use containai_core::lifecycle::snapshot::SnapshotError;
use containai_core::remote::RemoteError;
use containai_ssh::transfer::TransferError;

/// Returns the exit code and the hints of the outermost error that has them.
pub(crate) fn advice(error: &Error) -> (u8, Vec<Hint>) {
    // The context of an `anyhow::Error` is not in its chain.
    let context = error.downcast_ref::<OperationError>().map(|error| error as &dyn Advice);
    context
        .or_else(|| error.chain().find_map(find_advice))
        .map_or((exit::FAILED, Vec::new()), |known| (known.exit_code(), known.hints()))
}

fn find_advice<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a dyn Advice> {
    fn downcast<'a, T: Advice + std::error::Error + 'static>(
        error: &'a (dyn std::error::Error + 'static),
    ) -> Option<&'a dyn Advice> {
        error.downcast_ref::<T>().map(|error| error as &dyn Advice)
    }
    downcast::<containai::Error>(error)
        .or_else(|| downcast::<OperationError>(error))
        .or_else(|| downcast::<SnapshotError>(error))
        .or_else(|| downcast::<EngineError>(error))
        .or_else(|| downcast::<RemoteError>(error))
        .or_else(|| downcast::<TransferError>(error))
        .or_else(|| downcast::<Refusal>(error))
        .or_else(|| downcast::<ConfigError>(error))
        .or_else(|| downcast::<SettingChangeError>(error))
}
