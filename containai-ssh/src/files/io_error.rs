//! I/O errors with the path of their file.

use std::io;
use std::path::Path;

use containai_core::remote::RemoteError;

/// Returns a converter for `map_err`: the file cannot be read.
pub(super) fn cannot_read(path: &Path) -> impl Fn(io::Error) -> RemoteError {
    move |source| RemoteError::Read { path: path.to_owned(), source }
}

/// Returns a converter for `map_err`: the file cannot be written.
pub(super) fn cannot_write(path: &Path) -> impl Fn(io::Error) -> RemoteError {
    move |source| RemoteError::Write { path: path.to_owned(), source }
}
