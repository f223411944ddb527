//! Exit codes and hints of errors.

use anyhow::Error;
use containai::disk_full::refine_hints;
use containai::{OperationError, find_advice};
use containai_core::exit;
use containai_core::hint::{Advice, Hint};

/// Returns the exit code and the hints of the outermost error that has them.
pub(crate) fn advice(error: &Error) -> (u8, Vec<Hint>) {
    // The context of an `anyhow::Error` is not in its chain.
    let context = error.downcast_ref::<OperationError>().map(|error| error as &dyn Advice);
    let (code, hints) = context
        .or_else(|| error.chain().find_map(find_advice))
        .map_or((exit::FAILED, Vec::new()), |known| (known.exit_code(), known.hints()));
    (code, refine_hints(error.as_ref(), error.as_ref(), hints))
}
