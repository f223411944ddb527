//! Fetching git-lfs objects from the container's repository to the host's.
//!
//! Their names are the SHA-256 digests of their contents, so each file can be verified.

use std::fs::{self, Metadata, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::LinkedWorktree;
use super::untrusted_tree::{UntrustedEntry, UntrustedTree};
use crate::git::confined;

/// The directory of git-lfs objects in a repository.
const LFS_OBJECTS: &str = "lfs/objects";

/// Copies the objects that the host lacks, and skips files whose content does not match the name.
pub(crate) fn fetch(worktree: &LinkedWorktree, container: &UntrustedTree) -> crate::Result<()> {
    let files: Vec<_> =
        container.walk(Path::new(LFS_OBJECTS))?.into_iter().filter(is_object).collect();
    let is_new = |it: &UntrustedEntry| !worktree.common.join(&it.path).exists();
    let files: Vec<_> = files.into_iter().filter(is_new).collect();
    if files.is_empty() {
        return Ok(());
    }
    let owner = fs::symlink_metadata(&worktree.common)?;
    confined(std::slice::from_ref(&worktree.common), || {
        files.iter().try_for_each(|file| copy(container, file, &worktree.common, &owner))
    })
}

/// Returns whether the path has the form `lfs/objects/01/23/0123…`.
fn is_object(entry: &UntrustedEntry) -> bool {
    let name = entry.name();
    let is_digest = name.len() == 64
        && name.bytes().all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it));
    is_digest
        && entry.is_file()
        && entry.path == Path::new(LFS_OBJECTS).join(&name[..2]).join(&name[2..4]).join(name)
}

fn copy(
    container: &UntrustedTree,
    entry: &UntrustedEntry,
    common: &Path,
    owner: &Metadata,
) -> crate::Result<()> {
    let Some(file) = container.file(&entry.path)? else { return Ok(()) };
    let target = common.join(&entry.path);
    let is_other_user = nix::unistd::geteuid().is_root() && owner.uid() != 0;
    let mut created = Vec::new();
    let mut parent = target.parent();
    while let Some(path) = parent.filter(|path| !path.exists()) {
        created.push(path.to_owned());
        parent = path.parent();
    }
    for path in created.iter().rev() {
        fs::create_dir(path)?;
    }
    let directory = target.parent().unwrap_or(common);
    let mut copy = tempfile::Builder::new()
        .prefix(".containai-")
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(directory)?;
    let mut digest = Sha256::new();
    // A sparse file is read only up to its allocated size.
    let mut source = file.take(u64::try_from(entry.status.st_blocks)? * 512 + 4096);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let length = source.read(&mut buffer)?;
        if length == 0 {
            break;
        }
        digest.update(&buffer[..length]);
        copy.write_all(&buffer[..length])?;
    }
    let digest = hex::encode(digest.finalize());
    if digest != entry.name() {
        return Ok(());
    }
    copy.as_file().sync_all()?;
    if is_other_user {
        for path in created.iter().map(|it| it.as_path()).chain([copy.path()]) {
            chown(path, Some(owner.uid()), Some(owner.gid()))?;
        }
    }
    copy.persist(&target)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use containai_core::naming::WorkspacePath;

    use super::*;

    #[test]
    fn only_objects_matching_their_name_are_copied() -> anyhow::Result<()> {
        let temp = tempfile::tempdir()?;
        let root = fs::canonicalize(temp.path())?;
        let (common, container) = (root.join("api/.git"), root.join("own"));
        fs::create_dir_all(&common)?;
        let good = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let bad = good.replace('2', "3");
        for name in [good, &bad] {
            let directory = container.join(LFS_OBJECTS).join(&name[..2]).join(&name[2..4]);
            fs::create_dir_all(&directory)?;
            fs::write(directory.join(name), "hello")?;
        }
        let workspace = WorkspacePath::new(root.join("tree"))?;
        let worktree = LinkedWorktree { workspace, entry: common.join("worktrees/tree"), common };
        let tree = UntrustedTree::open(&container)?.expect("a directory");
        fetch(&worktree, &tree)?;
        fetch(&worktree, &tree)?;
        let copied = worktree.common.join(LFS_OBJECTS).join("2c/f2").join(good);
        assert_eq!(fs::read_to_string(copied)?, "hello");
        let others =
            fs::read_dir(worktree.common.join(LFS_OBJECTS).join(&bad[..2]).join(&bad[2..4]))?;
        assert_eq!(others.count(), 0);
        Ok(())
    }
}
