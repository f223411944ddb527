use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use crate::host::SysboxIds;

/// File name of the copy of this program for containers.
const COPY_NAME: &str = "containai-sysbox-cai";

/// An error from copying the program for containers.
#[derive(Debug, thiserror::Error)]
#[error("cannot copy `{from}` for containers")]
pub(super) struct ProgramCopyError {
    from: PathBuf,
    #[source]
    source: io::Error,
}

/// Returns the copy of the program that belongs to the containers' root, and creates it if it is
/// missing or of another version.
///
/// The program itself belongs to host root and runs on the host. If it were mounted, Sysbox would
/// map its owner to the container's root, and only a mount option would protect it from being
/// written. The copy is never executed on the host.
pub(super) fn copy_program(program: &Path, ids: &SysboxIds) -> Result<PathBuf, ProgramCopyError> {
    let failed = |source| ProgramCopyError { from: program.to_owned(), source };
    let target = program.with_file_name(COPY_NAME);
    let from = fs::metadata(program).map_err(failed)?;
    let is_current = fs::symlink_metadata(&target).is_ok_and(|there| {
        there.is_file()
            && (there.uid(), there.gid()) == (ids.uids.base, ids.gids.base)
            && there.len() == from.len()
            && there.mtime() >= from.mtime()
    });
    if !is_current {
        replace(program, &target, ids).map_err(failed)?;
    }
    Ok(target)
}

fn replace(program: &Path, target: &Path, ids: &SysboxIds) -> io::Result<()> {
    let dir = target.parent().unwrap_or(Path::new("/"));
    let mut file = tempfile::Builder::new().prefix(".containai-sysbox-cai.").tempfile_in(dir)?;
    io::copy(&mut fs::File::open(program)?, file.as_file_mut())?;
    chown(file.path(), Some(ids.uids.base), Some(ids.gids.base))?;
    fs::set_permissions(file.path(), Permissions::from_mode(0o555))?;
    file.persist(target)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only root may change owners; other users test with their own ids.
    fn own_ids() -> SysboxIds {
        let range = |base| crate::host::IdRange { base, count: 65_536 };
        let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
        SysboxIds { uids: range(uid.as_raw()), gids: range(gid.as_raw()) }
    }

    #[test]
    fn copies_once_per_version() {
        let dir = tempfile::tempdir().expect("a directory");
        let program = dir.path().join("containai-runc");
        fs::write(&program, "one").expect("a program");
        let first = copy_program(&program, &own_ids()).expect("a copy");
        let inode = |path: &Path| fs::metadata(path).expect("it exists").ino();
        let made = inode(&first);
        assert_eq!(fs::metadata(&first).expect("it exists").permissions().mode() & 0o7777, 0o555);
        assert_eq!(inode(&copy_program(&program, &own_ids()).expect("a copy")), made);
        fs::write(&program, "three").expect("another version");
        let second = copy_program(&program, &own_ids()).expect("a copy");
        assert_eq!(fs::read_to_string(second).expect("text"), "three");
    }
}
