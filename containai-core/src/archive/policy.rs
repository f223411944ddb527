//! The policy for members of an archive to unpack.

use std::collections::HashMap;

use super::manifest::MANIFEST;
use super::{ArchiveError, Member, MemberKind, MemberPath};
use crate::isolation::MAX_CONTAINER_IDS;
use crate::layout::VOLUME_STAGING;

/// The maximum size of an archive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct UnpackLimits {
    /// Total content in bytes, without holes.
    pub max_bytes: u64,
    /// Number of files, directories and links.
    pub max_entries: u64,
    /// Bytes that each entry needs in addition to its content.
    pub overhead_per_entry: u64,
}

/// Bytes that stay free on a disk.
const RESERVED_BYTES: u64 = 64 << 20;
/// Bytes that an entry needs in addition to its content: an inode and part of a block.
const ENTRY_OVERHEAD: u64 = 4096;

impl UnpackLimits {
    /// The upper bound of every archive: one tebibyte and four million entries.
    pub const MAX: Self = Self::new(1 << 40, 4_000_000);

    /// Returns limits for the content in bytes and the number of entries.
    #[must_use]
    pub const fn new(max_bytes: u64, max_entries: u64) -> Self {
        Self { max_bytes, max_entries, overhead_per_entry: 0 }
    }

    /// Returns the limits for a disk with this much free space, in bytes and (where limited) in
    /// files. 64 MiB stay free.
    #[must_use]
    pub fn fitting(bytes: u64, files: Option<u64>) -> Self {
        Self {
            max_bytes: Self::MAX.max_bytes.min(bytes.saturating_sub(RESERVED_BYTES)),
            max_entries: Self::MAX.max_entries.min(files.unwrap_or(u64::MAX)),
            overhead_per_entry: ENTRY_OVERHEAD,
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
const MAX_FILE_SIZE: u64 = 16 << 40;
/// The maximum total length of all paths, which are kept in memory.
const MAX_NAME_BYTES: u64 = 512 << 20;
/// The highest id in a container's user namespace.
const MAX_ID: u64 = MAX_CONTAINER_IDS as u64 - 1;
const SETUID_SETGID: u32 = 0o6000;
const MISSING_ROOT: ArchiveError = ArchiveError::Malformed("missing volume root");

/// Checks the members of an archive in order.
///
/// A directory must precede its content, and no path may appear twice. Therefore nothing is
/// unpacked through a symbolic link, and an unpacker that only creates new files finds each parent
/// to be a directory that it created itself.
#[derive(Debug)]
pub struct UnpackPolicy {
    limits: UnpackLimits,
    totals: Totals,
    name_bytes: u64,
    entries: HashMap<MemberPath, SeenKind>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum SeenKind {
    Directory,
    File,
    Other,
}

impl UnpackPolicy {
    /// Creates a policy for one archive.
    #[must_use]
    pub fn new(limits: UnpackLimits) -> Self {
        Self { limits, totals: Totals::default(), name_bytes: 0, entries: HashMap::new() }
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
    pub fn check(&mut self, member: &Member) -> Result<(), ArchiveError> {
        self.add_to_totals(member)?;
        if let Some(reason) = violation(member) {
            return Err(ArchiveError::refused(member.path.as_bytes(), reason));
        }
        let path = &member.path;
        if self.entries.is_empty() && !path.is_root() {
            return Err(MISSING_ROOT);
        }
        let refused = |reason| Err(ArchiveError::refused(path.as_bytes(), reason));
        let kind = match &member.kind {
            MemberKind::Directory => SeenKind::Directory,
            _ if path.is_root() => return refused("is the volume root but not a directory"),
            MemberKind::File { .. } => SeenKind::File,
            MemberKind::HardLink(to) if self.entries.get(to) == Some(&SeenKind::File) => {
                SeenKind::File
            }
            MemberKind::HardLink(_) => {
                return refused("is a hard link to a file that does not precede it");
            }
            MemberKind::Symlink(_) | MemberKind::Unsupported(_) => SeenKind::Other,
        };
        if !path.parent().is_empty() {
            let parent = MemberPath::parse(path.parent())?;
            if self.entries.get(&parent) != Some(&SeenKind::Directory) {
                return refused("has no preceding parent directory");
            }
        }
        match self.entries.insert(path.clone(), kind) {
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
        match self.entries.contains_key(&MemberPath::default()) {
            true => Ok(self.totals),
            false => Err(MISSING_ROOT),
        }
    }

    fn add_to_totals(&mut self, member: &Member) -> Result<(), ArchiveError> {
        let UnpackLimits { max_bytes: bytes, max_entries: entries, overhead_per_entry: each } =
            self.limits;
        self.totals.entries += 1;
        self.name_bytes += member.path.as_bytes().len() as u64;
        if self.totals.entries > entries || self.name_bytes > MAX_NAME_BYTES {
            return Err(ArchiveError::TooManyEntries { limit: entries });
        }
        let total = self.totals.bytes.checked_add(member.kind.stored_size());
        let beside = self.totals.entries.saturating_mul(each);
        match total.filter(|total| total.saturating_add(beside) <= bytes) {
            None => Err(ArchiveError::TooLarge { limit: bytes }),
            Some(total) => {
                self.totals.bytes = total;
                Ok(())
            }
        }
    }
}

/// Returns the problem of a member on its own, apart from its position in the archive.
fn violation(member: &Member) -> Option<&'static str> {
    let is_file = !matches!(member.kind, MemberKind::Directory | MemberKind::Symlink(_));
    let top = member.path.as_bytes().split(|&byte| byte == b'/').next().unwrap_or_default();
    match &member.kind {
        MemberKind::Unsupported(what) => return Some(what),
        MemberKind::File { size, .. } if *size > MAX_FILE_SIZE => {
            return Some("exceeds the maximum file size");
        }
        MemberKind::Symlink(to) if to.is_empty() || to.len() > 4095 || to.contains(&0) => {
            return Some("is a symbolic link with an invalid target");
        }
        MemberKind::Symlink(_) if !member.attributes.is_empty() => {
            return Some("is a symbolic link with attributes");
        }
        _ => {}
    }
    if is_file && member.mode & SETUID_SETGID != 0 {
        return Some("has set-user-id or set-group-id bits");
    }
    if member.owner.uid > MAX_ID || member.owner.gid > MAX_ID {
        return Some("has an owner outside the container's id range");
    }
    if top == MANIFEST.as_bytes() || top == VOLUME_STAGING.as_bytes() {
        return Some("has a name reserved by ContainAI");
    }
    let is_list = |(key, value): (&Vec<u8>, &Vec<u8>)| {
        !key.starts_with(b"SCHILY.acl.")
            || value.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n'))
    };
    (!member.attributes.iter().all(is_list)).then_some("has an invalid access control list")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_keep_disk_space_free() {
        let within = |bytes, files| {
            let UnpackLimits { max_bytes: bytes, max_entries: entries, overhead_per_entry: each } =
                UnpackLimits::fitting(bytes, files);
            (bytes, entries, each)
        };
        assert_eq!(within(1 << 30, Some(9)), ((1 << 30) - RESERVED_BYTES, 9, ENTRY_OVERHEAD));
        assert_eq!(within(5, None), (0, 4_000_000, ENTRY_OVERHEAD));
        assert_eq!(within(u64::MAX, Some(u64::MAX)), (1 << 40, 4_000_000, ENTRY_OVERHEAD));
    }
}
