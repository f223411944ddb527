//! The copier: what uploads and downloads have in common.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use containai_core::archive::FileTime;
use containai_core::layout::CONTAINER_WORKSPACE;

use super::destination::{SourceCount, TargetKind};
use super::error::TransferError;
use super::file_kind::{FileAttributes, FileKind};
use super::progress::TransferProgress;
use super::remote_script::{ScriptOutcome, script_reply};
use super::script;
use super::source::{FinalLink, escape_path, trim_slashes};
use crate::session::Session;

/// Copies files and trees to and from a container, as `cp -a` does.
///
/// A directory is copied with its contents; `dir/.` means its contents only. If
/// the destination is a directory, the copy is made in it under the source's
/// name. Otherwise the copy gets the destination's name, whose parent directory
/// has to exist. Several sources require a directory.
///
/// Modes and times are kept, to the nanosecond. Symbolic links are copied as
/// links, and hard links as separate files. Owners, access control lists,
/// extended attributes and special files are not copied; in both directions the
/// copy belongs to the user who makes it.
///
/// An interrupted copy of a single file is resumed: the partial file is kept
/// next to the destination as `.cai-….part`, and is reused if the source still
/// begins with the same bytes, by SHA-256 on both sides.
#[derive(Debug)]
pub struct Copier<'a> {
    pub(super) session: &'a Session,
    pub(super) directory: OsString,
    pub(super) untrusted_dirs: Vec<PathBuf>,
    pub(super) progress: Arc<TransferProgress>,
}

/// The properties of a file in the container, as the container reports them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct RemoteStat {
    pub(super) kind: FileKind,
    pub(super) size: u64,
    pub(super) attributes: FileAttributes,
    /// The target, if it is a symbolic link.
    pub(super) link: Vec<u8>,
}

impl<'a> Copier<'a> {
    /// Copies over a session; paths in the container are relative to the
    /// workspace.
    #[must_use]
    pub fn new(session: &'a Session) -> Self {
        Self {
            session,
            directory: CONTAINER_WORKSPACE.into(),
            untrusted_dirs: Vec::new(),
            progress: Arc::default(),
        }
    }

    /// Sets the directory to which paths in the container are relative.
    #[must_use]
    pub fn in_dir(mut self, directory: impl Into<OsString>) -> Self {
        self.directory = directory.into();
        self
    }

    /// Adds a local directory that a container can write to, as an absolute
    /// path without symbolic links. Links in it are never followed.
    #[must_use]
    pub fn with_untrusted_dir(mut self, boundary: impl Into<PathBuf>) -> Self {
        self.untrusted_dirs.push(boundary.into());
        self
    }

    /// Sets the progress that copies update.
    #[must_use]
    pub fn with_progress(mut self, progress: Arc<TransferProgress>) -> Self {
        self.progress = progress;
        self
    }

    /// Returns the properties of a path in the container; `Err` with the failed
    /// command if it does not exist.
    pub(super) async fn stat(
        &self,
        path: &[u8],
        at_end: FinalLink,
    ) -> Result<Result<RemoteStat, ScriptOutcome>, TransferError> {
        let follow: &[u8] = if at_end == FinalLink::Directory { b"follow" } else { b"not" };
        let (outcome, answer) = self.run_script(script::STAT, path, &[follow]).await?;
        if !outcome.is_success() {
            return Ok(Err(outcome));
        }
        parse_stat(&answer)
            .map(Ok)
            .ok_or_else(|| TransferError::UnexpectedReply { path: escape_path(path) })
    }

    /// Returns what exists at a destination in the container.
    pub(super) async fn target_kind(&self, target: &[u8]) -> Result<TargetKind, TransferError> {
        let bare = match trim_slashes(target) {
            b"" if !target.is_empty() => b"/",
            bare => bare,
        };
        Ok(match self.stat(bare, FinalLink::Directory).await? {
            Ok(seen) if seen.kind == FileKind::Directory => TargetKind::Directory,
            Ok(_) => TargetKind::Other,
            Err(_) => TargetKind::Missing,
        })
    }

    pub(super) async fn run_script(
        &self,
        script: &str,
        path: &[u8],
        more: &[&[u8]],
    ) -> Result<(ScriptOutcome, Vec<u8>), TransferError> {
        let command = script::command(&self.directory, script, path, more)?;
        Ok(script_reply(self.session, &command).await?)
    }
}

/// Parses the reply of [`script::STAT`].
fn parse_stat(answer: &[u8]) -> Option<RemoteStat> {
    let end = answer.iter().position(|&byte| byte == b'\n')?;
    let line = std::str::from_utf8(&answer[..end]).ok()?;
    let mut fields = line.split(' ');
    let mode = u32::from_str_radix(fields.next()?, 16).ok()?;
    let size = fields.next()?.parse().ok()?;
    let modified = FileTime::parse(fields.next()?.as_bytes())?;
    let link = answer[end + 1..].to_vec();
    if link.contains(&0) {
        return None;
    }
    Some(RemoteStat {
        kind: FileKind::of_mode(mode),
        size,
        attributes: FileAttributes::new(mode, modified),
        link,
    })
}

/// Returns the number of sources.
pub(super) fn source_count<T>(sources: &[T]) -> SourceCount {
    if sources.len() == 1 { SourceCount::One } else { SourceCount::Several }
}

/// Runs blocking work on a thread of its own.
pub(super) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)
}

/// Returns a converter for errors of a local file.
pub(super) fn cannot_read(path: &OsStr) -> impl Fn(io::Error) -> TransferError {
    use std::os::unix::ffi::OsStrExt as _;
    let path = escape_path(path.as_bytes());
    move |source| TransferError::Read { path: path.clone(), source }
}

/// Returns a converter for errors of a local file.
pub(super) fn cannot_write(path: &OsStr) -> impl Fn(io::Error) -> TransferError {
    use std::os::unix::ffi::OsStrExt as _;
    let path = escape_path(path.as_bytes());
    move |source| TransferError::Write { path: path.clone(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_replies() {
        let file = parse_stat(b"81a4 12 5.500000000\n")
            .map(|seen| (seen.kind, seen.size, seen.attributes));
        let attributes =
            FileAttributes::new(0o644, FileTime { seconds: 5, nanoseconds: 500_000_000 });
        assert_eq!(file, Some((FileKind::File, 12, attributes)));
        let link = parse_stat(b"a1ff 3 5.0\n a\nb ").map(|seen| (seen.kind, seen.link));
        assert_eq!(link, Some((FileKind::Link, b" a\nb ".to_vec())));
        for bad in ["", "81a4 12 5.5", "81a4 -1 5\n", "x 1 5\n", "81a4 1\n", "a1ff 1 5.0\na\0"] {
            assert_eq!(parse_stat(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
