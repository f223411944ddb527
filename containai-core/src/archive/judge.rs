//! The policy for members of an archive to unpack.

use std::collections::HashMap;

use super::manifest::MANIFEST;
use super::{ArchiveError, Member, MemberKind, MemberPath};
use crate::layout::VOLUME_STAGING;

/// The maximum size of an archive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Total content in bytes, without holes.
    pub bytes: u64,
    /// Number of files, directories and links.
    pub entries: u64,
    /// Bytes that each entry needs in addition to its content.
    pub each: u64,
}

/// Bytes that stay free on a disk.
const RESERVE: u64 = 64 << 20;
/// Bytes that an entry needs in addition to its content: an inode and part of a block.
const OVERHEAD: u64 = 4096;

impl Limits {
    /// The upper bound of every archive: one tebibyte and four million entries.
    pub const MOST: Self = Self { bytes: 1 << 40, entries: 4_000_000, each: 0 };

    /// Returns the limits for a disk with this much free space, in bytes and (where limited) in
    /// files. 64 MiB stay free.
    #[must_use]
    pub fn within(bytes: u64, files: Option<u64>) -> Self {
        Self {
            bytes: Self::MOST.bytes.min(bytes.saturating_sub(RESERVE)),
            entries: Self::MOST.entries.min(files.unwrap_or(u64::MAX)),
            each: OVERHEAD,
        }
    }
}

/// The totals of the checked members.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Totals {
    /// Total content in bytes, without holes.
    pub bytes: u64,
    /// Number of files, directories and links.
    pub entries: u64,
}

/// The maximum file size, holes included: ext4's limit with 4 KiB blocks.
const LONGEST_FILE: u64 = 16 << 40;
/// The maximum total length of all paths, which are kept in memory.
const NAMES: u64 = 512 << 20;
/// The highest id in a container's user namespace.
const LAST_ID: u64 = 65_535;
const SET_IDS: u32 = 0o6000;
const NO_TOP: ArchiveError = ArchiveError::Malformed("missing volume root");

/// Checks the members of an archive in order.
///
/// A directory must precede its content, and no path may appear twice. Therefore nothing is
/// unpacked through a symbolic link, and an unpacker that only creates new files finds each parent
/// to be a directory that it created itself.
#[derive(Debug)]
pub struct Judge {
    limits: Limits,
    totals: Totals,
    names: u64,
    seen: HashMap<MemberPath, Seen>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Seen {
    Directory,
    File,
    Other,
}

impl Judge {
    /// Creates a policy for one archive.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, totals: Totals::default(), names: 0, seen: HashMap::new() }
    }

    /// Returns the totals of the members checked so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Checks the next member.
    ///
    /// # Errors
    ///
    /// [`ArchiveError::Refused`], [`ArchiveError::TooLarge`] and [`ArchiveError::TooManyEntries`].
    /// The archive must not be read further.
    pub fn admit(&mut self, member: &Member) -> Result<(), ArchiveError> {
        self.count(member)?;
        if let Some(reason) = objection(member) {
            return Err(ArchiveError::refused(member.path.as_bytes(), reason));
        }
        let path = &member.path;
        if self.seen.is_empty() && !path.is_top() {
            return Err(NO_TOP);
        }
        let refused = |reason| Err(ArchiveError::refused(path.as_bytes(), reason));
        let kind = match &member.kind {
            MemberKind::Directory => Seen::Directory,
            _ if path.is_top() => return refused("is the volume root but not a directory"),
            MemberKind::File { .. } => Seen::File,
            MemberKind::HardLink(to) if self.seen.get(to) == Some(&Seen::File) => Seen::File,
            MemberKind::HardLink(_) => {
                return refused("is a hard link to a file that does not precede it");
            }
            MemberKind::Symlink(_) | MemberKind::Special(_) => Seen::Other,
        };
        if !path.parent().is_empty() {
            let parent = MemberPath::parse(path.parent())?;
            if self.seen.get(&parent) != Some(&Seen::Directory) {
                return refused("has no preceding parent directory");
            }
        }
        match self.seen.insert(path.clone(), kind) {
            None => Ok(()),
            Some(_) => refused("appears twice"),
        }
    }

    /// Ends the archive, which must contain the volume root: it carries the owner.
    ///
    /// # Errors
    ///
    /// [`ArchiveError::Malformed`] without a volume root.
    pub fn finish(&self) -> Result<Totals, ArchiveError> {
        match self.seen.contains_key(&MemberPath::default()) {
            true => Ok(self.totals),
            false => Err(NO_TOP),
        }
    }

    fn count(&mut self, member: &Member) -> Result<(), ArchiveError> {
        let Limits { bytes, entries, each } = self.limits;
        self.totals.entries += 1;
        self.names += member.path.as_bytes().len() as u64;
        if self.totals.entries > entries || self.names > NAMES {
            return Err(ArchiveError::TooMany { limit: entries });
        }
        let total = self.totals.bytes.checked_add(member.kind.stored());
        let beside = self.totals.entries.saturating_mul(each);
        match total.filter(|total| total.saturating_add(beside) <= bytes) {
            None => Err(ArchiveError::TooBig { limit: bytes }),
            Some(total) => {
                self.totals.bytes = total;
                Ok(())
            }
        }
    }
}

/// Returns the problem of a member on its own, apart from its position in the archive.
fn objection(member: &Member) -> Option<&'static str> {
    let is_file = !matches!(member.kind, MemberKind::Directory | MemberKind::Symlink(_));
    let top = member.path.as_bytes().split(|&byte| byte == b'/').next().unwrap_or_default();
    match &member.kind {
        MemberKind::Special(what) => return Some(what),
        MemberKind::File { size, .. } if *size > LONGEST_FILE => {
            return Some("exceeds the maximum file size");
        }
        MemberKind::Symlink(to) if to.is_empty() || to.len() > 4095 || to.contains(&0) => {
            return Some("is a symbolic link with an invalid target");
        }
        MemberKind::Symlink(_) if !member.extras.is_empty() => {
            return Some("is a symbolic link with attributes");
        }
        _ => {}
    }
    if is_file && member.mode & SET_IDS != 0 {
        return Some("has set-user-id or set-group-id bits");
    }
    if member.owner.uid > LAST_ID || member.owner.gid > LAST_ID {
        return Some("has an owner outside the container's id range");
    }
    if top == MANIFEST.as_bytes() || top == VOLUME_STAGING.as_bytes() {
        return Some("has a name reserved by ContainAI");
    }
    let is_list = |(key, value): (&Vec<u8>, &Vec<u8>)| {
        !key.starts_with(b"SCHILY.acl.")
            || value.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n'))
    };
    (!member.extras.iter().all(is_list)).then_some("has an invalid access control list")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_keeps_some_room() {
        let within = |bytes, files| {
            let Limits { bytes, entries, each } = Limits::within(bytes, files);
            (bytes, entries, each)
        };
        assert_eq!(within(1 << 30, Some(9)), ((1 << 30) - RESERVE, 9, OVERHEAD));
        assert_eq!(within(5, None), (0, 4_000_000, OVERHEAD));
        assert_eq!(within(u64::MAX, Some(u64::MAX)), (1 << 40, 4_000_000, OVERHEAD));
    }
}
