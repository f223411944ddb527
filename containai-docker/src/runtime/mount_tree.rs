//! Detached mounts: clones, their attributes, and their attachment.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use nix::libc;
use rustix::fs::{CWD, FileType};
use rustix::mount::{MoveMountFlags, OpenTreeFlags, move_mount, open_tree};

/// Attaches a detached mount at a new path: a file on a file, a directory on a directory.
pub(super) fn attach(tree: &OwnedFd, kind: FileType, target: &Path) -> io::Result<()> {
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
pub(super) enum CloneDepth {
    Mount,
    Tree,
}

impl CloneDepth {
    fn is_tree(self) -> bool {
        matches!(self, Self::Tree)
    }
}

/// Clones the mount of an open file.
pub(super) fn clone_mount(source: &File, depth: CloneDepth) -> io::Result<OwnedFd> {
    let recursive =
        if depth.is_tree() { OpenTreeFlags::AT_RECURSIVE } else { OpenTreeFlags::empty() };
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_EMPTY_PATH;
    Ok(open_tree(source, "", flags | recursive)?)
}

/// Sets attributes of a detached mount and those below it (mount_setattr(2)). `namespace` is the
/// user namespace whose maps the mount gets.
pub(super) fn set_attributes(
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
