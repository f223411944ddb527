//! Environment variables of one command, from files and assignments.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use containai_core::hint::Hint;
use containai_core::naming::WorkspacePath;
use containai_ssh::EnvVars;

use crate::error::OperationError;
use crate::git;
use crate::process_env::ProcessEnv;
use crate::workspace_file::{self, FollowLinks};

/// The size limit of a file of variables, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Reads files of variables, one `NAME[=VALUE]` a line, and then `assigned` words of the same form,
/// which override them. A name alone takes the value of this process.
///
/// # Errors
///
/// A file cannot be read, or a word is no assignment. No error shows a value.
///
/// # Security
///
/// A file of the repository around the current directory is not read through a link out of the
/// repository, which a container could have created.
pub fn read<'a>(
    env: &ProcessEnv,
    files: &[PathBuf],
    assigned: impl IntoIterator<Item = &'a OsString>,
) -> Result<EnvVars, OperationError> {
    let own_value = |name: &str| env.variables.text(name);
    let mut variables = EnvVars::default();
    for path in files {
        let text = read_file(path, env)?;
        variables.read(&text, own_value).map_err(|error| {
            let message = format!("`{}`: {error}", path.display());
            if error.is_too_long() { too_long(&message) } else { invalid_variable(message) }
        })?;
    }
    for word in assigned {
        let word =
            word.to_str().ok_or_else(|| invalid_variable("`--env` requires UTF-8".to_owned()))?;
        variables.assign(word, own_value).map_err(|error| {
            let message = error.to_string();
            if error.is_too_long() { too_long(&message) } else { invalid_variable(message) }
        })?;
    }
    Ok(variables)
}

fn read_file(path: &Path, env: &ProcessEnv) -> Result<String, OperationError> {
    let directory = &env.directory;
    let top = git::top_level(directory).unwrap_or_else(|| directory.clone());
    let whole = directory.join(path);
    // No container writes all of a home directory.
    let is_workspace = !env.layout.home().starts_with(&top);
    if is_workspace
        && let (Ok(below), Ok(top)) = (whole.strip_prefix(&top), WorkspacePath::new(&top))
    {
        let text = workspace_file::read(&top, below, FollowLinks::WithinWorkspace, MAX_BYTES);
        let text = text.map_err(|error| read_error(path, &error))?;
        return text.ok_or_else(|| read_error(path, &io::Error::from(io::ErrorKind::NotFound)));
    }
    let bytes = fs::read(&whole).map_err(|error| read_error(path, &error))?;
    String::from_utf8(bytes)
        .map_err(|_| invalid_variable(format!("`{}` is not UTF-8", path.display())))
}

fn read_error(path: &Path, error: &dyn fmt::Display) -> OperationError {
    OperationError::usage(format!("cannot read `{}`: {error}", path.display()))
        .hint(Hint::new("give `--env-file` a file with one `NAME=VALUE` per line"))
}

fn too_long(reason: &str) -> OperationError {
    OperationError::usage(reason).hint(Hint::new(
        "put long values into a file of the workspace, and have the command read it",
    ))
}

fn invalid_variable(reason: String) -> OperationError {
    OperationError::usage(reason)
        .hint(Hint::new("give `NAME=VALUE`, or `NAME` for a variable of this environment"))
}
