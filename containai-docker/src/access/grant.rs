//! Gives one user access to a tree.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, XattrFlags, fstat, getxattr, openat, setxattr,
    statat,
};

use super::acl::Acl;

const ACCESS: &str = "system.posix_acl_access";
const DEFAULT: &str = "system.posix_acl_default";
/// Room for a list of more than a hundred entries.
const MAX_ACL: usize = 1024;

/// Why access could not be given.
#[derive(Debug, thiserror::Error)]
#[error("cannot give the agent access to `{}`", .path.display())]
pub(crate) struct GrantError {
    pub(crate) path: PathBuf,
    #[source]
    pub(crate) source: io::Error,
}

/// The user id that owns `path`, its last component not followed.
pub(crate) fn owner(path: &Path) -> io::Result<u32> {
    Ok(statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW)?.st_uid)
}

/// Gives `uids` access to every directory and regular file of the tree at
/// `root` that lies on the same file system. Links are not followed: the tree
/// may have been written by a hostile agent.
pub(crate) fn grant(root: &Path, uids: &[u32]) -> Result<(), GrantError> {
    let fail = |source: rustix::io::Errno| GrantError { path: root.into(), source: source.into() };
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let top = openat(CWD, root, flags, Mode::empty()).map_err(fail)?;
    let status = fstat(&top).map_err(fail)?;
    allow(&top, &status, uids).map_err(fail)?;
    let mut pending = vec![(root.to_owned(), open_directory(&top).map_err(fail)?)];
    while let Some((path, directory)) = pending.pop() {
        grant_entries(&path, &directory, &status, uids, &mut pending)
            .map_err(|source| GrantError { path, source: source.into() })?;
    }
    Ok(())
}

/// Handles one directory's entries and queues its subdirectories. What
/// vanishes meanwhile needs no access.
fn grant_entries(
    path: &Path,
    directory: &OwnedFd,
    top: &Stat,
    uids: &[u32],
    pending: &mut Vec<(PathBuf, OwnedFd)>,
) -> rustix::io::Result<()> {
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        match grant_entry(directory, name, top, uids) {
            Ok(Some(inner)) => {
                pending.push((path.join(name.to_string_lossy().as_ref()), inner));
            }
            Ok(None) | Err(rustix::io::Errno::NOENT) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn grant_entry(
    directory: &OwnedFd,
    name: &CStr,
    top: &Stat,
    uids: &[u32],
) -> rustix::io::Result<Option<OwnedFd>> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(directory, name, flags, Mode::empty())?;
    let status = fstat(&file)?;
    if status.st_dev != top.st_dev {
        return Ok(None);
    }
    match FileType::from_raw_mode(status.st_mode) {
        FileType::RegularFile => allow(&file, &status, uids).map(|()| None),
        FileType::Directory => {
            allow(&file, &status, uids)?;
            open_directory(&file).map(Some)
        }
        _ => Ok(None),
    }
}

fn open_directory(file: &OwnedFd) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(file, ".", flags, Mode::empty())
}

fn allow(file: &OwnedFd, status: &Stat, uids: &[u32]) -> rustix::io::Result<()> {
    extend(file, ACCESS, status.st_mode, uids)?;
    if FileType::from_raw_mode(status.st_mode) == FileType::Directory {
        extend(file, DEFAULT, status.st_mode, uids)?;
    }
    Ok(())
}

/// A descriptor of a path cannot be given to fsetxattr(2); its name in
/// `/proc/self/fd` leads to the same file whatever happened to the path.
fn extend(file: &OwnedFd, name: &str, mode: u32, uids: &[u32]) -> rustix::io::Result<()> {
    let path = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
    let mut buffer = [0_u8; MAX_ACL];
    let before = match getxattr(&path, name, &mut buffer) {
        Ok(length) => Acl::decode(&buffer[..length]),
        Err(rustix::io::Errno::NODATA) => None,
        Err(error) => return Err(error),
    };
    let mut acl = before.clone().unwrap_or_else(|| Acl::of_mode(mode));
    uids.iter().for_each(|uid| acl.allow(*uid));
    if before.as_ref() == Some(&acl) {
        return Ok(());
    }
    setxattr(&path, name, &acl.encode(), XattrFlags::empty())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mask_of(path: &Path) -> u32 {
        fs::metadata(path).expect("metadata").permissions().mode() >> 3 & 7
    }

    #[test]
    fn tree_is_opened_and_links_are_left_alone() {
        let base = tempfile::tempdir_in("/var/tmp").expect("directory");
        let root = base.path().join("work");
        fs::create_dir_all(root.join("deep/er")).expect("directories");
        let outside = base.path().join("outside");
        fs::write(&outside, "").expect("file");
        fs::write(root.join("deep/er/file"), "").expect("file");
        symlink(&outside, root.join("link")).expect("link");
        fs::set_permissions(root.join("deep/er/file"), fs::Permissions::from_mode(0o644))
            .expect("mode");
        fs::set_permissions(&outside, fs::Permissions::from_mode(0o644)).expect("mode");
        for _ in 0..2 {
            grant(&root, &[100_000, 101_000]).expect("access");
            assert_eq!(mask_of(&root.join("deep/er/file")), 0o6);
            assert_eq!(mask_of(&root), 0o7);
            assert_eq!(mask_of(&outside), 0o4);
        }
        fs::write(root.join("deep/new"), "").expect("file");
        assert_eq!(mask_of(&root.join("deep/new")), 0o6, "later files inherit the access");
    }
}
