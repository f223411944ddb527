//! Atomic replacement of files.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::error::SetupError;

/// Reads a file; `None` if it does not exist.
pub(crate) fn read_optional(path: &Path) -> Result<Option<String>, SetupError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(file_error(path)(error)),
    }
}

/// Writes `content` to `path` atomically with the permission bits of `mode`, and creates missing
/// directories. A concurrent reader sees either the old or the new file.
pub(crate) fn write_atomic(path: &Path, content: &[u8], mode: u32) -> Result<(), SetupError> {
    replace(path, mode, |file| file.write_all(content))
}

/// Copies a file atomically.
pub(crate) fn copy_atomic(from: &Path, to: &Path, mode: u32) -> Result<(), SetupError> {
    let mut source = File::open(from).map_err(file_error(from))?;
    replace(to, mode, |file| io::copy(&mut source, file).map(drop))
}

/// Creates or replaces the symbolic link `path` to `target` atomically.
pub(crate) fn link_atomic(target: &Path, path: &Path) -> Result<(), SetupError> {
    let dir = path.parent().unwrap_or(Path::new("/"));
    // symlink(2) fails on an existing path; rename(2) replaces it.
    let link = tempfile::Builder::new()
        .make_in(dir, |candidate| symlink(target, candidate))
        .map_err(file_error(path))?;
    link.into_temp_path().persist(path).map_err(|error| file_error(path)(error.error))
}

fn replace(
    path: &Path,
    mode: u32,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<(), SetupError> {
    let dir = path.parent().unwrap_or(Path::new("/"));
    create_dirs(dir)?;
    let write = || {
        let mut file = tempfile::Builder::new().tempfile_in(dir)?;
        fill(file.as_file_mut())?;
        // Independent of the umask.
        file.as_file().set_permissions(Permissions::from_mode(mode))?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        File::open(dir)?.sync_all()
    };
    write().map_err(file_error(path))
}

/// Creates missing directories with mode 0755. The umask of a hardened host would hide them from
/// the users who use the engine.
pub(crate) fn create_dirs(dir: &Path) -> Result<(), SetupError> {
    let missing: Vec<_> = dir.ancestors().take_while(|path| !path.exists()).collect();
    let create = |path: &Path| match DirBuilder::new().mode(0o755).create(path) {
        Ok(()) => fs::set_permissions(path, Permissions::from_mode(0o755)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    };
    missing.into_iter().rev().try_for_each(|path| create(path).map_err(file_error(path)))
}

/// Creates an empty file with mode 0644 if it is missing.
pub(crate) fn create_if_missing(path: &Path) -> Result<(), SetupError> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(file) => file.set_permissions(Permissions::from_mode(0o644)).map_err(file_error(path)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(file_error(path)(error)),
    }
}

/// Adds the path to an I/O error.
pub(crate) fn file_error(path: &Path) -> impl FnOnce(io::Error) -> SetupError {
    let path: PathBuf = path.to_owned();
    move |source| SetupError::File { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_links_atomically() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a/b");
        write_atomic(&path, b"one", 0o600).expect("written");
        write_atomic(&path, b"two", 0o755).expect("replaced");
        assert_eq!(read_optional(&path).expect("read").as_deref(), Some("two"));
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o7777, 0o755);
        let link = dir.path().join("a/c");
        for _ in 0..2 {
            link_atomic(Path::new("b"), &link).expect("linked");
        }
        assert_eq!(fs::read_dir(dir.path().join("a")).expect("a directory").count(), 2);
    }
}
