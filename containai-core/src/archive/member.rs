//! One member of an archive.

use std::collections::BTreeMap;

use super::{MemberPath, Moment, Segments};

/// One member of an archive, without its content.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    /// Where it belongs.
    pub path: MemberPath,
    /// What it is.
    pub kind: MemberKind,
    /// Its permissions, twelve bits.
    pub mode: u32,
    /// Whose it is, inside of a container.
    pub owner: Owner,
    /// When its content was changed.
    pub modified: Moment,
    /// Extended attributes and access control lists, by the keys of their
    /// records. Nothing else is kept.
    pub extras: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// What a member is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MemberKind {
    /// A regular file, of which the archive holds these parts; between them,
    /// and after the last, it has holes.
    File {
        /// How long it is, holes included, in bytes.
        size: u64,
        /// What the archive holds of it; `None` when that is all of it.
        parts: Option<Segments>,
    },
    /// A directory.
    Directory,
    /// A symbolic link, and what it says: any bytes.
    Symlink(Vec<u8>),
    /// Another name of a file that came before.
    HardLink(MemberPath),
    /// What no archive of ours holds, in words that follow a name.
    Special(&'static str),
}

impl MemberKind {
    /// How many bytes of content the archive holds.
    #[must_use]
    pub fn stored(&self) -> u64 {
        match self {
            Self::File { parts: Some(parts), .. } => parts.stored(),
            Self::File { size, parts: None } => *size,
            _ => 0,
        }
    }
}

/// A user and a group, by number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Owner {
    /// The user.
    pub uid: u64,
    /// The group.
    pub gid: u64,
}
