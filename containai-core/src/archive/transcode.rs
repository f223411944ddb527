//! Re-encodes archives member by member.

use std::collections::{BTreeMap, HashSet};
use std::io::{ErrorKind, Read, Write};

use super::{
    ArchiveError, ArchiveManifest, FileTime, Member, MemberKind, MemberPath, MemberReader,
    MemberWriter, Owner, Totals, UnpackLimits, UnpackPolicy,
};

/// The buffer size for content.
const COPY_BUFFER_SIZE: usize = 256 << 10;
const SETUID_SETGID: u32 = 0o6000;

/// The summary of an archive.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ArchiveSummary {
    /// The manifest.
    pub manifest: ArchiveManifest,
    /// The totals.
    pub totals: Totals,
    /// Members of the source that were dropped or changed.
    pub dropped: Vec<DroppedMember>,
}

/// A member that was dropped or changed during export.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DroppedMember {
    /// The path.
    pub path: MemberPath,
    /// The reason, a phrase that follows the path.
    pub reason: &'static str,
}

/// Creates an archive from GNU tar's output for a volume. Calls `progress` with the totals from
/// time to time.
///
/// Named pipes and devices are skipped, and files lose their set-user-id and set-group-id bits, so
/// that every archive can be restored.
///
/// # Errors
///
/// See [`ArchiveError`].
pub fn export<W: Write>(
    input: impl Read,
    output: W,
    manifest: ArchiveManifest,
    progress: &mut dyn FnMut(Totals),
) -> Result<(W, ArchiveSummary), ArchiveError> {
    let mut members = MemberReader::new(input);
    let mut writer = MemberWriter::new(output, "");
    let (member, text) = manifest.to_member()?;
    writer.start_member(&member)?;
    writer.write_all(text.as_bytes()).map_err(ArchiveError::Write)?;
    let mut filter = ExportFilter::default();
    let mut policy = UnpackPolicy::new(UnpackLimits::MAX);
    while let Some(member) = members.next_member()? {
        if let Some(member) = filter.apply(member) {
            policy.check(&member)?;
            writer.start_member(&member)?;
            copy_content(&mut members, &mut writer, policy.totals(), progress)?;
        }
    }
    let (totals, dropped) = (policy.finish()?, filter.dropped);
    Ok((writer.finish()?, ArchiveSummary { manifest, totals, dropped }))
}

/// Checks an archive without unpacking it.
///
/// # Errors
///
/// See [`ArchiveError`]. On success, the whole archive may be unpacked.
pub fn verify(
    input: impl Read,
    limits: UnpackLimits,
    progress: &mut dyn FnMut(Totals),
) -> Result<ArchiveSummary, ArchiveError> {
    let mut members = MemberReader::new(input);
    let manifest = ArchiveManifest::read(&mut members)?;
    let mut policy = UnpackPolicy::new(limits);
    while let Some(member) = members.next_member()? {
        policy.check(&member)?;
        progress(policy.totals());
    }
    Ok(ArchiveSummary { manifest, totals: policy.finish()?, dropped: Vec::new() })
}

/// Re-encodes an archive for GNU tar to unpack below `prefix`. Writes the empty file `last` after
/// all members passed the check.
///
/// # Errors
///
/// See [`ArchiveError`]; `last` is not written on error.
pub fn restore<W: Write>(
    input: impl Read,
    output: W,
    limits: UnpackLimits,
    (prefix, last): (&str, &str),
    progress: &mut dyn FnMut(Totals),
) -> Result<(W, ArchiveSummary), ArchiveError> {
    let mut members = MemberReader::new(input);
    let manifest = ArchiveManifest::read(&mut members)?;
    let mut writer = MemberWriter::new(output, prefix);
    let mut policy = UnpackPolicy::new(limits);
    while let Some(member) = members.next_member()? {
        policy.check(&member)?;
        writer.start_member(&member)?;
        copy_content(&mut members, &mut writer, policy.totals(), progress)?;
    }
    let summary = ArchiveSummary { manifest, totals: policy.finish()?, dropped: Vec::new() };
    let mut writer = MemberWriter::new(writer.into_inner()?, "");
    writer.start_member(&empty_file(last)?)?;
    Ok((writer.finish()?, summary))
}

/// Copies the content of a member, which `total` already includes.
fn copy_content<R: Read, W: Write>(
    members: &mut MemberReader<R>,
    writer: &mut MemberWriter<W>,
    total: Totals,
    progress: &mut dyn FnMut(Totals),
) -> Result<(), ArchiveError> {
    let mut left = members.content_left();
    let mut buffer =
        vec![0; COPY_BUFFER_SIZE.min(usize::try_from(left).unwrap_or(COPY_BUFFER_SIZE))];
    while left > 0 {
        match members.read(&mut buffer) {
            Ok(length) => {
                writer.write_all(&buffer[..length]).map_err(ArchiveError::Write)?;
                left -= length as u64;
                progress(Totals { bytes: total.bytes - left, ..total });
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                return Err(ArchiveError::Truncated);
            }
            Err(error) => return Err(ArchiveError::Read(error)),
        }
    }
    Ok(())
}

/// Returns the reason for skipping a member of an unsupported type.
fn omission_reason(what: &str) -> &'static str {
    match what {
        "is a named pipe" => "is a named pipe and was skipped",
        "is a device" => "is a device and was skipped",
        _ => "is not a regular file and was skipped",
    }
}

fn empty_file(path: &str) -> Result<Member, ArchiveError> {
    Ok(Member {
        path: MemberPath::parse(path.as_bytes())?,
        kind: MemberKind::File { size: 0, sparse_map: None },
        mode: 0o600,
        owner: Owner { uid: 0, gid: 0 },
        modified: FileTime::default(),
        attributes: BTreeMap::new(),
    })
}

/// Drops or adjusts members that must not be exported.
#[derive(Default)]
struct ExportFilter {
    dropped: Vec<DroppedMember>,
    dropped_paths: HashSet<MemberPath>,
}

impl ExportFilter {
    fn apply(&mut self, mut member: Member) -> Option<Member> {
        let reason = match &member.kind {
            MemberKind::Unsupported(reason) => Some(omission_reason(reason)),
            MemberKind::HardLink(to) if self.dropped_paths.contains(to) => {
                Some("is a hard link to a skipped file")
            }
            _ => None,
        };
        if let Some(reason) = reason {
            self.dropped_paths.insert(member.path.clone());
            self.dropped.push(DroppedMember { path: member.path, reason });
            return None;
        }
        match member.kind {
            MemberKind::Directory => member.mode &= !0o4000,
            // Symbolic links have neither mode nor attributes.
            MemberKind::Symlink(_) => member.attributes.clear(),
            MemberKind::File { .. } if member.mode & SETUID_SETGID != 0 => {
                let reason = "was exported without its set-user-id and set-group-id bits";
                self.dropped.push(DroppedMember { path: member.path.clone(), reason });
                member.mode &= !SETUID_SETGID;
            }
            _ => member.mode &= !SETUID_SETGID,
        }
        Some(member)
    }
}
