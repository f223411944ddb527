//! One member of an archive.

use std::collections::BTreeMap;

use super::{FileTime, MemberPath, SparseMap};

/// One member of an archive, without its content.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    /// The path.
    pub path: MemberPath,
    /// The type.
    pub kind: MemberKind,
    /// The permissions, twelve bits.
    pub mode: u32,
    /// The owner inside the container.
    pub owner: Owner,
    /// The modification time.
    pub modified: FileTime,
    /// Extended attributes and access control lists, by the keys of their records. Other attributes
    /// are dropped.
    pub attributes: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// The type of a member.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MemberKind {
    /// A regular file, possibly sparse.
    File {
        /// The size in bytes, holes included.
        size: u64,
        /// The stored parts of a sparse file; `None` when the file has no holes.
        sparse_map: Option<SparseMap>,
    },
    /// A directory.
    Directory,
    /// A symbolic link with its target, arbitrary bytes.
    Symlink(Vec<u8>),
    /// A hard link to a preceding file.
    HardLink(MemberPath),
    /// A type that is never archived: a phrase that follows a path.
    Unsupported(&'static str),
}

impl MemberKind {
    /// Returns the number of content bytes in the archive.
    #[must_use]
    pub fn stored_size(&self) -> u64 {
        match self {
            Self::File { sparse_map: Some(parts), .. } => parts.stored_size(),
            Self::File { size, sparse_map: None } => *size,
            _ => 0,
        }
    }
}

/// A user id and a group id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Owner {
    /// The user id.
    pub uid: u64,
    /// The group id.
    pub gid: u64,
}
