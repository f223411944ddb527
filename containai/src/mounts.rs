//! Additional mounts of a container, checked on this machine.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::FileTypeExt as _;

use containai_core::devcontainer::{DevcontainerPlan, RequestedMount, RequestedMountSource};
use containai_core::engine::{ExtraMount, MountSource};
use containai_core::hint::Hint;
use containai_core::naming::WorkspacePath;

use crate::context::Context;
use crate::error::OperationError;
use crate::protected;

/// Resolves approved mounts. Paths are checked as they are now, with symbolic links resolved. A
/// path that does not exist is left out of the container, as the plan says then.
///
/// # Errors
///
/// A path is protected, or the engine runs on another machine.
pub(crate) fn resolve(
    requested: &[RequestedMount],
    context: &Context,
    plan: &mut DevcontainerPlan,
) -> Result<Vec<ExtraMount>, OperationError> {
    let mut mounts = Vec::new();
    for mount in requested {
        let source = match &mount.source {
            RequestedMountSource::Volume(name) if name.is_credentials() => {
                let reason =
                    "it is a login that containers share: select it with `credentials.shared`";
                return Err(mount_refused(name.as_ref(), reason));
            }
            RequestedMountSource::Volume(name) => MountSource::Volume(name.clone()),
            RequestedMountSource::Path(path) => match host_path(path, context)? {
                Some(path) => MountSource::Host(path),
                None => {
                    let reason = format!("`{}` does not exist", path.escape_debug());
                    plan.left_out(format!("mounts {}", mount.target), reason);
                    continue;
                }
            },
        };
        mounts.push(ExtraMount { source, target: mount.target.clone(), access: mount.access });
    }
    Ok(mounts)
}

/// Returns the real path; `None` if it does not exist.
fn host_path(path: &str, context: &Context) -> Result<Option<WorkspacePath>, OperationError> {
    if context.client.is_some() {
        return Err(mount_refused(path, "it is on this machine, but the engine is remote"));
    }
    let real = match fs::canonicalize(path) {
        Ok(real) => real,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(mount_refused(path, &error.to_string())),
    };
    let kind =
        fs::metadata(&real).map_err(|error| mount_refused(path, &error.to_string()))?.file_type();
    if kind.is_socket() || kind.is_fifo() || kind.is_char_device() || kind.is_block_device() {
        return Err(mount_refused(path, "it is neither a directory nor a file"));
    }
    let exposed = protected::exposed(&real, protected::for_mounts(&context.env));
    if !exposed.is_empty() {
        let list = protected::list_existing(&exposed);
        return Err(mount_refused(path, &format!("it contains or belongs to {list}")));
    }
    let real = WorkspacePath::new(&real);
    real.map(Some).map_err(|error| mount_refused(path, &error.to_string()))
}

fn mount_refused(path: &str, reason: &str) -> OperationError {
    OperationError::usage(format!(
        "`{}` of `mounts` in devcontainer.json is not mounted: {reason}",
        path.escape_debug()
    ))
    .hint(Hint::new(
        "name another directory, or disable devcontainer.json with `--devcontainer=off`",
    ))
}
