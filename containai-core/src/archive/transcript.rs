//! Re-encodes archives member by member.

use std::collections::{BTreeMap, HashSet};
use std::io::{ErrorKind, Read, Write};

use super::{
    ArchiveError, Judge, Limits, Manifest, Member, MemberKind, MemberPath, Members, Moment, Owner,
    Totals, Writer,
};

/// The buffer size for content.
const PIECE: usize = 256 << 10;
const SET_IDS: u32 = 0o6000;

/// The summary of an archive.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Transcript {
    /// The manifest.
    pub manifest: Manifest,
    /// The totals.
    pub totals: Totals,
    /// Members of the source that were dropped or changed.
    pub dropped: Vec<Dropped>,
}

/// A member that was dropped or changed during export.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Dropped {
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
    manifest: Manifest,
    progress: &mut dyn FnMut(Totals),
) -> Result<(W, Transcript), ArchiveError> {
    let mut members = Members::new(input);
    let mut writer = Writer::new(output, "");
    let (member, text) = manifest.member()?;
    writer.member(&member)?;
    writer.write_all(text.as_bytes()).map_err(ArchiveError::Write)?;
    let mut screen = Screen::default();
    let mut judge = Judge::new(Limits::MOST);
    while let Some(member) = members.next_member()? {
        if let Some(member) = screen.pass(member) {
            judge.admit(&member)?;
            writer.member(&member)?;
            copy(&mut members, &mut writer, judge.totals(), progress)?;
        }
    }
    let (totals, dropped) = (judge.finish()?, screen.dropped);
    Ok((writer.finish()?, Transcript { manifest, totals, dropped }))
}

/// Checks an archive without unpacking it.
///
/// # Errors
///
/// See [`ArchiveError`]. On success, the whole archive may be unpacked.
pub fn verify(
    input: impl Read,
    limits: Limits,
    progress: &mut dyn FnMut(Totals),
) -> Result<Transcript, ArchiveError> {
    let mut members = Members::new(input);
    let manifest = Manifest::read(&mut members)?;
    let mut judge = Judge::new(limits);
    while let Some(member) = members.next_member()? {
        judge.admit(&member)?;
        progress(judge.totals());
    }
    Ok(Transcript { manifest, totals: judge.finish()?, dropped: Vec::new() })
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
    limits: Limits,
    (prefix, last): (&str, &str),
    progress: &mut dyn FnMut(Totals),
) -> Result<(W, Transcript), ArchiveError> {
    let mut members = Members::new(input);
    let manifest = Manifest::read(&mut members)?;
    let mut writer = Writer::new(output, prefix);
    let mut judge = Judge::new(limits);
    while let Some(member) = members.next_member()? {
        judge.admit(&member)?;
        writer.member(&member)?;
        copy(&mut members, &mut writer, judge.totals(), progress)?;
    }
    let transcript = Transcript { manifest, totals: judge.finish()?, dropped: Vec::new() };
    let mut writer = Writer::new(writer.into_inner()?, "");
    writer.member(&empty(last)?)?;
    Ok((writer.finish()?, transcript))
}

/// Copies the content of a member, which `total` already includes.
fn copy<R: Read, W: Write>(
    members: &mut Members<R>,
    writer: &mut Writer<W>,
    total: Totals,
    progress: &mut dyn FnMut(Totals),
) -> Result<(), ArchiveError> {
    let mut left = members.left();
    let mut buffer = vec![0; PIECE.min(usize::try_from(left).unwrap_or(PIECE))];
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
fn left_out(what: &str) -> &'static str {
    match what {
        "is a named pipe" => "is a named pipe and was skipped",
        "is a device" => "is a device and was skipped",
        _ => "is not a regular file and was skipped",
    }
}

fn empty(path: &str) -> Result<Member, ArchiveError> {
    Ok(Member {
        path: MemberPath::parse(path.as_bytes())?,
        kind: MemberKind::File { size: 0, parts: None },
        mode: 0o600,
        owner: Owner { uid: 0, gid: 0 },
        modified: Moment::default(),
        extras: BTreeMap::new(),
    })
}

/// Drops or adjusts members that must not be exported.
#[derive(Default)]
struct Screen {
    dropped: Vec<Dropped>,
    gone: HashSet<MemberPath>,
}

impl Screen {
    fn pass(&mut self, mut member: Member) -> Option<Member> {
        let reason = match &member.kind {
            MemberKind::Special(reason) => Some(left_out(reason)),
            MemberKind::HardLink(to) if self.gone.contains(to) => {
                Some("is a hard link to a skipped file")
            }
            _ => None,
        };
        if let Some(reason) = reason {
            self.gone.insert(member.path.clone());
            self.dropped.push(Dropped { path: member.path, reason });
            return None;
        }
        match member.kind {
            MemberKind::Directory => member.mode &= !0o4000,
            // Symbolic links have neither mode nor attributes.
            MemberKind::Symlink(_) => member.extras.clear(),
            MemberKind::File { .. } if member.mode & SET_IDS != 0 => {
                let reason = "was exported without its set-user-id and set-group-id bits";
                self.dropped.push(Dropped { path: member.path.clone(), reason });
                member.mode &= !SET_IDS;
            }
            _ => member.mode &= !SET_IDS,
        }
        Some(member)
    }
}
