//! The socket of the daemon.

use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

use crate::files::{PRIVATE_MODE, ensure_private_dir};

/// The maximum length of a socket's path, in bytes (unix(7), `sun_path`).
const MAX_PATH_LEN: usize = 107;

/// The exclusive right to listen on a path: a lock file next to it, held until
/// this is dropped or its process exits. The holder owns the socket's path.
pub(super) struct MuxSocket {
    path: PathBuf,
    _lock: File,
}

impl MuxSocket {
    /// Acquires the path; `None` if another process holds it.
    pub(super) fn acquire(path: &Path) -> io::Result<Option<Self>> {
        let directory = path.parent().unwrap_or(Path::new("/"));
        ensure_private_dir(directory)?;
        if !is_private(directory) {
            return Err(ErrorKind::PermissionDenied.into());
        }
        let mut options = File::options();
        let lock = options.create(true).truncate(false).write(true).mode(PRIVATE_MODE);
        let lock = lock.open(path.with_extension("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { path: path.to_owned(), _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Listens. The socket gets its name when it is ready, and replaces a
    /// leftover one.
    pub(super) fn listen(&self) -> io::Result<UnixListener> {
        let new = self.path.with_extension("new");
        match fs::remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&new)?;
        fs::set_permissions(&new, Permissions::from_mode(PRIVATE_MODE))?;
        fs::rename(&new, &self.path)?;
        Ok(listener)
    }
}

impl Drop for MuxSocket {
    /// Removes the socket before it releases the lock.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether a socket at this path can only belong to this user.
pub(super) fn is_trusted(path: &Path) -> bool {
    path.as_os_str().len() <= MAX_PATH_LEN && path.parent().is_some_and(is_private)
}

/// Whether a daemon could listen on this path.
pub(super) fn has_valid_length(path: &Path) -> bool {
    path.as_os_str().len() <= MAX_PATH_LEN
}

/// Whether only this user can create files in a directory.
fn is_private(directory: &Path) -> bool {
    let ours = rustix::process::geteuid().as_raw();
    fs::symlink_metadata(directory).is_ok_and(|metadata| {
        metadata.is_dir() && metadata.uid() == ours && metadata.mode() & 0o077 == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_one_process_holds_the_socket() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("new/mux.sock");
        assert!(!is_trusted(&path));
        let socket = MuxSocket::acquire(&path)?.expect("the path is free");
        let _listener = socket.listen()?;
        assert!(is_trusted(&path));
        assert!(MuxSocket::acquire(&path)?.is_none());
        assert_eq!(fs::metadata(&path)?.mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(dir.path().join("new"))?.mode() & 0o777, 0o700);
        drop(socket);
        assert!(!path.exists());
        let next = MuxSocket::acquire(&path)?.expect("the path is free again");
        fs::write(&path, "left behind")?;
        next.listen()?;
        Ok(())
    }

    #[test]
    fn a_shared_directory_is_not_trusted() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("mux.sock");
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755))?;
        assert!(!is_trusted(&path));
        let link = tempfile::tempdir()?;
        std::os::unix::fs::symlink("/root", link.path().join("run"))?;
        assert!(!is_trusted(&link.path().join("run/mux.sock")));
        assert!(!has_valid_length(&dir.path().join("x".repeat(100))));
        Ok(())
    }
}
