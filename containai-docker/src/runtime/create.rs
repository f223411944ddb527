use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use super::bundle::{Bundle, BundleError};
use super::failure;
use super::host::{Host, HostError};
use super::ids::{Assignment, Lease, Pool, Tenure};
use super::invocation::CreateRequest;
use super::layers::Layers;
use super::mount_namespace::EngineMounts;
use super::spec::{self, Keyrings, Spec, SpecError, UserNamespace};
use super::stage::{Stage, StageError};
use super::stdio;

/// An error from preparing the container.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum CreateError {
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error(transparent)]
    Spec(#[from] SpecError),
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    Stage(#[from] StageError),
    /// The engine's mount or pipes no longer exist: the engine is acting on the same container
    /// concurrently.
    #[error("cannot move the container's {what} to its own id range")]
    HandOver {
        what: &'static str,
        #[source]
        source: io::Error,
    },
}

/// A spec ready for runc, and the mount that replaces the engine's.
struct Prepared {
    spec: Spec,
    /// The mount that the engine gets in place of its own.
    view: Option<View>,
}

struct View {
    place: PathBuf,
    tree: OwnedFd,
}

/// Turns the bundle into one of a system container. The mounts that runc needs exist only in the
/// mount namespace of this process.
pub(super) fn prepare(request: &CreateRequest, runc: &Path) -> Result<(), CreateError> {
    let (bundle, spec) = Bundle::open(&request.bundle)?;
    let on_disk = UserNamespace::of(&spec)?;
    let host = Host::read()?;
    let mounts = EngineMounts::current().map_err(|source| hand_over("mounts", source))?;
    let mut stage = Stage::open()?;
    let mut lease = lease(&host.executable, &request.id, runc);
    let base = lease.as_ref().ok().map(Lease::base);

    let own = match &lease {
        Ok(lease) => Assignment::own(on_disk.clone(), lease.base())
            .ok_or_else(|| "the engine's ids do not fit into a container's range".to_owned()),
        Err(reason) => Err(reason.clone()),
    };
    let own = own.and_then(|ids| {
        let prepared = assemble(&spec, &host, &mut stage, &ids, &request.id);
        prepared.map(|prepared| (prepared, ids)).map_err(|error| failure::chain(&error))
    });
    // If the container's own range does not work, usually because of an older kernel, the container
    // shares the engine's range and is separated from others by other means.
    let (prepared, ids, tenure) = match own {
        Ok((prepared, ids)) => {
            let tenure = ids.roots().map_or(Tenure::Preparing, Tenure::Own);
            (prepared, ids, tenure)
        }
        Err(reason) => {
            let ids = Assignment::shared(on_disk, base);
            let prepared = assemble(&spec, &host, &mut stage, &ids, &request.id)?;
            (prepared, ids, Tenure::Shared(reason))
        }
    };
    if let Ok(lease) = &mut lease {
        lease.settle(tenure).map_err(|source| hand_over("lease", source))?;
    }
    bundle.write(&prepared.spec)?;
    if let Some(View { place, tree }) = &prepared.view {
        mounts.replace(place, tree).map_err(|source| hand_over("file system", source))?;
    }
    if let Some(owner) = ids.roots() {
        stdio::hand_over(owner).map_err(|source| hand_over("streams", source))?;
    }
    Ok(())
}

/// Leases a range, or returns the reason why none is available.
fn lease(executable: &Path, id: &str, runc: &Path) -> Result<Lease, String> {
    let pool = Pool::recorded(executable).ok_or("setup reserved no ids for containers")?;
    let lease = Lease::take(pool, id, runc).map_err(|error| failure::chain(&error))?;
    lease.ok_or_else(|| "all id ranges are in use".to_owned())
}

/// Creates the mounts of a container with these ids, and the spec that names them.
fn assemble(
    spec: &Spec,
    host: &Host,
    stage: &mut Stage,
    ids: &Assignment,
    id: &str,
) -> Result<Prepared, StageError> {
    let mut spec = spec.clone();
    let view = match (ids.layer_maps(), ids.roots()) {
        (Some(maps), Some(roots)) => {
            let layers = find_layers(&spec)?;
            layers.make_work(roots.engine).map_err(|source| StageError::Setup {
                step: format!("create a work directory in `{}`", layers.folder.display()),
                source,
            })?;
            let (root, tree) = stage.root(&layers, &maps, roots.container)?;
            spec::move_root(&mut spec, &root);
            Some(View { place: layers.merged, tree })
        }
        _ => None,
    };
    let keyrings = if view.is_some() { Keyrings::Own } else { Keyrings::Denied };
    spec::edit(&mut spec, host);
    spec::settle_keyrings(&mut spec, keyrings);
    for device in &host.devices {
        let node = stage.device(device, ids.running())?;
        spec::offer_device(&mut spec, device, &node);
    }
    let (foreign, engine) = (spec::foreign_binds(&spec, id), spec::engine_binds(&spec, id));
    for bind in &foreign {
        let clone = stage.workspace(bind, ids)?;
        spec::redirect(&mut spec, bind, &clone);
    }
    if let Some(maps) = ids.engine_maps() {
        for bind in &engine {
            let clone = stage.volume(bind, &maps)?;
            spec::redirect(&mut spec, bind, &clone);
        }
    }
    let namespace = stage.namespace(ids)?;
    spec::join(&mut spec, &namespace, ids.running());
    Ok(Prepared { spec, view })
}

fn find_layers(spec: &Spec) -> Result<Layers, StageError> {
    let root = spec::root(spec).unwrap_or_default();
    let failed = |source| StageError::Setup {
        step: format!("find the layers of `{}`", root.display()),
        source,
    };
    Layers::of(&root).map_err(failed)
}

fn hand_over(what: &'static str, source: io::Error) -> CreateError {
    CreateError::HandOver { what, source }
}
