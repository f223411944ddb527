//! Reading files of a workspace without leaving it.
//!
//! Containers control the workspace, so a path in it can be a symbolic link to the outside, a
//! pipe without a writer, or an endless file.

use std::fs::File;
use std::path::Path;

use containai_core::naming::WorkspacePath;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

pub use crate::openat2::FollowLinks;
use crate::openat2::{DIRECTORY, READ, open_beneath, read_at_most};

/// Reads a text file of at most `limit` bytes; `None` if it does not exist. `path` is relative to
/// the workspace.
///
/// # Errors
///
/// See [`ReadRefused`].
pub fn read(
    workspace: &WorkspacePath,
    path: &Path,
    links: FollowLinks,
    limit: u64,
) -> Result<Option<String>, ReadRefused> {
    let top = workspace.as_path();
    let directory = match rustix::fs::open(top, DIRECTORY | OFlags::NOFOLLOW, Mode::empty()) {
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        directory => directory?,
    };
    let file = match open_beneath(&directory, path, READ, Mode::empty(), links) {
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        file => File::from(file?),
    };
    if !file.metadata()?.is_file() {
        return Err(ReadRefused::NotAFile);
    }
    let bytes = read_at_most(file, limit)?.ok_or(ReadRefused::TooLong { limit })?;
    String::from_utf8(bytes).map(Some).map_err(|_| ReadRefused::NotText)
}

/// The reason why a file of a workspace is not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadRefused {
    /// A symbolic link that leaves the workspace, or any with [`FollowLinks::Never`].
    #[error("the path contains a symbolic link that is not followed")]
    Link,
    /// A directory, pipe, socket or device.
    #[error("it is not a regular file")]
    NotAFile,
    /// The file is longer than the limit.
    #[error("it is longer than {} KiB", limit >> 10)]
    TooLong {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The file is not UTF-8.
    #[error("it is not UTF-8 text")]
    NotText,
    /// The file system fails.
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
        let directory = tempfile::tempdir()?;
        let root = fs::canonicalize(directory.path())?;
        let top = root.join("ws");
        fs::create_dir_all(top.join("sub"))?;
        fs::write(root.join("secret"), "A=leaked\n")?;
        fs::write(top.join("sub/.env"), "A=1\n")?;
        fs::write(top.join("long"), "x".repeat(65))?;
        fs::write(top.join("bytes"), b"\xff")?;
        symlink("..", top.join("out"))?;
        symlink("../secret", top.join("link"))?;
        symlink(root.join("secret"), top.join("absolute"))?;
        symlink("sub/.env", top.join("within"))?;
        let mode = nix::sys::stat::Mode::S_IRWXU;
        nix::unistd::mkfifo(&top.join("pipe"), mode)?;
        let workspace = WorkspacePath::new(&top)?;
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
            TooLong: [ReadRefused::TooLong { limit: 1 << 16 }],
            NotText: [ReadRefused::NotText],
            Io: [ReadRefused::Io(std::io::ErrorKind::PermissionDenied.into())],
        });
        insta::assert_snapshot!(containai_core::testing::render_errors(&samples));
    }
}
