//! Host directories that are never mounted.

use std::path::Path;

use containai_core::engine::{ContainerSpec, EngineError, Isolation, MountSource, WorkspaceMount};
use containai_core::layout;

/// Directories that would expose the host, or an engine's socket, to the container, including
/// everything below them.
const FORBIDDEN_TREES: [&str; 5] = ["/proc", "/sys", "/dev", "/run", "/var/run"];
const FORBIDDEN_DIRECTORIES: [&str; 9] =
    ["/", "/bin", "/boot", "/etc", "/lib", "/sbin", "/usr", "/var", "/var/lib"];

/// Refuses mounts that would expose the host to the container.
///
/// # Errors
///
/// [`EngineError::ForbiddenMount`] with the first forbidden directory.
pub fn refuse(spec: &ContainerSpec) -> Result<(), EngineError> {
    if spec.mount == WorkspaceMount::Bind {
        refuse_forbidden(spec.workspace.as_path())?;
    }
    if let Some(repository) = &spec.repository {
        refuse_forbidden(repository.common_dir.as_path())?;
        refuse_container_paths(repository.common_dir.as_path())?;
        for store in &repository.object_stores {
            refuse_forbidden(store.source.as_path())?;
        }
    }
    for mount in &spec.mounts {
        if let MountSource::Host(path) = &mount.source {
            refuse_forbidden(path.as_path())?;
            refuse_writable_source(path.as_path(), spec)?;
        }
    }
    Ok(())
}

fn refuse_forbidden(workspace: &Path) -> Result<(), EngineError> {
    let is_forbidden = FORBIDDEN_DIRECTORIES.iter().any(|path| Path::new(path) == workspace)
        || FORBIDDEN_TREES.iter().any(|tree| workspace.starts_with(tree));
    let is_socket = workspace.extension().is_some_and(|extension| extension == "sock");
    if is_forbidden || is_socket {
        let path = workspace.display().to_string();
        let reason = "it would expose the host or an engine's socket to the container";
        return Err(EngineError::ForbiddenMount { path, reason });
    }
    Ok(())
}

/// Refuses a source in the workspace with Sysbox. The container can write the workspace and replace
/// the source by a link before the next start; Sysbox follows that link, the ContainAI runtime does
/// not.
fn refuse_writable_source(path: &Path, spec: &ContainerSpec) -> Result<(), EngineError> {
    if spec.isolation == Isolation::Sysbox && path.starts_with(spec.workspace.as_path()) {
        let path = path.display().to_string();
        let reason = "with Sysbox, a link created there by the container would be followed at the next start";
        return Err(EngineError::ForbiddenMount { path, reason });
    }
    Ok(())
}

/// Refuses a repository that would cover a path of the container: it is mounted at its host path.
fn refuse_container_paths(path: &Path) -> Result<(), EngineError> {
    if is_container_path(path) {
        let path = path.display().to_string();
        let reason = "it would cover a path of the container";
        return Err(EngineError::ForbiddenMount { path, reason });
    }
    Ok(())
}

/// Whether a mount at this path covers a path of the container, or is covered by one.
pub(super) fn is_container_path(path: &Path) -> bool {
    let own = [
        layout::CONTAINER_WORKSPACE,
        layout::CONTAINER_DATA,
        layout::CONTAINER_DOCKER,
        layout::CONTAINER_REPOSITORY,
    ];
    own.iter().any(|place| path.starts_with(place) || Path::new(place).starts_with(path))
}
