//! What of the host is mounted for nobody.

use std::path::Path;

use containai_core::engine::{ContainerSpec, EngineError, Isolation, MountSource, WorkspaceMount};
use containai_core::layout;

/// Directories whose mount would hand the host, or an engine's socket, to the
/// container. Everything below `/proc`, `/sys`, `/dev`, `/run` is meant too.
const FORBIDDEN_TREES: [&str; 5] = ["/proc", "/sys", "/dev", "/run", "/var/run"];
const FORBIDDEN: [&str; 9] =
    ["/", "/bin", "/boot", "/etc", "/lib", "/sbin", "/usr", "/var", "/var/lib"];

/// Refuses what would hand the host to the container.
///
/// # Errors
///
/// [`EngineError::ForbiddenMount`], with the first such directory.
pub fn refuse(spec: &ContainerSpec) -> Result<(), EngineError> {
    if spec.mount == WorkspaceMount::Bind {
        refuse_forbidden(spec.workspace.as_path())?;
    }
    if let Some(repository) = &spec.repository {
        refuse_forbidden(repository.common.as_path())?;
        refuse_own_places(repository.common.as_path())?;
        for store in &repository.stores {
            refuse_forbidden(store.source.as_path())?;
        }
    }
    for mount in &spec.mounts {
        if let MountSource::Host(path) = &mount.source {
            refuse_forbidden(path.as_path())?;
            refuse_changeable(path.as_path(), spec)?;
        }
    }
    Ok(())
}

fn refuse_forbidden(workspace: &Path) -> Result<(), EngineError> {
    let is_forbidden = FORBIDDEN.iter().any(|path| Path::new(path) == workspace)
        || FORBIDDEN_TREES.iter().any(|tree| workspace.starts_with(tree));
    let is_socket = workspace.extension().is_some_and(|extension| extension == "sock");
    if is_forbidden || is_socket {
        let path = workspace.display().to_string();
        let reason = "it would hand the host or an engine's socket to the container";
        return Err(EngineError::ForbiddenMount { path, reason });
    }
    Ok(())
}

/// A source in the workspace may be another one at the next start, as the
/// workspace is written from inside. Our own runtime follows no link to it; Sysbox
/// does.
fn refuse_changeable(path: &Path, spec: &ContainerSpec) -> Result<(), EngineError> {
    if spec.isolation == Isolation::Sysbox && path.starts_with(spec.workspace.as_path()) {
        let path = path.display().to_string();
        let reason = "with Sysbox a link put there from inside would be followed at the next start";
        return Err(EngineError::ForbiddenMount { path, reason });
    }
    Ok(())
}

/// A repository is mounted where it is on the host; what the container has at
/// that place must not be covered by it.
fn refuse_own_places(path: &Path) -> Result<(), EngineError> {
    if is_own_place(path) {
        let path = path.display().to_string();
        let reason = "it would cover a place of the container";
        return Err(EngineError::ForbiddenMount { path, reason });
    }
    Ok(())
}

/// Whether a mount there covers what the container has, or is covered by it.
pub(super) fn is_own_place(path: &Path) -> bool {
    let own = [
        layout::CONTAINER_WORKSPACE,
        layout::CONTAINER_DATA,
        layout::CONTAINER_DOCKER,
        layout::CONTAINER_REPOSITORY,
    ];
    own.iter().any(|place| path.starts_with(place) || Path::new(place).starts_with(path))
}
