use std::io;
use std::path::{Path, PathBuf};

use super::owner::{self, OwnerError};
use super::program::{self, ProgramCopyError};
use super::restore_owners::{self, OwnerRestoreError};
use crate::host::SysboxFiles;
use crate::runtime::bundle::{Bundle, BundleError};
use crate::runtime::invocation::CreateRequest;
use crate::runtime::spec;
use crate::runtime::staging::{StagingArea, StagingError};

/// An error from preparing the container for Sysbox. The container is not started without the
/// preparation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum SysboxCreateError {
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error(transparent)]
    Stage(#[from] StagingError),
    #[error("cannot read `/etc/subuid` and `/etc/subgid`")]
    Ids(#[source] io::Error),
    #[error("`/etc/subuid` and `/etc/subgid` have no range of 65536 ids for `sysbox`")]
    NoIds,
    #[error("cannot mount `{path}` with Sysbox")]
    Owner {
        path: PathBuf,
        #[source]
        source: OwnerError,
    },
    #[error(transparent)]
    Program(#[from] ProgramCopyError),
    #[error(transparent)]
    Restore(#[from] OwnerRestoreError),
}

/// Replaces every bind mount of the bundle with one that Sysbox does not map again and in which
/// host root owns no file.
pub(super) fn prepare(
    request: &CreateRequest,
    files: &SysboxFiles,
    program: &Path,
) -> Result<(), SysboxCreateError> {
    let (bundle, mut spec) = Bundle::open(&request.bundle)?;
    let ids = files.ids().map_err(SysboxCreateError::Ids)?.ok_or(SysboxCreateError::NoIds)?;
    if let Some(root) = spec.root_folder(&request.bundle) {
        restore_owners::restore_owners(&root, &ids)?;
    }
    let lent = program::copy_program(program, &ids)?;
    // Another mount at the same destination is mapped like all others.
    spec::mount_program(&mut spec, &lent);
    spec::size_shared_memory(&mut spec);

    let mut stage = StagingArea::open()?;
    for mut bind in spec::external_binds(&spec, &request.id) {
        // All containers share this file.
        bind.read_only |= bind.source == lent;
        let maps = |owner| {
            if bind.source == lent {
                return Ok(Some(owner::identity_maps(&ids)));
            }
            let refused = |source| SysboxCreateError::Owner { path: bind.source.clone(), source };
            owner::bind_maps(owner, &ids).map(Some).map_err(refused)
        };
        let clone = stage.bind_with_maps(&bind, maps)?;
        spec::set_source(&mut spec, &bind, &clone);
    }
    bundle.write(&spec)?;
    Ok(())
}
