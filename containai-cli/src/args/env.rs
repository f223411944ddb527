//! Environment variables of one command.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use containai::command_env;
use containai_ssh::EnvVars;

use crate::env::Env;

/// Environment variables of one command.
#[derive(Clone, Debug, Args)]
pub(crate) struct EnvArgs {
    /// Set a variable for the command; NAME alone takes its value from this environment, hidden from `ps`
    #[arg(
        short,
        long,
        value_name = "NAME[=VALUE]",
        value_parser = OsStringValueParser::new().map(VariableArg),
    )]
    env: Vec<VariableArg>,
    /// Set the variables in a file, one NAME[=VALUE] per line; `--env` overrides it
    #[arg(long, value_name = "PATH")]
    env_file: Vec<PathBuf>,
}

impl EnvArgs {
    /// Reads files and environment.
    pub(crate) fn variables(&self, env: &Env) -> anyhow::Result<EnvVars> {
        Ok(command_env::read(env, &self.env_file, self.env.iter().map(|VariableArg(text)| text))?)
    }
}

/// One argument of `--env`; `Debug` shows nothing of it.
#[derive(Clone)]
struct VariableArg(OsString);

impl fmt::Debug for VariableArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NAME[=VALUE]")
    }
}
