//! The workspace of a command.

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

/// Whether a workspace may contain protected paths.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProtectedPathUse {
    /// Refuses keys, engine sockets, the system, the home directory, and every directory that
    /// contains one of these.
    Refuse,
    /// Accepts them (`--force`).
    Allow,
}

/// A workspace, and whether the user named it.
#[derive(Clone, Debug)]
pub enum WorkspaceRef {
    /// The user named it.
    Explicit(WorkspacePath),
    /// The repository around the current directory, or that directory.
    Implicit(WorkspacePath),
}

impl WorkspaceRef {
    /// Returns the path.
    pub fn path(&self) -> &WorkspacePath {
        let (Self::Explicit(path) | Self::Implicit(path)) = self;
        path
    }
}

/// Finds the workspace as [`find`], and returns whether the user named it.
///
/// # Errors
///
/// As [`find`].
pub fn find_ref(
    given: Option<&Path>,
    env: &ProcessEnv,
    protected_paths: ProtectedPathUse,
) -> Result<WorkspaceRef, OperationError> {
    let path = find(given, env, protected_paths)?;
    Ok(if given.is_some() { WorkspaceRef::Explicit(path) } else { WorkspaceRef::Implicit(path) })
}

/// Finds the workspace: the given directory, else the repository around the current directory,
/// else the current directory. Symbolic links are resolved.
///
/// # Errors
///
/// The directory does not exist, cannot be used, or is protected.
pub fn find(
    given: Option<&Path>,
    env: &ProcessEnv,
    protected_paths: ProtectedPathUse,
) -> Result<WorkspacePath, OperationError> {
    let directory = match given {
        Some(path) => env.directory.join(path),
        None => git::top_level(&env.directory).unwrap_or_else(|| env.directory.clone()),
    };
    let real = canonical_directory(&directory)?;
    if protected_paths == ProtectedPathUse::Refuse {
        refuse_protected(&real, env)?;
    }
    parse_path(&real)
}

/// Accepts a path that all programs and files can represent.
fn parse_path(path: &Path) -> Result<WorkspacePath, OperationError> {
    WorkspacePath::new(path).map_err(|error| {
        OperationError::usage(error.to_string())
            .hint(Hint::new("give the directory a plain text name, or choose another one"))
    })
}

/// Finds the workspace as [`find`]; the directory may have been removed.
///
/// # Errors
///
/// As [`find`].
pub fn find_removed(
    given: &Path,
    env: &ProcessEnv,
    protected_paths: ProtectedPathUse,
) -> Result<WorkspacePath, OperationError> {
    let directory = env.directory.join(given);
    match directory.exists() {
        true => find(Some(given), env, protected_paths),
        false => parse_path(&directory),
    }
}

/// Finds the workspace of the current directory, which may have been removed. Protected paths are
/// accepted: this is for commands that also name a container, which may serve another workspace.
///
/// # Errors
///
/// The directory cannot be used.
pub fn find_current(env: &ProcessEnv) -> Result<WorkspaceRef, OperationError> {
    find_ref(None, env, ProtectedPathUse::Allow).or_else(|_| {
        find_removed(&env.directory, env, ProtectedPathUse::Allow).map(WorkspaceRef::Implicit)
    })
}

fn canonical_directory(directory: &Path) -> Result<PathBuf, OperationError> {
    let shown = directory.display();
    let real = fs::canonicalize(directory).map_err(|error| match error.kind() {
        ErrorKind::NotFound => OperationError::usage(format!("there is no directory `{shown}`"))
            .hint(Hint::new("create it first, or name another one with `--workspace`")),
        _ => OperationError::usage(format!("cannot use the workspace `{shown}`: {error}")),
    })?;
    match real.is_dir() {
        true => Ok(real),
        false => Err(OperationError::usage(format!("`{shown}` is not a directory"))
            .hint(Hint::new("a workspace is a directory; name the one that contains the file"))),
    }
}

/// Checks the workspace of a new container: refuses protected paths, or reports them if they are
/// accepted.
pub(crate) fn check_new(
    workspace: &WorkspacePath,
    env: &ProcessEnv,
    reporter: &Reporter,
    protected_paths: ProtectedPathUse,
) -> Result<(), OperationError> {
    if protected_paths == ProtectedPathUse::Refuse {
        return refuse_protected(workspace.as_path(), env);
    }
    let exposed = protected::exposed(workspace.as_path(), protected::for_workspaces(env));
    let existing = exposed.iter().filter(|it| it.path.symlink_metadata().is_ok());
    let existing: Vec<_> = existing.map(ToString::to_string).collect();
    if !existing.is_empty() {
        reporter.warn(&format!("the container of `{workspace}` gets {}", existing.join(", ")));
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
        () if is_part => "is not accepted as a workspace: it is part of",
        () => "is not accepted as a workspace: it contains",
    };
    let message = format!("`{}` {relation} {}", real.display(), protected::list_existing(&exposed));
    Err(OperationError::usage(message).hint(Hint::new(
        "change to the directory of a project; `--force` gives the container access to all of this",
    )))
}
