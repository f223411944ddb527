//! Files of a workspace, read without leaving it.
//!
//! Whoever writes the workspace chooses what stands there: links to elsewhere,
//! pipes that nobody writes to, files without an end.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use containai_core::naming::WorkspacePath;
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

/// Whether links are followed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FollowLinks {
    /// Within the workspace.
    WithinWorkspace,
    /// None at all.
    Never,
}

/// Reads a text of at most `most` bytes; `None` where nothing stands there.
/// `path` is relative to the workspace.
pub fn read(
    workspace: &WorkspacePath,
    path: &Path,
    links: FollowLinks,
    most: u64,
) -> Result<Option<String>, ReadRefused> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let directory = match rustix::fs::openat(
        CWD,
        workspace.as_path(),
        flags | OFlags::DIRECTORY | OFlags::NOFOLLOW,
        Mode::empty(),
    ) {
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        directory => directory?,
    };
    let mut resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    if links == FollowLinks::Never {
        resolve |= ResolveFlags::NO_SYMLINKS;
    }
    // A pipe is opened without waiting for somebody at its other end.
    let flags = flags | OFlags::NONBLOCK | OFlags::NOCTTY;
    let opened = loop {
        match rustix::fs::openat2(&directory, path, flags, Mode::empty(), resolve) {
            // Something was renamed meanwhile, openat2(2).
            Err(Errno::AGAIN) => {}
            outcome => break outcome,
        }
    };
    let file = match opened {
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        file => File::from(file?),
    };
    if !file.metadata()?.is_file() {
        return Err(ReadRefused::NotAFile);
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(ReadRefused::TooLong { most });
    }
    String::from_utf8(bytes).map(Some).map_err(|_| ReadRefused::NotText)
}

/// What stands there is not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadRefused {
    /// A link that leaves the workspace, or any where none may be.
    #[error("a link on the way leads elsewhere")]
    Link,
    /// A directory, a pipe, a device.
    #[error("it is not a regular file")]
    NotAFile,
    /// Longer than anybody would write it.
    #[error("it is longer than {} KiB", most >> 10)]
    TooLong {
        /// The longest, in bytes.
        most: u64,
    },
    /// Not UTF-8.
    #[error("it is not UTF-8 text")]
    NotText,
    /// The file system refuses.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl From<Errno> for ReadRefused {
    fn from(error: Errno) -> Self {
        match error {
            Errno::LOOP | Errno::XDEV => Self::Link,
            error => Self::Io(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_and_pipes_are_refused_without_blocking() -> anyhow::Result<()> {
        let place = tempfile::tempdir()?;
        let root = fs::canonicalize(place.path())?;
        let inside = root.join("ws");
        fs::create_dir_all(inside.join("sub"))?;
        fs::write(root.join("secret"), "A=leaked\n")?;
        fs::write(inside.join("sub/.env"), "A=1\n")?;
        fs::write(inside.join("long"), "x".repeat(65))?;
        fs::write(inside.join("bytes"), b"\xff")?;
        symlink("..", inside.join("out"))?;
        symlink("../secret", inside.join("link"))?;
        symlink(root.join("secret"), inside.join("absolute"))?;
        symlink("sub/.env", inside.join("within"))?;
        let pipe = nix::sys::stat::Mode::S_IRWXU;
        nix::unistd::mkfifo(&inside.join("pipe"), pipe)?;
        let workspace = WorkspacePath::new(&inside)?;
        let check =
            |path: &str, links: FollowLinks| match read(&workspace, Path::new(path), links, 64) {
                Ok(text) => text.unwrap_or_else(|| "nothing".to_owned()),
                Err(error) => error.to_string(),
            };
        assert_eq!(check("sub/../sub/.env", FollowLinks::WithinWorkspace), "A=1\n");
        assert_eq!(check("within", FollowLinks::WithinWorkspace), "A=1\n");
        assert_eq!(check("none/at/all", FollowLinks::WithinWorkspace), "nothing");
        for path in ["out/secret", "link", "absolute", "../secret", "sub/../../secret"] {
            assert_eq!(
                check(path, FollowLinks::WithinWorkspace),
                ReadRefused::Link.to_string(),
                "{path}"
            );
        }
        assert_eq!(check("within", FollowLinks::Never), ReadRefused::Link.to_string());
        assert_eq!(check("pipe", FollowLinks::WithinWorkspace), ReadRefused::NotAFile.to_string());
        assert_eq!(check("sub", FollowLinks::WithinWorkspace), ReadRefused::NotAFile.to_string());
        assert_eq!(check("bytes", FollowLinks::WithinWorkspace), ReadRefused::NotText.to_string());
        assert!(check("long", FollowLinks::WithinWorkspace).contains("longer"));
        Ok(())
    }

    #[test]
    fn error_messages() {
        let samples = containai_core::samples!(ReadRefused {
            Link: [ReadRefused::Link],
            NotAFile: [ReadRefused::NotAFile],
            TooLong: [ReadRefused::TooLong { most: 1 << 16 }],
            NotText: [ReadRefused::NotText],
            Io: [ReadRefused::Io(std::io::ErrorKind::PermissionDenied.into())],
        });
        insta::assert_snapshot!(containai_core::testing::render_errors(&samples));
    }
}
