//! A file, directory or link of an import.

use containai_core::import::FileStat;

/// The coarsest time stamps of file systems, in nanoseconds.
const CLOCK_GRANULARITY: i128 = 100_000_000;

/// A file, directory or link that belongs on the volume.
#[derive(Clone, Debug)]
pub(crate) struct ImportCandidate {
    /// The permissions on the volume.
    pub(crate) mode: u32,
    /// The modification time, in nanoseconds since 1970.
    pub(crate) modified: i128,
    /// The content.
    pub(crate) content: CandidateContent,
    /// Identifies the rules for secrets in a file that has not been screened yet; otherwise empty.
    pub(crate) screening_key: String,
}

/// The content of a candidate.
#[derive(Clone, Debug)]
pub(crate) enum CandidateContent {
    /// A directory.
    Directory,
    /// A symbolic link to this target.
    Link(String),
    /// A file with this content.
    Bytes(Vec<u8>),
    /// A file in the home directory.
    File {
        /// The path, relative to the home directory; no part of it is a link.
        path: String,
        /// The path as the user sees it, where a part may be a link.
        name: String,
        /// The metadata of the scan.
        stat: FileStat,
    },
    /// The default content of a file, which is created only if it does not exist.
    Default(Vec<u8>),
}

impl ImportCandidate {
    /// Returns a candidate that ContainAI generates, which contains no secrets.
    pub(super) fn generated(mode: u32, modified: i128, content: CandidateContent) -> Self {
        Self { mode, modified, content, screening_key: String::new() }
    }

    /// Returns whether a later change of the file changes its metadata. A file that changed just now
    /// can change again within the granularity of its time stamps.
    pub(crate) fn is_stable(stat: FileStat, now: i128) -> bool {
        stat.changed.max(stat.modified) + CLOCK_GRANULARITY < now
    }
}
