//! Errors of unpacking.

use std::io;

use containai_core::archive::ArchiveError;
use containai_core::disk_full;
use containai_core::exit;
use containai_core::hint::{Advice, Hint};

/// The reason why unpacking was aborted. Up to then only valid entries were
/// written, below the destination.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnpackError {
    /// The archive is malformed, or has a path outside of the destination. Its
    /// content is untrusted.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The archive has more files than the limit.
    #[error("the archive contains more than {limit} files")]
    TooMany {
        /// The limit, or the number of files that the disk has space for.
        limit: u64,
    },
    /// An entry announces more bytes than the available space; it was not
    /// written.
    #[error("`{path}` announces {announced} bytes, but only {free} are available")]
    TooBig {
        /// The file, escaped.
        path: String,
        /// The announced size.
        announced: u64,
        /// The remaining limit.
        free: u64,
    },
    /// The disk is full, or rejects writes.
    #[error("cannot write `{path}`")]
    DiskFull {
        /// The file, escaped.
        path: String,
        /// The system's error.
        #[source]
        source: io::Error,
    },
}

impl UnpackError {
    /// Whether the error affects every later file.
    pub(super) fn is_disk_error(error: &io::Error) -> bool {
        disk_full::is_full(error)
            || error.kind() == io::ErrorKind::ReadOnlyFilesystem
            || error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
    }
}

impl Advice for UnpackError {
    fn exit_code(&self) -> u8 {
        exit::FAILED
    }

    fn hints(&self) -> Vec<Hint> {
        let hint = match self {
            Self::Archive(ArchiveError::Refused { .. } | ArchiveError::Malformed(_)) => {
                "nothing was written outside of the destination; check the source of the archive before you trust it again"
            }
            Self::Archive(_) => {
                "check that the archive is complete, and run the same command again"
            }
            Self::DiskFull { source, .. } if disk_full::is_full(source) => {
                return vec![disk_full::hint()];
            }
            Self::TooMany { .. } => "copy it in parts",
            Self::TooBig { .. } | Self::DiskFull { .. } => {
                "free disk space, or copy to another disk"
            }
        };
        vec![Hint::new(hint)]
    }
}

#[cfg(test)]
mod tests {
    use containai_core::archive::MemberPath;

    use super::*;

    #[test]
    fn error_messages() {
        let samples = containai_core::samples!(UnpackError {
            Archive: [
                MemberPath::parse(b"a/../../b").expect_err("it leads upwards").into(),
                ArchiveError::Malformed("a checksum is wrong").into(),
                ArchiveError::Truncated.into(),
            ],
            TooMany: [UnpackError::TooMany { limit: 1000 }],
            TooBig: [UnpackError::TooBig { path: "a".into(), announced: 4096, free: 512 }],
            DiskFull: [UnpackError::DiskFull {
                path: "a".into(),
                source: io::ErrorKind::StorageFull.into(),
            }],
        });
        insta::assert_snapshot!(containai_core::testing::render_errors_with_hints(&samples));
    }
}
