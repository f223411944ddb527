//! A way for bytes past the engine.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::pipe::fcntl_setpipe_size;
use tokio::net::unix::pipe::{OpenOptions, Sender};

/// Where a helper finds the pipe, and the directory that it is in.
pub(super) const PIPE: &str = "/mnt/containai/shortcut/pipe";
const DIRECTORY: &str = "/mnt/containai/shortcut";
/// The pipe's name in its directory.
const NAME: &str = "pipe";
/// What it holds, in bytes: the most that Linux gives to anybody.
const ROOM: usize = 1 << 20;

/// A directory with nothing but a named pipe, which a helper has mounted.
///
/// What goes through the engine is copied by it and by its shim, twice each;
/// through a pipe of one machine it goes as it is. Whether both ends are on one
/// machine shows when it is opened: on another there is nobody who reads.
#[derive(Debug)]
pub(super) struct Shortcut(PathBuf);

impl Shortcut {
    /// Makes it anew, so that nobody has an end of it; `None` where none can be
    /// made, and everything goes through the engine.
    ///
    /// What is above the directory is the user's alone, and nobody else comes to
    /// it. Itself it is everybody's: the helper's root is some user of this
    /// machine. It is a directory because an engine that starts a helper anew
    /// makes one where it misses what was mounted.
    pub(super) fn make(directory: &Path) -> Option<Self> {
        // What an engine would take for more than a path.
        directory.to_str().filter(|text| !text.contains(':'))?;
        DirBuilder::new().recursive(true).mode(0o700).create(directory.parent()?).ok()?;
        let shortcut = Self(directory.to_owned());
        shortcut.clear();
        fs::create_dir(directory).ok()?;
        mknodat(CWD, shortcut.pipe(), FileType::Fifo, Mode::from_raw_mode(0o600), 0).ok()?;
        // Neither call gives a mode that the umask does not.
        fs::set_permissions(directory, Permissions::from_mode(0o755)).ok()?;
        fs::set_permissions(shortcut.pipe(), Permissions::from_mode(0o666)).ok()?;
        Some(shortcut)
    }

    /// How an engine is told of it. A helper may open it, and nothing else.
    pub(super) fn bind(&self) -> String {
        format!("{}:{DIRECTORY}:ro", self.0.display())
    }

    /// Opens the end that is written to; `None` where nobody reads.
    pub(super) fn open(&self) -> Option<Sender> {
        let sender = OpenOptions::new().open_sender(self.pipe()).ok()?;
        let _ = fcntl_setpipe_size(&sender, ROOM);
        Some(sender)
    }

    pub(super) fn remove(self) {
        self.clear();
    }

    /// Takes away what is ours; whatever else there is stays.
    fn clear(&self) {
        let _ = fs::remove_file(self.pipe());
        let _ = fs::remove_dir(&self.0);
    }

    fn pipe(&self) -> PathBuf {
        self.0.join(NAME)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::fs::FileTypeExt as _;

    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[tokio::test]
    async fn it_is_open_only_where_somebody_reads() -> std::io::Result<()> {
        let place = tempfile::tempdir()?;
        let path = place.path().join("pipes/volume");
        let shortcut = Shortcut::make(&path).expect("a pipe");
        let pipe = path.join("pipe");
        assert!(fs::metadata(&pipe)?.file_type().is_fifo());
        for (path, expected) in
            [(&pipe, 0o666), (&path, 0o755), (&place.path().join("pipes"), 0o700)]
        {
            assert_eq!(fs::metadata(path)?.permissions().mode() & 0o777, expected);
        }
        assert!(shortcut.open().is_none(), "nobody reads yet");
        // As the script does: an end that waits for nobody.
        let mut reader = fs::File::options().read(true).write(true).open(&pipe)?;
        let mut sender = shortcut.open().expect("somebody reads");
        sender.write_all(b"content").await?;
        let mut read = [0; 7];
        reader.read_exact(&mut read)?;
        assert_eq!(&read, b"content");
        shortcut.remove();
        assert!(!path.exists());
        Ok(())
    }

    #[test]
    fn it_takes_the_place_of_what_was_left() -> std::io::Result<()> {
        let place = tempfile::tempdir()?;
        let path = place.path().join("volume");
        fs::create_dir(&path)?;
        let first = Shortcut::make(&path).expect("a pipe");
        let end = fs::File::options().read(true).write(true).open(first.pipe())?;
        let second = Shortcut::make(&path).expect("another pipe");
        assert!(second.open().is_none(), "an end of the first one is none of the second");
        drop(end);
        assert_eq!(second.bind(), format!("{}:/mnt/containai/shortcut:ro", path.display()));
        fs::write(path.join("another"), "")?;
        for bad in [&path, &place.path().join("a:b"), &path.join("another/below")] {
            assert!(Shortcut::make(bad).is_none(), "{}", bad.display());
        }
        second.remove();
        assert!(path.join("another").exists());
        Ok(())
    }
}
