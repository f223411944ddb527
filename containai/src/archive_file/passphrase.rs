//! Passphrases in files.

use std::fs;
use std::path::Path;

use age::secrecy::SecretString;

use crate::error::{OperationError, ResultExt as _};

/// Reads a passphrase: the first line of a file or pipe.
///
/// # Errors
///
/// The file cannot be read, or its first line is empty.
pub fn read_passphrase(path: &Path) -> crate::Result<SecretString> {
    let shown = path.display();
    let text = fs::read_to_string(path)
        .with_context(|| format!("cannot read the passphrase in `{shown}`"))?;
    match text.lines().next() {
        None | Some("") => {
            Err(OperationError::usage(format!("`{shown}` holds no passphrase")).into())
        }
        Some(line) => Ok(line.to_owned().into()),
    }
}
