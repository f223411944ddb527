//! Which directory a command is about.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use containai_core::engine::Coverage;
use containai_core::hint::Hint;
use containai_core::naming::WorkspacePath;

use crate::error::OperationError;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::{git, protected};

/// Whether a workspace that is rarely meant may be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProtectedPathUse {
    /// Keys, engines, the system, the home directory, and what holds one of
    /// these are refused.
    Refuse,
    /// The user insists.
    Allow,
}

/// A workspace, and how it was come by.
#[derive(Clone, Debug)]
pub enum WorkspaceRef {
    /// Somebody named it.
    Explicit(WorkspacePath),
    /// It is around the current directory.
    Implicit(WorkspacePath),
}

impl WorkspaceRef {
    pub fn path(&self) -> &WorkspacePath {
        let (Self::Explicit(path) | Self::Implicit(path)) = self;
        path
    }
}

/// As [`find`], with how it was found.
pub fn find_ref(
    given: Option<&Path>,
    env: &ProcessEnv,
    caution: ProtectedPathUse,
) -> Result<WorkspaceRef, OperationError> {
    let path = find(given, env, caution)?;
    Ok(if given.is_some() { WorkspaceRef::Explicit(path) } else { WorkspaceRef::Implicit(path) })
}

/// The workspace: the directory as given, else the repository around the
/// current directory, else the current directory; links resolved.
pub fn find(
    given: Option<&Path>,
    env: &ProcessEnv,
    caution: ProtectedPathUse,
) -> Result<WorkspacePath, OperationError> {
    let directory = match given {
        Some(path) => env.directory.join(path),
        None => git::top_level(&env.directory).unwrap_or_else(|| env.directory.clone()),
    };
    let real = canonical_directory(&directory)?;
    if caution == ProtectedPathUse::Refuse {
        refuse_protected(&real, env)?;
    }
    parse_path(&real)
}

/// A path that everything which has to do with it can be told.
fn parse_path(path: &Path) -> Result<WorkspacePath, OperationError> {
    WorkspacePath::new(path).map_err(|error| {
        OperationError::usage(error.to_string())
            .hint(Hint::new("give the directory a name of plain text, or choose another one"))
    })
}

/// As [`find`], where the directory may be gone from the disk.
pub fn find_removed(
    given: &Path,
    env: &ProcessEnv,
    caution: ProtectedPathUse,
) -> Result<WorkspacePath, OperationError> {
    let directory = env.directory.join(given);
    match directory.exists() {
        true => find(Some(given), env, caution),
        false => parse_path(&directory),
    }
}

fn canonical_directory(directory: &Path) -> Result<PathBuf, OperationError> {
    let shown = directory.display();
    let real = fs::canonicalize(directory).map_err(|error| match error.kind() {
        ErrorKind::NotFound => OperationError::usage(format!("there is no directory `{shown}`"))
            .hint(Hint::new("make it first, or name another one with `--workspace`")),
        _ => OperationError::usage(format!("cannot use the workspace `{shown}`: {error}")),
    })?;
    match real.is_dir() {
        true => Ok(real),
        false => Err(OperationError::usage(format!("`{shown}` is not a directory"))
            .hint(Hint::new("a workspace is a directory; name the one that holds the file"))),
    }
}

/// Looks at a workspace that a container is about to be made for, however it
/// became one: refuses what no container gets, or says what it exposes.
pub(crate) fn check_new(
    workspace: &WorkspacePath,
    env: &ProcessEnv,
    reporter: &Reporter,
    caution: ProtectedPathUse,
) -> Result<(), OperationError> {
    if caution == ProtectedPathUse::Refuse {
        return refuse_protected(workspace.as_path(), env);
    }
    let exposed = protected::exposed(workspace.as_path(), protected::for_workspaces(env));
    let there = exposed.iter().filter(|it| it.path.symlink_metadata().is_ok());
    let there: Vec<_> = there.map(ToString::to_string).collect();
    if !there.is_empty() {
        reporter.warn(&format!("the container of `{workspace}` gets {}", there.join(", ")));
    }
    Ok(())
}

fn refuse_protected(real: &Path, env: &ProcessEnv) -> Result<(), OperationError> {
    let exposed = protected::exposed(real, protected::for_workspaces(env));
    if exposed.is_empty() {
        return Ok(());
    }
    let is_home = exposed.iter().any(|it| it.path == real && it.coverage == Coverage::PathOnly);
    let is_part = exposed.iter().any(|it| it.path != real && real.starts_with(&it.path));
    let relation = match () {
        () if real == Path::new("/") => "is the whole file system, with",
        () if is_home => "is",
        () if is_part => "is not accepted as a workspace: it belongs to",
        () => "is not accepted as a workspace: it holds",
    };
    let message = format!("`{}` {relation} {}", real.display(), protected::list_existing(&exposed));
    Err(OperationError::usage(message)
        .hint(Hint::new("go to a project's directory; `--force` gives the container all of this")))
}
