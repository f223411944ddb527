use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use nix::libc;
use nix::sched::{CloneFlags, unshare};
use rustix::fs::{
    CWD, FileType, Mode, OFlags, ResolveFlags, StatVfsMountFlags, makedev, mknodat, openat2,
    statvfs,
};
use rustix::io::Errno;
use rustix::mount::{
    MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, mount, mount_change,
    move_mount, open_tree,
};

use super::idmap::{BindOwner, NamespaceCache, NamespaceError};
use super::ids::{IdAssignment, MountIdMaps};
use super::layers::{self, OverlayLayers};
use super::overlay;
use super::spec::{BindMount, Device, UserNamespace};
use super::tmpfs;

/// Mount point of the staging area for runc. On the host, the directory is empty; its contents are
/// visible only to this process and to runc.
const STAGING_DIR: &str = "/run/containai/stage";
/// Name of the root of a container whose layers are mounted here. An empty directory of that name
/// exists on the host too, because runc enters it for every later `exec`.
const ROOT_NAME: &str = "rootfs";

/// An error from preparing the mounts of a container.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum StagingError {
    /// Not root, or the engine runs in a container without CAP_SYS_ADMIN.
    #[error("cannot {step}")]
    Setup {
        step: String,
        #[source]
        source: io::Error,
    },
    /// The source does not exist any more, or its path has a symbolic link that was not there when
    /// the engine resolved it.
    #[error("cannot open the bind source `{path}`")]
    Source {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The file system does not support id-mapped mounts: NFS, 9p, FUSE, overlay, or any on Linux
    /// before 5.12.
    #[error(
        "cannot map the owner of `{path}` into the container: `{kind}` does not support id-mapped mounts on this kernel"
    )]
    Unmappable {
        path: PathBuf,
        kind: String,
        #[source]
        source: io::Error,
    },
    #[error("cannot map the owner of `{path}` into the container")]
    Namespace {
        path: PathBuf,
        #[source]
        source: NamespaceError,
    },
}

/// A private mount namespace with a directory of mounts for the container.
///
/// It lives as long as the last process in it, first this one and then runc. A crash at any point
/// leaves nothing mounted.
pub(super) struct StagingArea {
    dir: PathBuf,
    used: u32,
    namespaces: NamespaceCache,
}

impl StagingArea {
    /// Moves this process into its own mount namespace and creates an empty staging area.
    pub(super) fn open() -> Result<Self, StagingError> {
        let dir = PathBuf::from(STAGING_DIR);
        // Searchable for all, because container root opens files in the staging area.
        DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(dir.join(ROOT_NAME))
            .map_err(|source| setup_error(format!("create `{STAGING_DIR}`"), source))?;
        unshare(CloneFlags::CLONE_NEWNS).map_err(|source| {
            setup_error("create a private mount namespace".to_owned(), source.into())
        })?;
        // Slave and not private propagation: the engine's later unmounts propagate here, and
        // nothing propagates back.
        mount_change("/", MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC)
            .map_err(|source| setup_error("make mounts private".to_owned(), source.into()))?;
        // Device nodes work on it: it is a tmpfs of the host's user namespace without `nodev`.
        mount(
            "containai",
            &dir,
            "tmpfs",
            MountFlags::NOSUID | MountFlags::NOEXEC,
            Some(c"mode=0711,size=64k"),
        )
        .map_err(|source| setup_error(format!("mount `{STAGING_DIR}`"), source.into()))?;
        Ok(Self { dir, used: 0, namespaces: NamespaceCache::default() })
    }

    /// Creates a node of the device that every user in the container can open, regardless of the
    /// mode of the host's node.
    pub(super) fn create_device(
        &mut self,
        device: &Device,
        namespace: &UserNamespace,
    ) -> Result<PathBuf, StagingError> {
        let path = self.next_path();
        let failed = |source| setup_error(format!("create the device `{}`", device.path), source);
        let number = makedev(device.major, device.minor);
        mknodat(CWD, &path, FileType::CharacterDevice, Mode::from_raw_mode(0o666), number)
            .map_err(|source| failed(source.into()))?;
        // Sets the mode again, because mknod(2) applies the umask.
        fs::set_permissions(&path, Permissions::from_mode(0o666)).map_err(failed)?;
        chown(&path, namespace.uids.host_id(0), namespace.gids.host_id(0)).map_err(failed)?;
        Ok(path)
    }

    /// Attaches the container's user namespace for runc to join, and returns its path.
    pub(super) fn attach_namespace(&mut self, namespace: &File) -> Result<PathBuf, StagingError> {
        let target = self.next_path();
        let attached = clone_mount(namespace, CloneDepth::Mount)
            .and_then(|tree| attach(&tree, FileType::RegularFile, &target));
        attached.map_err(|source| setup_error("attach the user namespace".to_owned(), source))?;
        Ok(target)
    }

    /// Mounts a tmpfs in the container's user namespace for each of `options`, and returns their
    /// paths.
    pub(super) fn mount_tmpfs(
        &mut self,
        namespace: &File,
        options: &[String],
        root: (u32, u32),
    ) -> Result<Vec<PathBuf>, StagingError> {
        let failed = |source| setup_error("mount tmpfs for the container".to_owned(), source);
        let trees = tmpfs::mount_in(namespace, options, root).map_err(failed)?;
        let mut paths = Vec::new();
        for tree in trees {
            let target = self.next_path();
            attach(&tree, FileType::Directory, &target).map_err(failed)?;
            paths.push(target);
        }
        Ok(paths)
    }

    /// Attaches a clone of a directory of the user, whose owner is the container's `agent`, and
    /// returns its path.
    pub(super) fn bind_workspace(
        &mut self,
        bind: &BindMount,
        ids: &IdAssignment,
    ) -> Result<PathBuf, StagingError> {
        self.bind_with_maps(bind, |owner| Ok(ids.workspace_maps(owner)))
    }

    /// Attaches a clone with the maps chosen for the owner of the source; `None` maps nothing.
    pub(super) fn bind_with_maps<E: From<StagingError>>(
        &mut self,
        bind: &BindMount,
        maps: impl FnOnce(BindOwner) -> Result<Option<MountIdMaps>, E>,
    ) -> Result<PathBuf, E> {
        let (source, metadata) = open_source(&bind.source)?;
        let maps = maps(BindOwner { uid: metadata.uid(), gid: metadata.gid() })?;
        Ok(self.attach_bind(bind, &source, &metadata, maps.as_ref())?)
    }

    /// Attaches a clone of a volume or another file of the engine, whose owners are in its range.
    pub(super) fn bind_volume(
        &mut self,
        bind: &BindMount,
        maps: &MountIdMaps,
    ) -> Result<PathBuf, StagingError> {
        let (source, metadata) = open_source(&bind.source)?;
        self.attach_bind(bind, &source, &metadata, Some(maps))
    }

    fn attach_bind(
        &mut self,
        bind: &BindMount,
        source: &File,
        metadata: &Metadata,
        maps: Option<&MountIdMaps>,
    ) -> Result<PathBuf, StagingError> {
        let depth = if bind.recursive { CloneDepth::Tree } else { CloneDepth::Mount };
        let tree = clone_mount(source, depth)
            .map_err(|source| StagingError::Source { path: bind.source.clone(), source })?;
        if let Some(maps) = maps {
            self.apply_maps(&bind.source, &tree, maps, depth)?;
        }
        if bind.read_only {
            // runc makes the mount read-only too, but in a mount namespace of the container, where
            // root in the container could undo it. Attributes set before a mount enters a user
            // namespace are locked (mount_namespaces(7), "Restrictions").
            let read_only = libc::MOUNT_ATTR_RDONLY;
            set_attributes(&tree, read_only, None, depth).map_err(|source| {
                setup_error(format!("make `{}` read-only", bind.source.display()), source)
            })?;
        }
        let target = self.next_path();
        let kind = FileType::from_raw_mode(metadata.mode());
        attach(&tree, kind, &target).map_err(|source| {
            setup_error(format!("attach the clone of `{}`", bind.source.display()), source)
        })?;
        Ok(target)
    }

    /// Mounts the layers with the container's own ids, and returns the path with a read-only clone
    /// for the engine.
    pub(super) fn mount_root(
        &mut self,
        layers: &OverlayLayers,
        maps: &MountIdMaps,
        root: (u32, u32),
    ) -> Result<(PathBuf, OwnedFd), StagingError> {
        let lower = layers.lower.iter().map(|layer| self.attach_layer(layer, maps));
        let lower = lower.collect::<Result<Vec<_>, _>>()?;
        let upper = self.attach_layer(&layers.dir, maps)?;
        let target = self.dir.join(ROOT_NAME);
        let mounted = fs::create_dir(&target).and_then(|()| {
            overlay::mount(&self.dir, ROOT_NAME, &layers::mount_options(&lower, &upper), root)?;
            // The kernel mounts an overlay with an unusable work directory as read-only, without an
            // error.
            if statvfs(&target)?.f_flag.contains(StatVfsMountFlags::RDONLY) {
                return Err(io::ErrorKind::ReadOnlyFilesystem.into());
            }
            let tree = clone_mount(&File::open(&target)?, CloneDepth::Mount)?;
            set_attributes(&tree, libc::MOUNT_ATTR_RDONLY, None, CloneDepth::Mount)?;
            Ok(tree)
        });
        let view = mounted
            .map_err(|source| setup_error(format!("mount `{}`", layers.dir.display()), source))?;
        Ok((target, view))
    }

    /// Attaches one layer and returns its name in the staging area.
    fn attach_layer(&mut self, path: &Path, maps: &MountIdMaps) -> Result<String, StagingError> {
        let source = path.to_owned();
        let bind = BindMount { index: 0, source, recursive: false, read_only: false };
        let place = self.bind_volume(&bind, maps)?;
        Ok(place.file_name().unwrap_or_default().to_string_lossy().into_owned())
    }

    fn apply_maps(
        &mut self,
        path: &Path,
        tree: &OwnedFd,
        maps: &MountIdMaps,
        depth: CloneDepth,
    ) -> Result<(), StagingError> {
        let namespace = self
            .namespaces
            .get_or_create(maps)
            .map_err(|source| StagingError::Namespace { path: path.to_owned(), source })?;
        let set = set_attributes(tree, libc::MOUNT_ATTR_IDMAP, Some(namespace), depth);
        let failed = |source| StagingError::Unmappable {
            path: path.to_owned(),
            kind: fs_type(path),
            source,
        };
        set.map_err(failed)
    }

    fn next_path(&mut self) -> PathBuf {
        let path = self.dir.join(self.used.to_string());
        self.used += 1;
        path
    }
}

fn setup_error(step: String, source: io::Error) -> StagingError {
    StagingError::Setup { step, source }
}

/// Opens the source once; later steps use the descriptor, so that the inspected file is the mounted
/// one.
///
/// Symbolic links are not followed anywhere in the path: a parent directory may be the workspace of
/// another agent, who could place a link there.
fn open_source(path: &Path) -> Result<(File, Metadata), StagingError> {
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let source = openat2(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), resolve)
        .map_err(|errno| open_error(path, errno))?;
    let source = File::from(source);
    let metadata = source
        .metadata()
        .map_err(|source| StagingError::Source { path: path.to_owned(), source })?;
    Ok((source, metadata))
}

fn open_error(path: &Path, errno: Errno) -> StagingError {
    StagingError::Source { path: path.to_owned(), source: errno.into() }
}

/// Attaches a detached mount at a new path: a file on a file, a directory on a directory.
fn attach(tree: &OwnedFd, kind: FileType, target: &Path) -> io::Result<()> {
    if kind == FileType::Directory {
        fs::create_dir(target)?;
    } else {
        File::create(target)?;
    }
    move_mount(tree, "", CWD, target, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?;
    Ok(())
}

/// Whether mounts below the source are included.
#[derive(Clone, Copy)]
enum CloneDepth {
    Mount,
    Tree,
}

impl CloneDepth {
    fn is_tree(self) -> bool {
        matches!(self, Self::Tree)
    }
}

/// Clones the mount of an open file.
fn clone_mount(source: &File, depth: CloneDepth) -> io::Result<OwnedFd> {
    let recursive =
        if depth.is_tree() { OpenTreeFlags::AT_RECURSIVE } else { OpenTreeFlags::empty() };
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_EMPTY_PATH;
    Ok(open_tree(source, "", flags | recursive)?)
}

/// Sets attributes of a detached mount and those below it (mount_setattr(2)). `namespace` is the
/// user namespace whose maps the mount gets.
fn set_attributes(
    tree: &OwnedFd,
    attributes: u64,
    namespace: Option<&File>,
    depth: CloneDepth,
) -> io::Result<()> {
    let userns_fd = namespace.map_or(0, |file| u64::from(file.as_raw_fd().unsigned_abs()));
    let attributes =
        libc::mount_attr { attr_set: attributes, attr_clr: 0, propagation: 0, userns_fd };
    let flags = libc::AT_EMPTY_PATH | if depth.is_tree() { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: neither libc, nix nor rustix wraps the call. It reads an empty C string and one
    // `mount_attr` of the given size, both of which live until it returns, and it keeps no pointer;
    // the descriptors are open.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Returns the type of the file system that contains `path`, for messages.
fn fs_type(path: &Path) -> String {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    super::mountinfo::parse(&table)
        .into_iter()
        .rev()
        .filter(|mount| path.starts_with(&mount.target))
        .max_by_key(|mount| mount.target.as_os_str().len())
        .map_or_else(|| "unknown".to_owned(), |mount| mount.fs_type)
}
