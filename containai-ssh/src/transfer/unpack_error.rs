//! Why unpacking was given up.

use std::io;

use containai_core::archive::ArchiveError;
use containai_core::exit;
use containai_core::hint::{Advice, Hint};

/// Why unpacking was given up. Until then nothing was written but what an
/// archive is allowed to hold, below its directory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnpackError {
    /// The archive is broken, or names a place outside; whoever made it sends
    /// what it likes.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// It holds more files than the limit.
    #[error("the archive holds more than {limit} files")]
    TooMany {
        /// The limit, or how many the disk has room for.
        limit: u64,
    },
    /// It announces more bytes than there is room for; they were not taken.
    #[error("`{path}` announces {announced} bytes where {free} are free")]
    TooBig {
        /// The file, escaped.
        path: String,
        /// How big it says it is.
        announced: u64,
        /// How much more was allowed.
        free: u64,
    },
    /// The disk is full, or does not take writes any more.
    #[error("cannot write `{path}`")]
    NoRoom {
        /// The file, escaped.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl UnpackError {
    /// Whether the system's answer concerns every file to come.
    pub(super) fn is_about_the_disk(error: &io::Error) -> bool {
        matches!(
            error.kind(),
            io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::ReadOnlyFilesystem
        ) || error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
    }
}

impl Advice for UnpackError {
    fn exit_code(&self) -> u8 {
        exit::FAILED
    }

    fn hints(&self) -> Vec<Hint> {
        let hint = match self {
            Self::Archive(ArchiveError::Refused { .. } | ArchiveError::Malformed(_)) => {
                "nothing was written outside; look at what made it before you trust it again"
            }
            Self::Archive(_) => "see that all of it is there, and run the same command again",
            Self::TooMany { .. } => "copy a part of it at a time",
            Self::TooBig { .. } | Self::NoRoom { .. } => "make room, or copy to another disk",
        };
        vec![Hint::new(hint)]
    }
}

#[cfg(test)]
mod tests {
    use containai_core::archive::MemberPath;

    use super::*;

    #[test]
    fn what_a_person_reads() {
        let samples = containai_core::samples!(UnpackError {
            Archive: [
                MemberPath::parse(b"a/../../b").expect_err("it leads upwards").into(),
                ArchiveError::Malformed("a checksum is wrong").into(),
                ArchiveError::Truncated.into(),
            ],
            TooMany: [UnpackError::TooMany { limit: 1000 }],
            TooBig: [UnpackError::TooBig { path: "a".into(), announced: 4096, free: 512 }],
            NoRoom: [UnpackError::NoRoom {
                path: "a".into(),
                source: io::ErrorKind::StorageFull.into(),
            }],
        });
        insta::assert_snapshot!(containai_core::fake::advised(&samples));
    }
}
