use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::mount::{MntFlags, umount2};
use nix::sched::{CloneFlags, setns};
use rustix::fs::CWD;
use rustix::mount::{MoveMountFlags, move_mount};

/// The mount namespace in which the engine started this process.
#[derive(Debug)]
pub(super) struct EngineMountNamespace(File);

impl EngineMountNamespace {
    /// Opens the current mount namespace.
    pub(super) fn current() -> io::Result<Self> {
        File::open("/proc/self/ns/mnt").map(Self)
    }

    /// Replaces the engine's mount at `path`.
    ///
    /// The engine's mount is removed and not covered, because the engine unmounts only once when
    /// the container exits.
    pub(super) fn replace(&self, path: &Path, tree: &OwnedFd) -> io::Result<()> {
        let here = File::open("/proc/self/ns/mnt")?;
        // Changing the mount namespace also changes the working directory (setns(2)).
        let directory = File::open(".")?;
        setns(&self.0, CloneFlags::CLONE_NEWNS)?;
        let replaced = replace(path, tree);
        setns(here, CloneFlags::CLONE_NEWNS)?;
        nix::unistd::fchdir(directory)?;
        replaced
    }
}

fn replace(path: &Path, tree: &OwnedFd) -> io::Result<()> {
    umount2(path, MntFlags::MNT_DETACH)?;
    move_mount(tree, "", CWD, path, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?;
    Ok(())
}
