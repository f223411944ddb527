//! A named pipe that bypasses the engine.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::pipe::fcntl_setpipe_size;
use tokio::net::unix::pipe::{OpenOptions, Sender};

/// The path of the pipe in a helper container.
pub(super) const PIPE_PATH: &str = "/mnt/containai/shortcut/pipe";
const PIPE_DIRECTORY: &str = "/mnt/containai/shortcut";
/// The pipe's name in its directory.
const PIPE_NAME: &str = "pipe";
/// Capacity of the pipe in bytes: Linux's maximum for unprivileged users.
const PIPE_SIZE: usize = 1 << 20;

/// A directory with only a named pipe, which a helper container mounts.
///
/// The engine and its shim copy a stream several times; a pipe on the same machine avoids that. If
/// the engine runs on another machine, opening the pipe fails, because it has no reader here.
#[derive(Debug)]
pub(super) struct NamedPipe(PathBuf);

impl NamedPipe {
    /// Creates the pipe, replacing a leftover so that no process has an end of it. Returns `None`
    /// if it cannot be created; the data then goes through the engine.
    ///
    /// The parent directory is accessible only to the user. The directory itself is accessible to
    /// all, because the helper's root is another user of this machine. It is a directory because an
    /// engine that restarts a helper creates a directory where a bind mount's source is missing.
    pub(super) fn create(directory: &Path) -> Option<Self> {
        // The engine would parse a colon as a separator.
        directory.to_str().filter(|text| !text.contains(':'))?;
        DirBuilder::new().recursive(true).mode(0o700).create(directory.parent()?).ok()?;
        let pipe = Self(directory.to_owned());
        pipe.unlink();
        fs::create_dir(directory).ok()?;
        mknodat(CWD, pipe.pipe(), FileType::Fifo, Mode::from_raw_mode(0o600), 0).ok()?;
        // Both calls apply the umask to the mode.
        fs::set_permissions(directory, Permissions::from_mode(0o755)).ok()?;
        fs::set_permissions(pipe.pipe(), Permissions::from_mode(0o666)).ok()?;
        Some(pipe)
    }

    /// Returns the bind mount of the pipe. The helper container may open the pipe, but not change
    /// the directory.
    pub(super) fn bind(&self) -> String {
        format!("{}:{PIPE_DIRECTORY}:ro", self.0.display())
    }

    /// Opens the write end; `None` if the pipe has no reader.
    pub(super) fn open_writer(&self) -> Option<Sender> {
        let sender = OpenOptions::new().open_sender(self.pipe()).ok()?;
        let _ = fcntl_setpipe_size(&sender, PIPE_SIZE);
        Some(sender)
    }

    pub(super) fn remove(self) {
        self.unlink();
    }

    /// Removes the pipe, and the directory if it is empty.
    fn unlink(&self) {
        let _ = fs::remove_file(self.pipe());
        let _ = fs::remove_dir(&self.0);
    }

    fn pipe(&self) -> PathBuf {
        self.0.join(PIPE_NAME)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::fs::FileTypeExt as _;

    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[tokio::test]
    async fn pipe_opens_only_with_a_reader() -> std::io::Result<()> {
        let place = tempfile::tempdir()?;
        let path = place.path().join("pipes/volume");
        let named_pipe = NamedPipe::create(&path).expect("a pipe");
        let pipe = path.join("pipe");
        assert!(fs::metadata(&pipe)?.file_type().is_fifo());
        for (path, expected) in
            [(&pipe, 0o666), (&path, 0o755), (&place.path().join("pipes"), 0o700)]
        {
            assert_eq!(fs::metadata(path)?.permissions().mode() & 0o777, expected);
        }
        assert!(named_pipe.open_writer().is_none(), "no reader yet");
        // Opened for reading and writing, like in the script, so that opening does not block.
        let mut reader = fs::File::options().read(true).write(true).open(&pipe)?;
        let mut sender = named_pipe.open_writer().expect("a reader");
        sender.write_all(b"content").await?;
        let mut read = [0; 7];
        reader.read_exact(&mut read)?;
        assert_eq!(&read, b"content");
        named_pipe.remove();
        assert!(!path.exists());
        Ok(())
    }

    #[test]
    fn new_pipe_replaces_a_leftover() -> std::io::Result<()> {
        let place = tempfile::tempdir()?;
        let path = place.path().join("volume");
        fs::create_dir(&path)?;
        let first = NamedPipe::create(&path).expect("a pipe");
        let end = fs::File::options().read(true).write(true).open(first.pipe())?;
        let second = NamedPipe::create(&path).expect("another pipe");
        assert!(second.open_writer().is_none(), "an end of the first one is none of the second");
        drop(end);
        assert_eq!(second.bind(), format!("{}:/mnt/containai/shortcut:ro", path.display()));
        fs::write(path.join("another"), "")?;
        for bad in [&path, &place.path().join("a:b"), &path.join("another/below")] {
            assert!(NamedPipe::create(bad).is_none(), "{}", bad.display());
        }
        second.remove();
        assert!(path.join("another").exists());
        Ok(())
    }
}
