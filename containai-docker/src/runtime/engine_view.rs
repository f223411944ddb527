//! The read-only view of a container's file system that the engine gets.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use nix::libc;
use nix::mount::{MntFlags, umount2};
use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, openat2};
use rustix::mount::{MoveMountFlags, move_mount};

use super::mount_tree::{CloneDepth, attach, clone_mount, set_attributes};

/// Returns a detached read-only clone of the mount at `root`, built in the directory `scratch`.
///
/// Before the engine copies a file out of a container, it mounts the container's volumes and files,
/// such as `/etc/hosts`. Since the fix of CVE-2026-41568 it opens the target of each such file for
/// writing, to create it if it does not exist. Therefore, an empty writable file covers each of
/// `files` in the view.
pub(super) fn build(root: &Path, files: &[PathBuf], scratch: &Path) -> io::Result<OwnedFd> {
    let tree = clone_mount(&File::open(root)?, CloneDepth::Mount)?;
    set_attributes(&tree, libc::MOUNT_ATTR_RDONLY, None, CloneDepth::Mount)?;
    // A mount can have others below it only where it is attached.
    let place = scratch.join("view");
    attach(&tree, FileType::Directory, &place)?;
    let covered = cover_files(&place, files, &scratch.join("empty"));
    let view = covered.and_then(|()| clone_mount(&File::open(&place)?, CloneDepth::Tree));
    umount2(&place, MntFlags::MNT_DETACH)?;
    fs::remove_dir(&place)?;
    view
}

fn cover_files(root: &Path, files: &[PathBuf], empty: &Path) -> io::Result<()> {
    let root = File::open(root)?;
    let empty = File::create(empty)?;
    files.iter().try_for_each(|file| cover_file(&root, file, &empty))
}

/// Covers a regular file. Links, which a container may have put anywhere in the path, are not
/// followed, and anything but a regular file stays as it is.
fn cover_file(root: &File, path: &Path, empty: &File) -> io::Result<()> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let relative = path.strip_prefix("/").unwrap_or(path);
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let Ok(target) = openat2(root, relative, flags, Mode::empty(), resolve) else { return Ok(()) };
    let target = File::from(target);
    if !target.metadata()?.is_file() {
        return Ok(());
    }
    let tree = clone_mount(empty, CloneDepth::Mount)?;
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    Ok(move_mount(&tree, "", &target, "", flags)?)
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::os::unix::fs::symlink;

    use nix::sched::{CloneFlags, unshare};
    use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};

    use super::*;

    /// Opens a file as the engine does.
    fn open_to_create(path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).create(true).truncate(false).open(path)
    }

    fn check_view(dir: &Path) {
        unshare(CloneFlags::CLONE_NEWNS).expect("a namespace");
        let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
        mount_change("/", private).expect("private mounts");
        let (root, scratch, place) = (dir.join("root"), dir.join("scratch"), dir.join("place"));
        fs::create_dir(&root).expect("a directory");
        fs::create_dir(&scratch).expect("a directory");
        mount("test", &root, "tmpfs", MountFlags::empty(), None).expect("a mount");
        fs::create_dir(root.join("etc")).expect("a directory");
        for name in ["hosts", "passwd"] {
            fs::write(root.join("etc").join(name), name).expect("a file");
        }
        symlink("passwd", root.join("etc/link")).expect("a link");
        let files = ["/etc/hosts", "/etc/link", "/etc", "/missing"].map(PathBuf::from);

        let view = build(&root, &files, &scratch).expect("a view");
        attach(&view, FileType::Directory, &place).expect("attached");
        open_to_create(&place.join("etc/hosts")).expect("the engine can open it");
        for read_only in ["etc/passwd", "etc/link", "missing"] {
            let error = open_to_create(&place.join(read_only)).expect_err(read_only);
            assert_eq!(error.kind(), io::ErrorKind::ReadOnlyFilesystem, "{read_only}");
        }
        assert_eq!(fs::read(place.join("etc/passwd")).expect("a file"), b"passwd");
        assert_eq!(fs::read(root.join("etc/hosts")).expect("a file"), b"hosts", "unchanged");
        assert!(!scratch.join("view").exists());
    }

    #[test]
    fn engine_can_open_targets_of_its_files_in_read_only_view() {
        if !nix::unistd::geteuid().is_root() {
            return;
        }
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().to_owned();
        // The namespace belongs to a thread of its own, and ends with it.
        let checked = std::thread::spawn(move || check_view(&path)).join();
        checked.expect("the view is as documented");
    }
}
