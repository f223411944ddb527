//! Errors of reading and writing archives.

use std::io;

use crate::disk_full;
use crate::exit;
use crate::hint::{Advice, Hint};

/// An error while reading, checking or writing an archive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The archive cannot be read, or its content does not match its compression format.
    #[error("cannot read the archive")]
    Read(#[source] io::Error),
    /// The output cannot be written.
    #[error("cannot write the archive")]
    Write(#[source] io::Error),
    /// The archive ends early; usually an interrupted copy.
    #[error("the archive is truncated")]
    Truncated,
    /// The file is not a tar archive, or contains contradictory or invalid headers.
    #[error("the archive is malformed: {0}")]
    Malformed(&'static str),
    /// The archive does not start with an [`ArchiveManifest`](super::ArchiveManifest); another program created it.
    #[error("the archive is not a volume export")]
    NotAnExport,
    /// The manifest has an unknown format version.
    #[error("unsupported archive format {format}: only format 1 is supported")]
    UnsupportedFormat {
        /// The format.
        format: u64,
    },
    /// A member must never be unpacked; the archive was crafted.
    #[error("refusing the archive: `{path}` {reason}")]
    Refused {
        /// The path of the member, escaped.
        path: String,
        /// The reason, a phrase that follows the path.
        reason: &'static str,
    },
    /// The archive contains more entries than allowed.
    #[error("the archive contains more than {limit} files")]
    TooManyEntries {
        /// The limit.
        limit: u64,
    },
    /// The archive needs more space than allowed.
    #[error("the archive needs more than the {limit} bytes of free space")]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
}

impl ArchiveError {
    pub(super) fn refused(path: &[u8], reason: &'static str) -> Self {
        Self::Refused { path: escape_path(path), reason }
    }
}

impl Advice for ArchiveError {
    fn exit_code(&self) -> u8 {
        exit::FAILED
    }

    fn hints(&self) -> Vec<Hint> {
        let hint = match self {
            Self::Write(source) if disk_full::is_full(source) => return vec![disk_full::hint()],
            Self::Read(_) | Self::Truncated | Self::Malformed(_) => {
                "check that the file was copied completely; nothing was changed"
            }
            Self::Write(_) => "free disk space and run the command again",
            Self::NotAnExport => "use an archive created by `cai export`",
            Self::UnsupportedFormat { .. } => {
                "use the `cai` version that created the archive, or a newer one"
            }
            Self::Refused { .. } => "do not trust the source of this archive; nothing was unpacked",
            Self::TooManyEntries { .. } | Self::TooLarge { .. } => {
                "free space on the disk that holds the engine's volumes; nothing was unpacked"
            }
        };
        vec![Hint::new(hint)]
    }
}

/// Returns a path with control characters escaped, for messages.
pub(super) fn escape_path(path: &[u8]) -> String {
    String::from_utf8_lossy(path).escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;
    use crate::{samples, testing};

    #[test]
    fn messages_and_hints() {
        let samples = samples!(ArchiveError {
            Read: [ArchiveError::Read(ErrorKind::PermissionDenied.into())],
            Write: [ArchiveError::Write(ErrorKind::StorageFull.into())],
            Truncated: [ArchiveError::Truncated],
            Malformed: [ArchiveError::Malformed("incorrect header checksum")],
            NotAnExport: [ArchiveError::NotAnExport],
            UnsupportedFormat: [ArchiveError::UnsupportedFormat { format: 2 }],
            Refused: [ArchiveError::refused(b"../\x1b[31mevil", "contains `..`")],
            TooManyEntries: [ArchiveError::TooManyEntries { limit: 1000 }],
            TooLarge: [ArchiveError::TooLarge { limit: 1 << 30 }],
        });
        insta::assert_snapshot!(testing::render_errors_with_hints(&samples));
    }
}
