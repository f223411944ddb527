//! Errors of copies.

use std::io;
use std::path::PathBuf;

use containai_core::archive::ArchiveError;
use containai_core::disk_full;
use containai_core::exit;
use containai_core::hint::{Advice, Hint};
use containai_core::remote::RemoteError;

use super::unpack_error::UnpackError;

/// The reason why a copy failed, in whole or in part.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The session failed.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The source does not exist, or is not accessible.
    #[error("cannot copy `{path}`: {reason}")]
    Missing {
        /// The source, escaped.
        path: String,
        /// The system's error.
        reason: String,
    },
    /// The source is `/` or ends with `..`.
    #[error("`{path}` has no name for its copy")]
    Nameless {
        /// The source, escaped.
        path: String,
    },
    /// The source is a device, pipe or socket.
    #[error("`{path}` is not a file, directory or link")]
    Special {
        /// The source, escaped.
        path: String,
    },
    /// The destination has to be a directory here.
    #[error("`{path}` is not a directory")]
    NotADirectory {
        /// The destination, escaped.
        path: String,
    },
    /// A path of the host has a symbolic link that the container may have
    /// created.
    #[error("`{}` is a symbolic link that the container may have created", .path.display())]
    UntrustedLink {
        /// The link.
        path: PathBuf,
    },
    /// A file of the host cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file, escaped.
        path: String,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// A file of the host cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The file, escaped.
        path: String,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// Another copy of the same file is running.
    #[error("another copy of `{path}` is running")]
    Busy {
        /// The file, escaped.
        path: String,
    },
    /// The source announces more bytes than the disk has space for.
    #[error("`{path}` has {announced} bytes, but only {free} are available")]
    TooBig {
        /// The file, escaped.
        path: String,
        /// The announced size.
        announced: u64,
        /// The available space.
        free: u64,
    },
    /// Fewer bytes arrived than were announced: the connection or the command
    /// failed, or the file shrank. The received part is kept.
    #[error("only {received} of {announced} bytes of `{path}` were copied")]
    Incomplete {
        /// The file, escaped.
        path: String,
        /// The number of received bytes.
        received: u64,
        /// The announced size.
        announced: u64,
    },
    /// A command in the container failed.
    #[error("the container cannot {what} `{path}`: {stderr}")]
    RemoteCommand {
        /// The operation.
        what: &'static str,
        /// The file, escaped.
        path: String,
        /// The last line of its standard error.
        stderr: String,
    },
    /// The container's reply is malformed.
    #[error("the container sent an unexpected reply about `{path}`")]
    UnexpectedReply {
        /// The file, escaped.
        path: String,
    },
    /// Unpacking was aborted.
    #[error("cannot unpack `{path}`")]
    Archive {
        /// The directory, escaped.
        path: String,
        /// The error of the archive.
        #[source]
        source: UnpackError,
    },
}

impl Advice for TransferError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Remote(error) => error.exit_code(),
            _ => exit::FAILED,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        let hint = match self {
            Self::Remote(error) => return error.hints(),
            Self::Write { source, .. }
            | Self::Archive { source: UnpackError::DiskFull { source, .. }, .. }
                if disk_full::is_full(source) =>
            {
                return vec![disk_full::hint()];
            }
            Self::NotADirectory { .. } => {
                "create the destination directory first; it is required for a directory and for several sources"
            }
            Self::Nameless { .. } => "name the directory, or append `/.` for its contents",
            Self::UntrustedLink { .. } => "check its target, and use that path instead",
            Self::Incomplete { .. } => "run the same command again to resume the copy",
            Self::Busy { .. } => "wait for it to finish, or stop it",
            Self::Missing { .. } => {
                "paths in the container are relative to the workspace; start other paths with `/` or `~/`"
            }
            Self::Archive {
                source:
                    UnpackError::Archive(ArchiveError::Refused { .. } | ArchiveError::Malformed(_)),
                ..
            } => {
                "nothing was written outside of the destination; check `tar` in the container before you trust it again"
            }
            Self::TooBig { .. }
            | Self::Archive {
                source: UnpackError::TooBig { .. } | UnpackError::DiskFull { .. },
                ..
            } => "free disk space, or copy to another disk",
            Self::Special { .. } => "choose a file, a directory or a link",
            Self::Read { .. } => "check that you can read it, and run the same command again",
            Self::Write { .. } => {
                "check its permissions and the free disk space, and run the same command again"
            }
            Self::RemoteCommand { .. } => {
                "inspect it with `cai shell`, and run the same command again"
            }
            Self::UnexpectedReply { .. } => {
                "check `sh`, `stat` and `cat` in the container before you trust it again"
            }
            Self::Archive { .. } => "run the same command again",
        };
        vec![Hint::new(hint)]
    }
}

#[cfg(test)]
mod tests {
    use containai_core::archive::MemberPath;
    use containai_core::{samples, testing};
    use io::ErrorKind;

    use super::*;

    #[test]
    fn error_messages() {
        let path = || "/src/api/a\\nb".to_owned();
        let archive = |source| TransferError::Archive { path: path(), source };
        let samples = samples!(TransferError {
            Remote: [TransferError::Remote(RemoteError::Refused { what: "a command" })],
            Missing: [TransferError::Missing {
                path: path(),
                reason: "No such file or directory".into()
            }],
            Nameless: [TransferError::Nameless { path: "..".into() }],
            Special: [TransferError::Special { path: path() }],
            NotADirectory: [TransferError::NotADirectory { path: path() }],
            UntrustedLink: [TransferError::UntrustedLink { path: "/src/api/link".into() }],
            Read: [TransferError::Read {
                path: path(),
                source: ErrorKind::PermissionDenied.into()
            }],
            Write: [TransferError::Write { path: path(), source: ErrorKind::StorageFull.into() }],
            Busy: [TransferError::Busy { path: path() }],
            TooBig: [TransferError::TooBig { path: path(), announced: 4096, free: 512 }],
            Incomplete: [TransferError::Incomplete {
                path: path(),
                received: 512,
                announced: 4096
            }],
            RemoteCommand: [TransferError::RemoteCommand {
                what: "write",
                path: path(),
                stderr: "Permission denied".into(),
            }],
            UnexpectedReply: [TransferError::UnexpectedReply { path: path() }],
            Archive: [
                archive(MemberPath::parse(b"/etc/passwd").expect_err("it is absolute").into()),
                archive(ArchiveError::Malformed("a checksum is wrong").into()),
                archive(UnpackError::TooBig { path: path(), announced: 4096, free: 512 }),
                archive(UnpackError::DiskFull {
                    path: path(),
                    source: ErrorKind::StorageFull.into()
                }),
                archive(ArchiveError::Truncated.into()),
            ],
        });
        insta::assert_snapshot!(testing::render_errors_with_hints(&samples));
    }
}
