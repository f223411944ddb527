use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::mount::{MntFlags, umount2};
use nix::sched::{CloneFlags, setns};
use rustix::fs::CWD;
use rustix::mount::{MountPropagationFlags, MoveMountFlags, mount_change, move_mount};

use super::container::{ContainerRef, ContainerState};

/// A mount namespace: that in which the engine started this process, or that of a container.
#[derive(Debug)]
pub(super) struct MountNamespace(File);

impl MountNamespace {
    /// Opens the current mount namespace.
    pub(super) fn current() -> io::Result<Self> {
        File::open("/proc/self/ns/mnt").map(Self)
    }

    /// Opens the mount namespace of a container that waits for its start; `None` if its first
    /// process has exited.
    ///
    /// # Errors
    ///
    /// The process is in a mount or user namespace of this process, which must not be changed.
    fn of_container(state: &ContainerState) -> io::Result<Option<Self>> {
        let open = |namespace: &str| File::open(format!("/proc/{}/ns/{namespace}", state.pid));
        let (Ok(mounts), Ok(users)) = (open("mnt"), open("user")) else { return Ok(None) };
        // Checked after opening, because the kernel may have reused the pid.
        if state.has_exited() {
            return Ok(None);
        }
        for (file, own) in [(&mounts, "/proc/self/ns/mnt"), (&users, "/proc/self/ns/user")] {
            if file.metadata()?.ino() == std::fs::metadata(own)?.ino() {
                return Err(io::Error::other("the container has a namespace of the host"));
            }
        }
        Ok(Some(Self(mounts)))
    }

    /// Replaces the engine's mount at `path`.
    ///
    /// The engine's mount is removed and not covered, because the engine unmounts only once when
    /// the container exits.
    pub(super) fn replace(&self, path: &Path, tree: &OwnedFd) -> io::Result<()> {
        self.run(|| {
            umount2(path, MntFlags::MNT_DETACH)?;
            move_mount(tree, "", CWD, path, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?;
            Ok(())
        })
    }

    /// Runs `work` in this namespace, and returns to the current one.
    fn run(&self, work: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let here = File::open("/proc/self/ns/mnt")?;
        // Changing the mount namespace also changes the working directory (setns(2)).
        let directory = File::open(".")?;
        setns(&self.0, CloneFlags::CLONE_NEWNS)?;
        let done = work();
        setns(here, CloneFlags::CLONE_NEWNS)?;
        nix::unistd::fchdir(directory)?;
        done
    }
}

/// Makes all mounts of a created container shared, as systemd does on a machine but not in a
/// container: inner containers with `rshared` mounts and credentials of services depend on it.
///
/// First they become private. Before that, mounts of the host would propagate into the container's
/// clones of it; in the other direction nothing ever propagates, because the mount namespace
/// belongs to another user namespace (mount_namespaces(7), "Restrictions"). Afterwards the mounts
/// are shared only with namespaces that the container creates.
pub(super) fn share_mounts(container: &ContainerRef) -> io::Result<()> {
    let Some(state) = ContainerState::read(container) else { return Ok(()) };
    let Some(namespace) = MountNamespace::of_container(&state)? else { return Ok(()) };
    namespace.run(|| {
        for propagation in [MountPropagationFlags::PRIVATE, MountPropagationFlags::SHARED] {
            mount_change("/", propagation | MountPropagationFlags::REC)?;
        }
        Ok(())
    })
}
