//! Why an archive was given up.

use std::io;

use crate::exit;
use crate::hint::{Advice, Hint};

/// Why an archive was given up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// It could not be read, or is not packed in the way that its first bytes
    /// say.
    #[error("cannot read the archive")]
    Read(#[source] io::Error),
    /// What it is written to does not take it.
    #[error("cannot write the archive")]
    Write(#[source] io::Error),
    /// It ends in the middle; most often a copy of it was interrupted.
    #[error("the archive ends in the middle")]
    Truncated,
    /// It is no tar, or one that says something twice or nonsense.
    #[error("the archive is broken: {0}")]
    Malformed(&'static str),
    /// It does not begin with our manifest; another program made it.
    #[error("the archive is no export of a volume")]
    NotAnExport,
    /// Its manifest is of a format that is not known yet.
    #[error("the archive has format {format}, and only format 1 is known")]
    Newer {
        /// The format.
        format: u64,
    },
    /// It holds a member that is never unpacked; somebody made it up.
    #[error("the archive is refused: `{path}` {reason}")]
    Refused {
        /// The member, escaped.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// It holds more files than there is room for.
    #[error("the archive holds more than {limit} files")]
    TooMany {
        /// The limit.
        limit: u64,
    },
    /// It holds more bytes than there is room for.
    #[error("the archive holds more than the {limit} bytes that are free")]
    TooBig {
        /// The limit, in bytes.
        limit: u64,
    },
}

impl ArchiveError {
    pub(super) fn refused(path: &[u8], reason: &'static str) -> Self {
        Self::Refused { path: show(path), reason }
    }
}

impl Advice for ArchiveError {
    fn exit_code(&self) -> u8 {
        exit::FAILED
    }

    fn hints(&self) -> Vec<Hint> {
        let hint = match self {
            Self::Read(_) | Self::Truncated | Self::Malformed(_) => {
                "see that the file was copied whole; nothing was changed"
            }
            Self::Write(_) => "see that the disk has room, and run again",
            Self::NotAnExport => "only what `cai export` made can be restored",
            Self::Newer { .. } => "use the version of `cai` that made it, or a newer one",
            Self::Refused { .. } => "nothing was unpacked; do not trust whoever made this archive",
            Self::TooMany { .. } | Self::TooBig { .. } => {
                "free space on the disk that holds the engine's volumes; nothing was unpacked"
            }
        };
        vec![Hint::new(hint)]
    }
}

/// A path for a message.
pub(super) fn show(path: &[u8]) -> String {
    String::from_utf8_lossy(path).escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;
    use crate::{fake, samples};

    #[test]
    fn what_a_person_reads() {
        let samples = samples!(ArchiveError {
            Read: [ArchiveError::Read(ErrorKind::PermissionDenied.into())],
            Write: [ArchiveError::Write(ErrorKind::StorageFull.into())],
            Truncated: [ArchiveError::Truncated],
            Malformed: [ArchiveError::Malformed("a checksum is wrong")],
            NotAnExport: [ArchiveError::NotAnExport],
            Newer: [ArchiveError::Newer { format: 2 }],
            Refused: [ArchiveError::refused(b"../\x1b[31mevil", "leads outside")],
            TooMany: [ArchiveError::TooMany { limit: 1000 }],
            TooBig: [ArchiveError::TooBig { limit: 1 << 30 }],
        });
        insta::assert_snapshot!(fake::advised(&samples));
    }
}
