//! Why nothing, or not everything, was copied.

use std::io;
use std::path::PathBuf;

use containai_core::archive::ArchiveError;
use containai_core::exit;
use containai_core::hint::{Advice, Hint};
use containai_core::remote::RemoteError;

use super::unpack_error::UnpackError;

/// Why nothing, or not everything, was copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The session failed.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The source is not there, or nobody may look.
    #[error("cannot copy `{path}`: {reason}")]
    Missing {
        /// The source, escaped.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// The source is `/` or ends in `..`.
    #[error("`{path}` has no name that its copy could have")]
    Nameless {
        /// The source, escaped.
        path: String,
    },
    /// The source is a device, pipe or socket.
    #[error("`{path}` is no file, directory or link")]
    Special {
        /// The source, escaped.
        path: String,
    },
    /// The destination has to be a directory for this.
    #[error("`{path}` is not a directory")]
    NotADirectory {
        /// The destination, escaped.
        path: String,
    },
    /// A path of the host leads through a link that the container may have
    /// made.
    #[error("`{}` is a link, and the container may have made it", .path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// A file of the host could not be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file, escaped.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file of the host could not be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The file, escaped.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another copy of the same file is under way.
    #[error("another copy of `{path}` is under way")]
    Busy {
        /// The file, escaped.
        path: String,
    },
    /// The source announces more bytes than the disk has room for.
    #[error("`{path}` has {announced} bytes, and {free} are free")]
    TooBig {
        /// The file, escaped.
        path: String,
        /// How big it says it is.
        announced: u64,
        /// How much room there is.
        free: u64,
    },
    /// Less came than was announced: the connection or the command broke, or
    /// the file shrank. What came is kept.
    #[error("`{path}` came only up to byte {received} of {announced}")]
    Incomplete {
        /// The file, escaped.
        path: String,
        /// How much of it there is.
        received: u64,
        /// How big it was announced.
        announced: u64,
    },
    /// A command in the container failed.
    #[error("the container could not {what} `{path}`: {said}")]
    Inside {
        /// What it should have done.
        what: &'static str,
        /// The file, escaped.
        path: String,
        /// The end of what it wrote to its standard error.
        said: String,
    },
    /// What the container sent instead of an answer makes no sense.
    #[error("the container's answer about `{path}` makes no sense")]
    Nonsense {
        /// The file, escaped.
        path: String,
    },
    /// The archive was given up.
    #[error("cannot unpack `{path}`")]
    Archive {
        /// The directory, escaped.
        path: String,
        /// What is wrong with it.
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
            Self::NotADirectory { .. } => {
                "make the directory first; several sources, and a directory, need one to go to"
            }
            Self::Nameless { .. } => "name the directory itself, or its contents with `/.`",
            Self::Link { .. } => "look where it leads, and name that place instead",
            Self::Incomplete { .. } => "run the same command again to go on where it stopped",
            Self::Busy { .. } => "wait for it, or end it",
            Self::Missing { .. } => {
                "in the container a path is relative to the workspace; begin it with `/` or `~/` otherwise"
            }
            Self::Archive {
                source:
                    UnpackError::Archive(ArchiveError::Refused { .. } | ArchiveError::Malformed(_)),
                ..
            } => {
                "nothing was written outside; look at what `tar` is in the container before you trust it again"
            }
            Self::TooBig { .. }
            | Self::Archive {
                source: UnpackError::TooBig { .. } | UnpackError::NoRoom { .. },
                ..
            } => "make room, or copy to another disk",
            Self::Special { .. } => "name a file, a directory or a link",
            Self::Read { .. } => "see that you may read it, and run the same command again",
            Self::Write { .. } => {
                "see that you may write it and that its disk has room, and run the same command again"
            }
            Self::Inside { .. } => "look at it with `cai shell`, and run the same command again",
            Self::Nonsense { .. } => {
                "look at what `sh`, `stat` and `cat` are in the container before you trust it again"
            }
            Self::Archive { .. } => "run the same command again",
        };
        vec![Hint::new(hint)]
    }
}

#[cfg(test)]
mod tests {
    use containai_core::archive::MemberPath;
    use containai_core::{fake, samples};
    use io::ErrorKind;

    use super::*;

    #[test]
    fn what_a_person_reads() {
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
            Link: [TransferError::Link { path: "/src/api/link".into() }],
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
            Inside: [TransferError::Inside {
                what: "write",
                path: path(),
                said: "Permission denied".into(),
            }],
            Nonsense: [TransferError::Nonsense { path: path() }],
            Archive: [
                archive(MemberPath::parse(b"/etc/passwd").expect_err("it is absolute").into()),
                archive(ArchiveError::Malformed("a checksum is wrong").into()),
                archive(UnpackError::TooBig { path: path(), announced: 4096, free: 512 }),
                archive(UnpackError::NoRoom {
                    path: path(),
                    source: ErrorKind::StorageFull.into()
                }),
                archive(ArchiveError::Truncated.into()),
            ],
        });
        insta::assert_snapshot!(fake::advised(&samples));
    }
}
