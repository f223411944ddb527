//! Copies to the container.

use std::fs::File;
use std::io::{Read, Seek as _, SeekFrom};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::Stat;

use super::copier::{Copier, cannot_read, run_blocking, source_count};
use super::destination::{CopyDestination, resolve_destination};
use super::directory::Directory;
use super::error::TransferError;
use super::file_kind::{FileAttributes, FileKind};
use super::pack::{open_regular_file, pack_selection};
use super::partial_file::{partial_name, sha256_prefix};
use super::progress::TransferProgress;
use super::remote_script::run_script;
use super::report::{CopyFailure, CopyReport};
use super::script;
use super::selection::Selection;
use super::source::{CopySource, FinalLink, escape_path, split_parent};
use crate::session::{Input, Output};

impl Copier<'_> {
    /// Copies files and trees of this machine to the container.
    ///
    /// Failures are reported, and the rest is copied.
    ///
    /// # Errors
    ///
    /// [`TransferError::Remote`] if the session failed.
    pub async fn upload(
        &self,
        sources: &[PathBuf],
        target: &std::ffi::OsStr,
    ) -> Result<CopyReport, TransferError> {
        let mut report = CopyReport::default();
        for source in sources {
            // An earlier source may have created the destination of the next
            // one.
            let target_kind = self.target_kind(target.as_bytes()).await?;
            let destination = |source: &CopySource, kind| {
                resolve_destination(
                    target.as_bytes(),
                    target_kind,
                    source,
                    kind,
                    source_count(sources),
                )
            };
            match self.upload_one(source, destination).await {
                Ok(one) => report.merge(one),
                Err(error @ TransferError::Remote(_)) => return Err(error),
                Err(error) => report.add(error),
            }
        }
        Ok(report)
    }

    async fn upload_one(
        &self,
        path: &Path,
        destination: impl Fn(&CopySource, FileKind) -> Result<CopyDestination, TransferError>,
    ) -> Result<CopyReport, TransferError> {
        let source = CopySource::parse(path.as_os_str().as_bytes())?;
        let cannot_read = cannot_read(path.as_os_str());
        if source.final_link == FinalLink::Directory {
            let directory = Directory::open(path, &self.untrusted_dirs)?;
            return self.upload_tree(directory, destination(&source, FileKind::Directory)?).await;
        }
        let (parent, name) = split_parent(&source.path);
        let name = std::ffi::OsStr::from_bytes(name);
        let parent = if parent.is_empty() { b".".as_slice() } else { parent };
        let parent = Path::new(std::ffi::OsStr::from_bytes(parent));
        let directory = Directory::open(parent, &self.untrusted_dirs)?;
        let stat = directory.stat(name).map_err(&cannot_read)?;
        let stat = stat.ok_or_else(|| TransferError::Missing {
            path: escape_path(path.as_os_str().as_bytes()),
            reason: "no such file or directory".to_owned(),
        })?;
        let kind = FileKind::of_mode(stat.st_mode);
        let destination = destination(&source, kind)?;
        match kind {
            FileKind::Directory => {
                let tree = directory.open_dir(name).map_err(cannot_read)?;
                self.upload_tree(tree, destination).await
            }
            FileKind::File => {
                let (file, stat) = open_regular_file(&directory, name).map_err(cannot_read)?;
                self.upload_file(path, file, &stat, &destination).await
            }
            FileKind::Link => {
                let to = directory.read_link(name).map_err(cannot_read)?;
                self.upload_link(to.as_bytes(), &stat, &destination).await
            }
            FileKind::Special => {
                Err(TransferError::Special { path: escape_path(path.as_os_str().as_bytes()) })
            }
        }
    }

    async fn upload_tree(
        &self,
        tree: Directory,
        destination: CopyDestination,
    ) -> Result<CopyReport, TransferError> {
        self.upload_selection(tree, Selection::Everything, destination).await
    }

    pub(super) async fn upload_selection(
        &self,
        tree: Directory,
        part: Selection,
        destination: CopyDestination,
    ) -> Result<CopyReport, TransferError> {
        let name = destination.name.unwrap_or_else(|| b".".to_vec());
        let stat = tree.stat_self().map_err(cannot_read(".".as_ref()))?;
        let attributes = FileAttributes::of(&stat);
        let (mode, time) = (format!("{:o}", attributes.mode), attributes.modified.to_pax());
        let more = [&name[..], mode.as_bytes(), time.as_bytes()];
        let command =
            script::command(&self.directory, script::PUT_TREE, &destination.directory, &more)?;
        let (read, write) = std::io::pipe().map_err(cannot_read("a pipe".as_ref()))?;
        let progress = Arc::clone(&self.progress);
        let packing = tokio::task::spawn_blocking(move || {
            pack_selection(
                &tree,
                &part,
                std::io::BufWriter::with_capacity(64 << 10, write),
                &progress,
            )
        });
        let input = Input::File(read.into());
        let outcome = run_script(self.session, &command, input, Output::Null).await?;
        // A closed pipe means that the remote command failed, which reports the
        // reason itself.
        let packed = packing.await.ok().and_then(Result::ok);
        let mut report = packed.unwrap_or_default();
        if !outcome.is_success() {
            let lines = outcome.error_lines();
            if lines.is_empty() {
                return Err(outcome.to_error("unpack", &name));
            }
            for line in lines {
                report.add(CopyFailure::RemoteCommand(line));
            }
        }
        Ok(report)
    }

    async fn upload_file(
        &self,
        path: &Path,
        mut file: File,
        stat: &Stat,
        destination: &CopyDestination,
    ) -> Result<CopyReport, TransferError> {
        let shown = path.as_os_str().as_bytes();
        let name = destination.name.as_deref().unwrap_or(b".");
        let part = partial_name(name);
        let total = u64::try_from(stat.st_size).unwrap_or(0);
        self.progress.add_total(total);
        let (offset, returned) =
            self.remote_resume_offset(path, file, total, destination, part.as_bytes()).await?;
        file = returned;
        file.seek(SeekFrom::Start(offset)).map_err(cannot_read(path.as_os_str()))?;
        self.progress.add_bytes(offset);
        let attributes = FileAttributes::of(stat);
        let (mode, time) = (format!("{:o}", attributes.mode), attributes.modified.to_pax());
        let (at, size) = (offset.to_string(), total.to_string());
        let more = [
            name,
            part.as_bytes(),
            at.as_bytes(),
            size.as_bytes(),
            mode.as_bytes(),
            time.as_bytes(),
        ];
        let command =
            script::command(&self.directory, script::PUT_FILE, &destination.directory, &more)?;
        let content = CountingReader {
            content: file.take(total - offset),
            progress: Arc::clone(&self.progress),
        };
        let input = Input::Reader(Box::new(content));
        let outcome = run_script(self.session, &command, input, Output::Null).await?;
        match outcome.outcome.code() {
            0 => Ok(CopyReport::default()),
            script::BUSY_STATUS => Err(TransferError::Busy { path: escape_path(shown) }),
            script::INCOMPLETE_STATUS => Err(TransferError::Incomplete {
                path: escape_path(shown),
                received: self.progress.read().bytes.min(total),
                announced: total,
            }),
            _ => Err(outcome.to_error("write", name)),
        }
    }

    /// Returns how many bytes of the file exist in the container already.
    async fn remote_resume_offset(
        &self,
        path: &Path,
        mut file: File,
        total: u64,
        destination: &CopyDestination,
        part: &[u8],
    ) -> Result<(u64, File), TransferError> {
        let (outcome, answer) =
            self.run_script(script::FIND_PARTIAL, &destination.directory, &[part]).await?;
        if outcome.outcome.code() == script::BUSY_STATUS {
            return Err(TransferError::Busy { path: escape_path(path.as_os_str().as_bytes()) });
        }
        if !outcome.is_success() {
            return Err(outcome.to_error("enter", &destination.directory));
        }
        let answer = String::from_utf8_lossy(&answer);
        let mut words = answer.split_whitespace();
        let there = words.next().and_then(|size| size.parse().ok()).unwrap_or(0);
        let Some(theirs) = words.next().filter(|_| (1..=total).contains(&there)) else {
            return Ok((0, file));
        };
        let hashed = run_blocking(move || (sha256_prefix(&mut file, there), file)).await;
        let (ours, file) = hashed.map_err(cannot_read(path.as_os_str()))?;
        let ours = ours.map_err(cannot_read(path.as_os_str()))?;
        Ok((if ours == theirs { there } else { 0 }, file))
    }

    async fn upload_link(
        &self,
        to: &[u8],
        stat: &Stat,
        destination: &CopyDestination,
    ) -> Result<CopyReport, TransferError> {
        let name = destination.name.as_deref().unwrap_or(b".");
        let time = FileAttributes::of(stat).modified.to_pax();
        let more = [name, to, time.as_bytes()];
        let (outcome, _) = self.run_script(script::PUT_LINK, &destination.directory, &more).await?;
        if outcome.is_success() {
            Ok(CopyReport::default())
        } else {
            Err(outcome.to_error("create the link", name))
        }
    }
}

/// Counts content as it is read.
struct CountingReader {
    content: std::io::Take<File>,
    progress: Arc<TransferProgress>,
}

impl Read for CountingReader {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.content.read(buffer)?;
        self.progress.add_bytes(length as u64);
        Ok(length)
    }
}
