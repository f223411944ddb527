use std::io;
use std::path::{Path, PathBuf};

use super::owner::{self, OwnerError};
use super::program::{self, ProgramError};
use super::restore::{self, RestoreError};
use crate::runtime::bundle::{Bundle, BundleError};
use crate::runtime::invocation::CreateRequest;
use crate::runtime::spec;
use crate::runtime::stage::{Stage, StageError};
use crate::sysbox::SysboxFiles;

/// An error from preparing the container for Sysbox. The container is not started without the
/// preparation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum PrepareError {
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error(transparent)]
    Stage(#[from] StageError),
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
    Program(#[from] ProgramError),
    #[error(transparent)]
    Restore(#[from] RestoreError),
}

/// Replaces every bind mount of the bundle with one that Sysbox does not map again and in which
/// host root owns no file.
pub(super) fn prepare(
    request: &CreateRequest,
    files: &SysboxFiles,
    program: &Path,
) -> Result<(), PrepareError> {
    let (bundle, mut spec) = Bundle::open(&request.bundle)?;
    let ids = files.ids().map_err(PrepareError::Ids)?.ok_or(PrepareError::NoIds)?;
    if let Some(root) = spec.root_folder(&request.bundle) {
        restore::owners(&root, &ids)?;
    }
    let lent = program::copy(program, &ids)?;
    // Another mount at the same destination is mapped like all others.
    spec::lend_program(&mut spec, &lent);

    let mut stage = Stage::open()?;
    for mut bind in spec::outside_binds(&spec, &request.id) {
        // All containers share this file.
        bind.read_only |= bind.source == lent;
        let maps = |owner| {
            if bind.source == lent {
                return Ok(Some(owner::own(&ids)));
            }
            let refused = |source| PrepareError::Owner { path: bind.source.clone(), source };
            owner::maps(owner, &ids).map(Some).map_err(refused)
        };
        let clone = stage.bind_with(&bind, maps)?;
        spec::redirect(&mut spec, &bind, &clone);
    }
    bundle.write(&spec)?;
    Ok(())
}
