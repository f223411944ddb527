//! The flags that give a command variables.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use containai_core::hint::Hint;
use containai_core::naming::WorkspacePath;
use containai_ssh::EnvVars;

use crate::env::{Env, user_variable};
use containai::OperationError;
use containai::git;
use containai::workspace_file::{self, FollowLinks};

/// The longest file of variables, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The flags that give a command variables.
#[derive(Clone, Debug, Args)]
pub(crate) struct EnvArgs {
    /// Set a variable for the command; NAME alone takes the value from here, out of sight of `ps`
    #[arg(
        short,
        long,
        value_name = "NAME[=VALUE]",
        value_parser = OsStringValueParser::new().map(VariableArg),
    )]
    env: Vec<VariableArg>,
    /// Set the variables that a file has, one NAME[=VALUE] a line; `--env` goes before it
    #[arg(long, value_name = "PATH")]
    env_file: Vec<PathBuf>,
}

impl EnvArgs {
    /// Reads files and environment. No error shows a value. A file of the
    /// repository that the command is given in is not read through a link that
    /// leads out of it, which a container could have put there.
    pub(crate) fn variables(&self, env: &Env) -> anyhow::Result<EnvVars> {
        let mut variables = EnvVars::default();
        for path in &self.env_file {
            let refused = |reason| invalid_variable(format!("`{}`: {reason}", path.display()));
            let text = read(path, env)?;
            let outcome = variables.read(&text, user_variable);
            outcome.map_err(|error| match error.is_too_long() {
                true => too_long(&format!("`{}`: {error}", path.display())),
                false => refused(error.to_string()),
            })?;
        }
        for VariableArg(given) in &self.env {
            let text = given
                .to_str()
                .ok_or_else(|| invalid_variable("`--env` takes UTF-8 only".to_owned()))?;
            let outcome = variables.assign(text, user_variable);
            outcome.map_err(|error| match error.is_too_long() {
                true => too_long(&error.to_string()),
                false => invalid_variable(error.to_string()),
            })?;
        }
        Ok(variables)
    }
}

fn read(path: &Path, env: &Env) -> Result<String, OperationError> {
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
        .map_err(|_| invalid_variable(format!("`{}`: not UTF-8", path.display())))
}

fn read_error(path: &Path, error: &dyn fmt::Display) -> OperationError {
    OperationError::usage(format!("cannot read `{}`: {error}", path.display()))
        .hint(Hint::new("name a file with one `NAME=VALUE` a line in `--env-file`"))
}

fn too_long(reason: &str) -> OperationError {
    OperationError::usage(reason).hint(Hint::new(
        "put long values into a file of the workspace, and have the command read it",
    ))
}

fn invalid_variable(reason: String) -> OperationError {
    OperationError::usage(reason)
        .hint(Hint::new("give `NAME=VALUE`, or `NAME` for a variable that is set here"))
}

/// What was given, of which `Debug` shows nothing.
#[derive(Clone)]
struct VariableArg(OsString);

impl fmt::Debug for VariableArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NAME[=VALUE]")
    }
}
