//! Why an archive was given up.

use std::io;

use super::entry_path::EntryPathError;

/// Why an archive was given up. Until then nothing was written but what it is
/// allowed to hold, below its directory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// It could not be read.
    #[error("cannot read the archive")]
    Read(#[source] io::Error),
    /// It ends in the middle.
    #[error("the archive ends in the middle")]
    Truncated,
    /// It is none; the container sends what it likes.
    #[error("what came is no archive: {0}")]
    Malformed(&'static str),
    /// It names a place outside of its directory.
    #[error("the archive names a place outside: {0}")]
    Path(#[from] EntryPathError),
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

impl ArchiveError {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_reads() {
        let samples = containai_core::samples!(ArchiveError {
            Read: [ArchiveError::Read(io::ErrorKind::ConnectionReset.into())],
            Truncated: [ArchiveError::Truncated],
            Malformed: [ArchiveError::Malformed("a checksum is wrong")],
            Path: [EntryPathError::Upwards { path: "a/../../b".into() }.into()],
            TooMany: [ArchiveError::TooMany { limit: 1000 }],
            TooBig: [ArchiveError::TooBig { path: "a".into(), announced: 4096, free: 512 }],
            NoRoom: [ArchiveError::NoRoom {
                path: "a".into(),
                source: io::ErrorKind::StorageFull.into(),
            }],
        });
        insta::assert_snapshot!(containai_core::fake::worded(&samples));
    }
}
