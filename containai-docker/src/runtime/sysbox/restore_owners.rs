use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};
use std::path::{Path, PathBuf};

use rustix::fs::{XattrFlags, lgetxattr, lsetxattr};
use rustix::io::Errno;

use crate::host::IdRange;
use crate::host::SysboxIds;

/// The extended attribute of file capabilities (capabilities(7)).
const CAPABILITY: &str = "security.capability";
/// Set-user-id and set-group-id, which the kernel clears when a file changes its owner.
const SET_ID: u32 = 0o6000;

/// The image's files have the owners that Sysbox gave them, and these could not be restored.
#[derive(Debug, thiserror::Error)]
#[error(
    "Sysbox exited without restoring the owner of `{path}`, and restoring it now failed: recreate the container with `cai run --fresh`"
)]
pub(super) struct OwnerRestoreError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// Restores the owners that the files of a root file system have in the image.
///
/// While a container runs, Sysbox shifts the owners by the base of its range, and its manager keeps
/// the list of changes to undo only in memory. If the manager exits first, or power fails, all
/// files of the image have unmapped owners at the next start. A container has no ids as high as its
/// range, so each file shows whether it is still shifted.
pub(super) fn restore_owners(root: &Path, ids: &SysboxIds) -> Result<(), OwnerRestoreError> {
    let failed = |source| OwnerRestoreError { path: root.to_owned(), source };
    let top = fs::symlink_metadata(root).map_err(failed)?;
    if !is_shifted(&top, ids) && !children(root)?.iter().any(|(_, it)| is_shifted(it, ids)) {
        return Ok(());
    }
    unshift_tree(root, &top, top.dev(), ids)
}

/// Processes children first: as long as a descendant is shifted, so is one of the directories that
/// [`restore_owners`] checks.
fn unshift_tree(
    path: &Path,
    metadata: &Metadata,
    device: u64,
    ids: &SysboxIds,
) -> Result<(), OwnerRestoreError> {
    if metadata.is_dir() && metadata.dev() == device {
        for (child, metadata) in children(path)? {
            unshift_tree(&child, &metadata, device, ids)?;
        }
    }
    if !is_shifted(metadata, ids) {
        return Ok(());
    }
    unshift(path, metadata, ids)
        .map_err(|source| OwnerRestoreError { path: path.to_owned(), source })
}

fn children(dir: &Path) -> Result<Vec<(PathBuf, Metadata)>, OwnerRestoreError> {
    let failed = |source| OwnerRestoreError { path: dir.to_owned(), source };
    let entries = fs::read_dir(dir).map_err(failed)?;
    let child = |entry: io::Result<fs::DirEntry>| {
        let path = entry?.path();
        let metadata = fs::symlink_metadata(&path)?;
        Ok((path, metadata))
    };
    entries.map(child).collect::<io::Result<_>>().map_err(failed)
}

fn unshift(path: &Path, metadata: &Metadata, ids: &SysboxIds) -> io::Result<()> {
    let capability = capability(path, metadata)?;
    let uid = unshifted_id(metadata.uid(), ids.uids);
    let gid = unshifted_id(metadata.gid(), ids.gids);
    lchown(path, uid, gid)?;
    let is_link = metadata.file_type().is_symlink();
    if !is_link && metadata.mode() & SET_ID != 0 {
        fs::set_permissions(path, Permissions::from_mode(metadata.mode() & 0o7777))?;
    }
    if let Some(value) = capability {
        lsetxattr(path, CAPABILITY, &to_revision_2(&value, ids.uids.base), XattrFlags::empty())?;
    }
    Ok(())
}

/// Returns the id without the shift; `None` if it is not shifted.
fn unshifted_id(id: u32, range: IdRange) -> Option<u32> {
    id.checked_sub(range.base).filter(|offset| *offset < range.count)
}

fn is_shifted(metadata: &Metadata, ids: &SysboxIds) -> bool {
    unshifted_id(metadata.uid(), ids.uids).is_some()
        || unshifted_id(metadata.gid(), ids.gids).is_some()
}

/// Returns the file capabilities, which a change of the owner removes.
fn capability(path: &Path, metadata: &Metadata) -> io::Result<Option<Vec<u8>>> {
    if !metadata.is_file() {
        return Ok(None);
    }
    let mut value = vec![0; 64];
    match lgetxattr(path, CAPABILITY, &mut value[..]) {
        Ok(length) => {
            value.truncate(length);
            Ok(Some(value))
        }
        Err(Errno::NODATA | Errno::NOTSUP) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

/// Converts revision 3 of the attribute, which names the root of its user namespace in the last
/// four bytes, to revision 2, which the files have in the image (linux/capability.h).
fn to_revision_2(value: &[u8], base: u32) -> Vec<u8> {
    let mut value = value.to_vec();
    if value.len() == 24 && value[3] == 3 && value[20..] == base.to_le_bytes() {
        value[3] = 2;
        value.truncate(20);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unshifts_only_ids_of_the_range() {
        let range = IdRange { base: 100_000, count: 65_536 };
        let check = |id, expected| assert_eq!(unshifted_id(id, range), expected, "{id}");
        check(100_000, Some(0));
        check(101_000, Some(1000));
        check(165_535, Some(65_535));
        check(165_536, None);
        check(99_999, None);
        check(0, None);
    }

    #[test]
    fn converts_capabilities_to_revision_2() {
        let third = |root: u32| {
            let mut value = vec![1, 0, 0, 3];
            value.extend([7; 16]);
            value.extend(root.to_le_bytes());
            value
        };
        let second = [&[1, 0, 0, 2][..], &[7; 16]].concat();
        assert_eq!(to_revision_2(&third(100_000), 100_000), second);
        assert_eq!(to_revision_2(&third(200_000), 100_000), third(200_000));
        assert_eq!(to_revision_2(&second, 100_000), second);
        assert!(to_revision_2(&[], 100_000).is_empty());
    }

    /// Only root may change owners.
    #[test]
    fn restores_owners_of_a_shifted_tree() {
        if !nix::unistd::geteuid().is_root() {
            return;
        }
        let range = IdRange { base: 100_000, count: 65_536 };
        let ids = SysboxIds { uids: range, gids: range };
        let root = tempfile::tempdir().expect("a directory");
        let at = |name: &str| root.path().join(name);
        let outside = tempfile::NamedTempFile::new().expect("a file");
        fs::create_dir_all(at("usr/bin")).expect("directories");
        fs::write(at("usr/bin/su"), "").expect("a file");
        fs::write(at("usr/bin/own"), "").expect("a file");
        std::os::unix::fs::symlink(outside.path(), at("usr/link")).expect("a link");
        let owner = |name: &str| {
            let metadata = fs::symlink_metadata(at(name)).expect("it exists");
            (metadata.uid(), metadata.gid(), metadata.mode() & 0o7777)
        };
        let raise = |name: &str, uid: u32, gid: u32| {
            lchown(at(name), Some(uid), Some(gid)).expect("allowed for root");
        };
        let image = (owner("usr"), owner("usr/link"));
        raise("usr", 100_000, 100_000);
        raise("usr/bin/su", 100_000, 100_005);
        raise("usr/link", 101_000, 101_000);
        raise("usr/bin/own", 1234, 1234);
        fs::set_permissions(at("usr/bin/su"), Permissions::from_mode(0o4755)).expect("a mode");

        restore_owners(root.path(), &ids).expect("all owners restored");
        assert_eq!(owner("usr"), image.0);
        assert_eq!(owner("usr/bin/su"), (0, 5, 0o4755));
        assert_eq!(owner("usr/link"), (1000, 1000, image.1.2), "the link itself");
        assert_eq!(owner("usr/bin/own"), (1234, 1234, owner("usr/bin/own").2));
        assert_eq!(
            fs::metadata(outside.path()).expect("it exists").uid(),
            0,
            "no link is followed"
        );
        restore_owners(root.path(), &ids).expect("already restored");
    }
}
