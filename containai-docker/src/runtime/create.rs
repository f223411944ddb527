use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use super::bundle::{Bundle, BundleError};
use super::error_report;
use super::ids::{IdAssignment, IdLease, IdPool, LeaseState};
use super::invocation::CreateRequest;
use super::layers::OverlayLayers;
use super::mount_namespace::MountNamespace;
use super::spec::{self, HostInfo, HostInfoError, Keyrings, Spec, SpecError, UserNamespace};
use super::staging::{StagingArea, StagingError};
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
    Host(#[from] HostInfoError),
    #[error(transparent)]
    Stage(#[from] StagingError),
    /// The engine's mount or pipes no longer exist: the engine is acting on the same container
    /// concurrently.
    #[error("cannot move the container's {what} to its own id range")]
    MoveToRange {
        what: &'static str,
        #[source]
        source: io::Error,
    },
}

/// A spec ready for runc, and the mount that replaces the engine's.
struct PreparedSpec {
    spec: Spec,
    /// The mount that the engine gets in place of its own.
    view: Option<EngineView>,
}

struct EngineView {
    mount_point: PathBuf,
    tree: OwnedFd,
}

/// Turns the bundle into one of a system container. The mounts that runc needs exist only in the
/// mount namespace of this process.
pub(super) fn prepare(request: &CreateRequest, runc: &Path) -> Result<(), CreateError> {
    let (bundle, spec) = Bundle::open(&request.bundle)?;
    let on_disk = UserNamespace::of(&spec)?;
    let host = HostInfo::read()?;
    let mounts = MountNamespace::current().map_err(|source| move_error("mounts", source))?;
    let mut stage = StagingArea::open()?;
    let mut lease = lease_range(&host.executable, &request.id, runc);
    let base = lease.as_ref().ok().map(|lease| lease.range().base);

    let own = match &lease {
        Ok(lease) => IdAssignment::own(on_disk.clone(), lease.range())
            .ok_or_else(|| "the engine's ids do not fit into a container's range".to_owned()),
        Err(reason) => Err(reason.clone()),
    };
    let own = own.and_then(|ids| {
        let prepared = build_spec(&spec, &host, &mut stage, &ids, &request.id);
        prepared.map(|prepared| (prepared, ids)).map_err(|error| error_report::error_chain(&error))
    });
    // If the container's own range does not work, usually because of an older kernel, the container
    // shares the engine's range and is separated from others by other means.
    let (prepared, ids, tenure) = match own {
        Ok((prepared, ids)) => {
            let tenure = ids.stream_owner().map_or(LeaseState::Preparing, LeaseState::Own);
            (prepared, ids, tenure)
        }
        Err(reason) => {
            let ids = IdAssignment::shared(on_disk, base);
            let prepared = build_spec(&spec, &host, &mut stage, &ids, &request.id)?;
            (prepared, ids, LeaseState::Shared(reason))
        }
    };
    if let Ok(lease) = &mut lease {
        lease.set_state(tenure).map_err(|source| move_error("lease", source))?;
    }
    bundle.write(&prepared.spec)?;
    if let Some(EngineView { mount_point: place, tree }) = &prepared.view {
        mounts.replace(place, tree).map_err(|source| move_error("file system", source))?;
    }
    if let Some(owner) = ids.stream_owner() {
        stdio::chown_streams(owner).map_err(|source| move_error("streams", source))?;
    }
    Ok(())
}

/// Leases a range, or returns the reason why none is available.
fn lease_range(executable: &Path, id: &str, runc: &Path) -> Result<IdLease, String> {
    let pool = IdPool::from_record(executable).ok_or("setup reserved no ids for containers")?;
    let lease =
        IdLease::acquire(pool, id, runc).map_err(|error| error_report::error_chain(&error))?;
    lease.ok_or_else(|| "all id ranges are in use".to_owned())
}

/// Creates the mounts of a container with these ids, and the spec that names them.
fn build_spec(
    spec: &Spec,
    host: &HostInfo,
    stage: &mut StagingArea,
    ids: &IdAssignment,
    id: &str,
) -> Result<PreparedSpec, StagingError> {
    let mut spec = spec.clone();
    let view = match (ids.layer_maps(), ids.stream_owner()) {
        (Some(maps), Some(roots)) => {
            let layers = find_layers(&spec)?;
            layers.create_work_dir(roots.engine).map_err(|source| StagingError::Setup {
                step: format!("create a work directory in `{}`", layers.dir.display()),
                source,
            })?;
            let (root, tree) = stage.mount_root(&layers, &maps, roots.container)?;
            spec::set_root_path(&mut spec, &root);
            Some(EngineView { mount_point: layers.merged, tree })
        }
        _ => None,
    };
    let keyrings = if view.is_some() { Keyrings::Own } else { Keyrings::Denied };
    spec::edit(&mut spec, host);
    spec::set_keyring_rules(&mut spec, keyrings);
    for device in &host.devices {
        let node = stage.create_device(device, ids.on_host())?;
        spec::add_device(&mut spec, device, &node);
    }
    let (foreign, engine) = (spec::user_binds(&spec, id), spec::engine_binds(&spec, id));
    for bind in &foreign {
        let clone = stage.bind_workspace(bind, ids)?;
        spec::set_source(&mut spec, bind, &clone);
    }
    if let Some(maps) = ids.engine_maps() {
        for bind in &engine {
            let clone = stage.bind_volume(bind, &maps)?;
            spec::set_source(&mut spec, bind, &clone);
        }
    }
    let failed = |source| StagingError::Namespace { path: "/proc/self/ns/user".into(), source };
    let namespace = ids.create_namespace().map_err(failed)?;
    let all = spec::remountable_tmpfs(&spec);
    let options: Vec<_> = all.iter().map(|tmpfs| tmpfs.options.clone()).collect();
    let mounted = stage.mount_tmpfs(&namespace, &options, ids.root_on_host())?;
    for (tmpfs, path) in all.iter().zip(mounted) {
        spec::set_tmpfs_source(&mut spec, tmpfs, &path);
    }
    let path = stage.attach_namespace(&namespace)?;
    spec::join_namespace(&mut spec, &path, ids.on_host());
    Ok(PreparedSpec { spec, view })
}

fn find_layers(spec: &Spec) -> Result<OverlayLayers, StagingError> {
    let root = spec::root_path(spec).unwrap_or_default();
    let failed = |source| StagingError::Setup {
        step: format!("find the layers of `{}`", root.display()),
        source,
    };
    OverlayLayers::of(&root).map_err(failed)
}

fn move_error(what: &'static str, source: io::Error) -> CreateError {
    CreateError::MoveToRange { what, source }
}
