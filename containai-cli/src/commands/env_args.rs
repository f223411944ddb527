//! The flags that give a command variables.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use containai_core::hint::Hint;
use containai_ssh::Variables;

use crate::env;
use crate::error::CliError;

/// The flags that give a command variables.
#[derive(Clone, Debug, Args)]
pub(crate) struct EnvArgs {
    /// Set a variable for the command; NAME alone takes the value from here, out of sight of `ps`
    #[arg(
        short,
        long,
        value_name = "NAME[=VALUE]",
        value_parser = OsStringValueParser::new().map(Given),
    )]
    env: Vec<Given>,
    /// Set the variables that a file has, one NAME[=VALUE] a line; `--env` goes before it
    #[arg(long, value_name = "PATH")]
    env_file: Vec<PathBuf>,
}

impl EnvArgs {
    /// Reads files and environment. No error shows a value.
    pub(crate) fn variables(&self) -> anyhow::Result<Variables> {
        let mut variables = Variables::default();
        for path in &self.env_file {
            let refused = |reason| refused(format!("`{}`: {reason}", path.display()));
            let bytes = fs::read(path).map_err(|error| unread(path, &error))?;
            let text = String::from_utf8(bytes).map_err(|_| refused("not UTF-8".to_owned()))?;
            let outcome = variables.read(&text, env::passed);
            outcome.map_err(|error| match error.is_too_long() {
                true => too_long(&format!("`{}`: {error}", path.display())),
                false => refused(error.to_string()),
            })?;
        }
        for Given(given) in &self.env {
            let text =
                given.to_str().ok_or_else(|| refused("`--env` takes UTF-8 only".to_owned()))?;
            let outcome = variables.assign(text, env::passed);
            outcome.map_err(|error| match error.is_too_long() {
                true => too_long(&error.to_string()),
                false => refused(error.to_string()),
            })?;
        }
        Ok(variables)
    }
}

fn unread(path: &Path, error: &io::Error) -> CliError {
    CliError::usage(format!("cannot read `{}`: {error}", path.display()))
        .hint(Hint::new("name a file with one `NAME=VALUE` a line in `--env-file`"))
}

fn too_long(reason: &str) -> CliError {
    CliError::usage(reason).hint(Hint::new(
        "put long values into a file of the workspace, and have the command read it",
    ))
}

fn refused(reason: String) -> CliError {
    CliError::usage(reason)
        .hint(Hint::new("give `NAME=VALUE`, or `NAME` for a variable that is set here"))
}

/// What was given, of which `Debug` shows nothing.
#[derive(Clone)]
struct Given(OsString);

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NAME[=VALUE]")
    }
}
