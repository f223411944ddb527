//! File errors that name their file.

use std::io;
use std::path::Path;

use containai_core::remote::RemoteError;

/// For `map_err`: the file could not be read.
pub(super) fn read(path: &Path) -> impl Fn(io::Error) -> RemoteError {
    move |source| RemoteError::Read { path: path.to_owned(), source }
}

/// For `map_err`: the file could not be written.
pub(super) fn write(path: &Path) -> impl Fn(io::Error) -> RemoteError {
    move |source| RemoteError::Write { path: path.to_owned(), source }
}
