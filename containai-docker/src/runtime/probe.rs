//! `containai-hook probe`: checks, for setup, whether containers can have their own id range.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use containai_core::layout::EngineLayout;

use super::idmap::{IdMapping, IdMappings};
use super::ids::{IdAssignment, IdPool};
use super::layers::OverlayLayers;
use super::spec::UserNamespace;
use super::staging::{StagingArea, StagingError};
use crate::host::{self, EngineRecord, SetupError};

/// The reason why containers share the engine's range.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum ProbeError {
    /// Setup found no free ids, or is older than this program.
    #[error("no ids are reserved for containers")]
    NotReserved,
    /// `/etc/subuid` assigns the engine more ids than a container's range has.
    #[error("the engine's ids do not fit into a container's range")]
    RangeTooSmall,
    #[error(transparent)]
    Record(#[from] SetupError),
    #[error("cannot create a test file system in `{dir}`")]
    Prepare {
        dir: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The kernel is older than 5.19, or the file system does not support id-mapped mounts.
    #[error(transparent)]
    Stage(#[from] StagingError),
}

/// Mounts an overlay like that of a container, on the file system of the engine's data root, and
/// removes it.
pub(super) fn run(executable: &Path) -> Result<(), ProbeError> {
    let pool = IdPool::from_record(executable).ok_or(ProbeError::NotReserved)?;
    let root = executable.ancestors().nth(5).unwrap_or(Path::new("/"));
    let layout = EngineLayout::at(root);
    let record = EngineRecord::read(&layout)?.ok_or(ProbeError::NotReserved)?;
    let ranges = |range: Option<host::IdRange>| {
        let range = range?;
        Some(IdMappings(vec![IdMapping { container: 0, host: range.base, count: range.count }]))
    };
    let uids = ranges(record.subordinate_uids).ok_or(ProbeError::NotReserved)?;
    let gids = ranges(record.subordinate_gids).ok_or(ProbeError::NotReserved)?;
    let ids = IdAssignment::own(UserNamespace { uids, gids }, pool.first());
    let ids = ids.ok_or(ProbeError::RangeTooSmall)?;
    let (Some(maps), Some(owner)) = (ids.layer_maps(), ids.stream_owner()) else {
        return Err(ProbeError::RangeTooSmall);
    };
    let store = layout.data_root();
    let failed = |source| ProbeError::Prepare { dir: store.clone(), source };
    let dir = tempfile::Builder::new().prefix("probe-").tempdir_in(&store).map_err(failed)?;
    let layers = create_layers(dir.path(), owner.engine).map_err(failed)?;
    StagingArea::open()?.mount_root(&layers, &maps, owner.container)?;
    Ok(())
}

/// Creates two layers like those of the engine's store, with this owner on disk.
fn create_layers(dir: &Path, (uid, gid): (u32, u32)) -> io::Result<OverlayLayers> {
    let (lower, upper) = (dir.join("lower"), dir.join("upper"));
    for path in [&lower, &upper, &upper.join("diff")] {
        fs::create_dir(path)?;
        fs::set_permissions(path, Permissions::from_mode(0o755))?;
        chown(path, Some(uid), Some(gid))?;
    }
    let layers = OverlayLayers { merged: dir.join("merged"), dir: upper, lower: vec![lower] };
    layers.create_work_dir((uid, gid))?;
    Ok(layers)
}
