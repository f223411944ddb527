//! Copies from the container.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;

use containai_core::archive::ArchiveError;

use super::copier::{Copier, RemoteStat, cannot_write, run_blocking, source_count};
use super::destination::{TargetKind, resolve_destination};
use super::directory::{Directory, is_link_or_not_dir};
use super::error::TransferError;
use super::file_kind::FileKind;
use super::limits::ArchiveLimits;
use super::partial_file::{PartialFile, sha256_prefix};
use super::progress::TransferProgress;
use super::remote_script::run_script;
use super::report::{CopyFailure, CopyReport};
use super::resolve::resolve;
use super::script;
use super::source::{CopySource, FinalLink, escape_path, trim_slashes};
use super::sparse_writer::SparseWriter;
use super::unpack::unpack;
use super::unpack_error::UnpackError;
use crate::session::{Input, Output};

impl Copier<'_> {
    /// Copies files and trees of the container to this machine.
    ///
    /// Failures are reported, and the rest is copied.
    ///
    /// # Errors
    ///
    /// [`TransferError::Remote`] if the session failed, and
    /// [`TransferError::UntrustedLink`] if the destination's path has a
    /// symbolic link that the container may have created.
    pub async fn download(
        &self,
        sources: &[OsString],
        target: &Path,
    ) -> Result<CopyReport, TransferError> {
        let mut report = CopyReport::default();
        for source in sources {
            let target_kind = self.local_target_kind(target)?;
            match self.download_one(source.as_bytes(), target, target_kind, sources).await {
                Ok(one) => report.merge(one),
                Err(error @ (TransferError::Remote(_) | TransferError::UntrustedLink { .. })) => {
                    return Err(error);
                }
                Err(error) => report.add(error),
            }
        }
        Ok(report)
    }

    fn local_target_kind(&self, target: &Path) -> Result<TargetKind, TransferError> {
        let bare = trim_slashes(target.as_os_str().as_bytes());
        let bare = if bare.is_empty() { target } else { Path::new(OsStr::from_bytes(bare)) };
        match resolve(bare, &self.untrusted_dirs) {
            Ok(real) if real.is_dir() => Ok(TargetKind::Directory),
            Ok(_) => Ok(TargetKind::Other),
            Err(TransferError::Read { source, .. }) if source.kind() == ErrorKind::NotFound => {
                Ok(TargetKind::Missing)
            }
            Err(error) => Err(error),
        }
    }

    async fn download_one(
        &self,
        path: &[u8],
        target: &Path,
        target_kind: TargetKind,
        sources: &[OsString],
    ) -> Result<CopyReport, TransferError> {
        let source = CopySource::parse(path)?;
        if source.path == b"~" && source.name.is_some() {
            return Err(TransferError::Nameless { path: escape_path(path) });
        }
        let seen = self.stat(&source.path, source.final_link).await?;
        let seen = seen.map_err(|outcome| TransferError::Missing {
            path: escape_path(path),
            reason: outcome.error_lines().pop().unwrap_or_else(|| "it does not exist".to_owned()),
        })?;
        if source.final_link == FinalLink::Directory && seen.kind != FileKind::Directory {
            return Err(TransferError::NotADirectory { path: escape_path(path) });
        }
        let target = target.as_os_str().as_bytes();
        let destination =
            resolve_destination(target, target_kind, &source, seen.kind, source_count(sources))?;
        let place = Path::new(OsStr::from_bytes(&destination.directory));
        let directory = Directory::open(place, &self.untrusted_dirs)?;
        let name = destination.name.as_deref().map(OsStr::from_bytes);
        match (seen.kind, name) {
            (FileKind::Directory, None) => self.download_tree(&source, directory).await,
            (FileKind::Directory, Some(name)) => {
                let made =
                    directory.create_dir(name).map_err(|error| {
                        match is_link_or_not_dir(&error) {
                            true => {
                                TransferError::NotADirectory { path: escape_path(name.as_bytes()) }
                            }
                            false => cannot_write(name)(error),
                        }
                    })?;
                self.download_tree(&source, made).await
            }
            (FileKind::File, Some(name)) => {
                self.download_file(&source, &seen, &directory, name).await
            }
            (FileKind::Link, Some(name)) => {
                let moment = Some(seen.attributes.modified);
                let made = directory.replace_symlink(name, OsStr::from_bytes(&seen.link), moment);
                made.map(|()| CopyReport::default()).map_err(cannot_write(name))
            }
            _ => Err(TransferError::Special { path: escape_path(path) }),
        }
    }

    async fn download_tree(
        &self,
        source: &CopySource,
        root: Directory,
    ) -> Result<CopyReport, TransferError> {
        let command = script::command(&self.directory, script::GET_TREE, &source.path, &[])?;
        let cannot_write = cannot_write(OsStr::from_bytes(&source.path));
        let limits = ArchiveLimits::of(&root).map_err(&cannot_write)?;
        let (read, write) = io::pipe().map_err(&cannot_write)?;
        let progress = Arc::clone(&self.progress);
        let unpacking = tokio::task::spawn_blocking(move || {
            unpack(io::BufReader::with_capacity(64 << 10, read), &root, limits, &progress)
        });
        let output = Output::from(std::fs::File::from(std::os::fd::OwnedFd::from(write)));
        let outcome = run_script(self.session, &command, Input::Null, output).await?;
        let unpacked = unpacking.await.map_err(|error| cannot_write(io::Error::other(error)))?;
        let mut report = match unpacked {
            Ok(report) => report,
            // The error of the command is more specific than a truncated
            // archive.
            Err(UnpackError::Archive(ArchiveError::Truncated)) if !outcome.is_success() => {
                return Err(outcome.to_error("pack", &source.path));
            }
            Err(error) => {
                return Err(TransferError::Archive {
                    path: escape_path(&source.path),
                    source: error,
                });
            }
        };
        if !outcome.is_success() {
            for line in outcome.error_lines() {
                report.add(CopyFailure::RemoteCommand(line));
            }
            if report.is_complete() {
                return Err(outcome.to_error("pack", &source.path));
            }
        }
        Ok(report)
    }

    async fn download_file(
        &self,
        source: &CopySource,
        seen: &RemoteStat,
        directory: &Directory,
        name: &OsStr,
    ) -> Result<CopyReport, TransferError> {
        let cannot_write = cannot_write(name);
        let part = PartialFile::open(directory, name).map_err(&cannot_write)?;
        let part =
            part.ok_or_else(|| TransferError::Busy { path: escape_path(name.as_bytes()) })?;
        let received = match self.download_rest(source, seen, directory, &part, name).await {
            Ok(received) => received,
            Err(error) => {
                part.discard_if_empty(directory);
                return Err(error);
            }
        };
        if received < seen.size {
            part.discard_if_empty(directory);
            let path = escape_path(&source.path);
            return Err(TransferError::Incomplete { path, received, announced: seen.size });
        }
        part.commit(directory, name, seen.attributes).map_err(cannot_write)?;
        Ok(CopyReport::default())
    }

    /// Downloads the missing part; returns the size of the file then.
    async fn download_rest(
        &self,
        source: &CopySource,
        seen: &RemoteStat,
        directory: &Directory,
        part: &PartialFile,
        name: &OsStr,
    ) -> Result<u64, TransferError> {
        let cannot_write = cannot_write(name);
        self.progress.add_total(seen.size);
        let offset = self.resume_offset(source, seen, part, &cannot_write).await?;
        self.progress.add_bytes(offset);
        part.file.set_len(offset).map_err(&cannot_write)?;
        let (announced, free) =
            (seen.size - offset, ArchiveLimits::of(directory).map_err(&cannot_write)?.bytes);
        if announced > free {
            return Err(TransferError::TooBig { path: escape_path(&source.path), announced, free });
        }
        let file = part.file.try_clone().map_err(&cannot_write)?;
        let content = CappedWriter {
            writer: SparseWriter::new(file, offset).map_err(&cannot_write)?,
            remaining: announced,
            progress: Arc::clone(&self.progress),
        };
        let at = offset.to_string();
        let command =
            script::command(&self.directory, script::GET_FILE, &source.path, &[at.as_bytes()])?;
        let output = Output::Writer(Box::new(content));
        let outcome = run_script(self.session, &command, Input::Null, output).await;
        let outcome = outcome.map_err(|error| match error {
            containai_core::remote::RemoteError::StandardStream { source, .. } => {
                cannot_write(source)
            }
            error => error.into(),
        })?;
        let received = part.length().map_err(&cannot_write)?;
        if received < seen.size && !outcome.is_success() && !outcome.stderr.is_empty() {
            return Err(outcome.to_error("read", &source.path));
        }
        Ok(received)
    }

    /// Returns how many bytes of the file exist here already.
    async fn resume_offset(
        &self,
        source: &CopySource,
        seen: &RemoteStat,
        part: &PartialFile,
        cannot_write: &impl Fn(io::Error) -> TransferError,
    ) -> Result<u64, TransferError> {
        let here = part.length().map_err(cannot_write)?;
        if here == 0 || here > seen.size {
            return Ok(0);
        }
        let length = here.to_string();
        let (outcome, answer) =
            self.run_script(script::HASH, &source.path, &[length.as_bytes()]).await?;
        let mut file = part.file.try_clone().map_err(cannot_write)?;
        let ours = run_blocking(move || sha256_prefix(&mut file, here)).await.and_then(|hash| hash);
        let ours = ours.map_err(cannot_write)?;
        let is_common = outcome.is_success() && answer.starts_with(ours.as_bytes());
        Ok(if is_common { here } else { 0 })
    }
}

/// The content of one file, limited to the announced size.
struct CappedWriter {
    writer: SparseWriter,
    remaining: u64,
    progress: Arc<TransferProgress>,
}

impl Write for CappedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = bytes.len().min(usize::try_from(self.remaining).unwrap_or(usize::MAX));
        if room == 0 && !bytes.is_empty() {
            // The file grew meanwhile; its first part was requested.
            return Err(ErrorKind::BrokenPipe.into());
        }
        let written = self.writer.write(&bytes[..room])?;
        self.remaining -= written as u64;
        self.progress.add_bytes(written as u64);
        if self.remaining == 0 {
            self.writer.set_final_length()?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.set_final_length()
    }
}
