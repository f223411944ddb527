//! Which directory a command is about.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use containai_core::hint::Hint;
use containai_core::naming::WorkspacePath;

use crate::env::Env;
use crate::error::CliError;
use crate::git;

/// Whether a workspace that is rarely meant may be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Caution {
    /// `/` and the home directory are refused.
    Careful,
    /// The user insists.
    Forced,
}

/// A workspace, and how it was come by.
#[derive(Clone, Debug)]
pub(crate) enum Spot {
    /// Somebody named it.
    Named(WorkspacePath),
    /// It is around the current directory.
    Found(WorkspacePath),
}

impl Spot {
    pub(crate) fn path(&self) -> &WorkspacePath {
        let (Self::Named(path) | Self::Found(path)) = self;
        path
    }
}

/// As [`find`], with how it was found.
pub(crate) fn spot(given: Option<&Path>, env: &Env, caution: Caution) -> Result<Spot, CliError> {
    let path = find(given, env, caution)?;
    Ok(if given.is_some() { Spot::Named(path) } else { Spot::Found(path) })
}

/// The workspace: the directory as given, else the repository around the
/// current directory, else the current directory; links resolved.
pub(crate) fn find(
    given: Option<&Path>,
    env: &Env,
    caution: Caution,
) -> Result<WorkspacePath, CliError> {
    let directory = match given {
        Some(path) => env.directory.join(path),
        None => git::top_level(&env.directory).unwrap_or_else(|| env.directory.clone()),
    };
    let real = resolve(&directory)?;
    check(&real, env.layout.home(), caution)?;
    named(&real)
}

/// A path that everything which has to do with it can be told.
fn named(path: &Path) -> Result<WorkspacePath, CliError> {
    WorkspacePath::new(path).map_err(|error| {
        CliError::usage(error.to_string())
            .hint(Hint::new("give the directory a name of plain text, or choose another one"))
    })
}

/// As [`find`], where the directory may be gone from the disk.
pub(crate) fn find_gone(
    given: &Path,
    env: &Env,
    caution: Caution,
) -> Result<WorkspacePath, CliError> {
    let directory = env.directory.join(given);
    match directory.exists() {
        true => find(Some(given), env, caution),
        false => named(&directory),
    }
}

fn resolve(directory: &Path) -> Result<PathBuf, CliError> {
    let shown = directory.display();
    let real = fs::canonicalize(directory).map_err(|error| match error.kind() {
        ErrorKind::NotFound => CliError::usage(format!("there is no directory `{shown}`"))
            .hint(Hint::new("make it first, or name another one with `--workspace`")),
        _ => CliError::usage(format!("cannot use the workspace `{shown}`: {error}")),
    })?;
    match real.is_dir() {
        true => Ok(real),
        false => Err(CliError::usage(format!("`{shown}` is not a directory"))
            .hint(Hint::new("a workspace is a directory; name the one that holds the file"))),
    }
}

/// Refuses what is rarely meant as a workspace.
fn check(real: &Path, home: &Path, caution: Caution) -> Result<(), CliError> {
    match caution {
        Caution::Careful => refuse_rarely_meant(real, home),
        Caution::Forced => Ok(()),
    }
}

fn refuse_rarely_meant(real: &Path, home: &Path) -> Result<(), CliError> {
    let is_home = fs::canonicalize(home).is_ok_and(|home| home == real);
    let what = match real {
        path if path == Path::new("/") => "the whole file system",
        _ if is_home => "your home directory, keys and tokens included",
        _ => return Ok(()),
    };
    Err(CliError::usage(format!("`{}` is {what}", real.display()))
        .hint(Hint::new("go to a project's directory, or insist with `--force`")))
}
