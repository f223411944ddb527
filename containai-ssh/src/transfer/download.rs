//! Copies from the container.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;

use containai_core::archive::ArchiveError;

use super::copier::{Copier, Seen, aside, cannot_write, count};
use super::directory::{Directory, is_in_the_way};
use super::error::TransferError;
use super::exchange::exchange;
use super::file_kind::FileKind;
use super::holes::HoleWriter;
use super::landing::{Standing, land};
use super::limits::Limits;
use super::meter::Meter;
use super::part::{Part, hash};
use super::report::{Failure, Report};
use super::resolve::resolve;
use super::script;
use super::source::{AtEnd, Source, show, trim_slashes};
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
    ) -> Result<Report, TransferError> {
        let mut report = Report::default();
        for source in sources {
            let standing = self.standing_here(target)?;
            match self.download_one(source.as_bytes(), target, standing, sources).await {
                Ok(one) => report.merge(one),
                Err(error @ (TransferError::Remote(_) | TransferError::Link { .. })) => {
                    return Err(error);
                }
                Err(error) => report.note(error),
            }
        }
        Ok(report)
    }

    fn standing_here(&self, target: &Path) -> Result<Standing, TransferError> {
        let bare = trim_slashes(target.as_os_str().as_bytes());
        let bare = if bare.is_empty() { target } else { Path::new(OsStr::from_bytes(bare)) };
        match resolve(bare, &self.boundaries) {
            Ok(real) if real.is_dir() => Ok(Standing::Directory),
            Ok(_) => Ok(Standing::Other),
            Err(TransferError::Read { source, .. }) if source.kind() == ErrorKind::NotFound => {
                Ok(Standing::Nothing)
            }
            Err(error) => Err(error),
        }
    }

    async fn download_one(
        &self,
        path: &[u8],
        target: &Path,
        standing: Standing,
        sources: &[OsString],
    ) -> Result<Report, TransferError> {
        let source = Source::parse(path)?;
        if source.path == b"~" && source.name.is_some() {
            return Err(TransferError::Nameless { path: show(path) });
        }
        let seen = self.look(&source.path, source.at_end).await?;
        let seen = seen.map_err(|ending| TransferError::Missing {
            path: show(path),
            reason: ending.lines().pop().unwrap_or_else(|| "it does not exist".to_owned()),
        })?;
        if source.at_end == AtEnd::Directory && seen.kind != FileKind::Directory {
            return Err(TransferError::NotADirectory { path: show(path) });
        }
        let target = target.as_os_str().as_bytes();
        let landing = land(target, standing, &source, seen.kind, count(sources))?;
        let place = Path::new(OsStr::from_bytes(&landing.directory));
        let directory = Directory::open(place, &self.boundaries)?;
        let name = landing.name.as_deref().map(OsStr::from_bytes);
        match (seen.kind, name) {
            (FileKind::Directory, None) => self.download_tree(&source, directory).await,
            (FileKind::Directory, Some(name)) => {
                let made =
                    directory.make_child(name).map_err(|error| match is_in_the_way(&error) {
                        true => TransferError::NotADirectory { path: show(name.as_bytes()) },
                        false => cannot_write(name)(error),
                    })?;
                self.download_tree(&source, made).await
            }
            (FileKind::File, Some(name)) => {
                self.download_file(&source, &seen, &directory, name).await
            }
            (FileKind::Link, Some(name)) => {
                let moment = Some(seen.attributes.modified);
                let made = directory.link(name, OsStr::from_bytes(&seen.link), moment);
                made.map(|()| Report::default()).map_err(cannot_write(name))
            }
            _ => Err(TransferError::Special { path: show(path) }),
        }
    }

    async fn download_tree(
        &self,
        source: &Source,
        root: Directory,
    ) -> Result<Report, TransferError> {
        let command = script::call(&self.directory, script::GET_TREE, &source.path, &[])?;
        let cannot_write = cannot_write(OsStr::from_bytes(&source.path));
        let limits = Limits::of(&root).map_err(&cannot_write)?;
        let (read, write) = io::pipe().map_err(&cannot_write)?;
        let meter = Arc::clone(&self.meter);
        let unpacking = tokio::task::spawn_blocking(move || {
            unpack(io::BufReader::with_capacity(64 << 10, read), &root, limits, &meter)
        });
        let output = Output::from(std::fs::File::from(std::os::fd::OwnedFd::from(write)));
        let ending = exchange(self.session, &command, Input::Null, output).await?;
        let unpacked = unpacking.await.map_err(|error| cannot_write(io::Error::other(error)))?;
        let mut report = match unpacked {
            Ok(report) => report,
            // The error of the command is more specific than a truncated
            // archive.
            Err(UnpackError::Archive(ArchiveError::Truncated)) if !ending.is_success() => {
                return Err(ending.failed("pack", &source.path));
            }
            Err(error) => {
                return Err(TransferError::Archive { path: show(&source.path), source: error });
            }
        };
        if !ending.is_success() {
            for line in ending.lines() {
                report.note(Failure::Inside(line));
            }
            if report.is_complete() {
                return Err(ending.failed("pack", &source.path));
            }
        }
        Ok(report)
    }

    async fn download_file(
        &self,
        source: &Source,
        seen: &Seen,
        directory: &Directory,
        name: &OsStr,
    ) -> Result<Report, TransferError> {
        let cannot_write = cannot_write(name);
        let part = Part::open(directory, name).map_err(&cannot_write)?;
        let part = part.ok_or_else(|| TransferError::Busy { path: show(name.as_bytes()) })?;
        let received = match self.download_rest(source, seen, directory, &part, name).await {
            Ok(received) => received,
            Err(error) => {
                part.leave(directory);
                return Err(error);
            }
        };
        if received < seen.size {
            part.leave(directory);
            let path = show(&source.path);
            return Err(TransferError::Incomplete { path, received, announced: seen.size });
        }
        part.keep(directory, name, seen.attributes).map_err(cannot_write)?;
        Ok(Report::default())
    }

    /// Downloads the missing part; returns the size of the file then.
    async fn download_rest(
        &self,
        source: &Source,
        seen: &Seen,
        directory: &Directory,
        part: &Part,
        name: &OsStr,
    ) -> Result<u64, TransferError> {
        let cannot_write = cannot_write(name);
        self.meter.expect(seen.size);
        let offset = self.common_here(source, seen, part, &cannot_write).await?;
        self.meter.add(offset);
        part.file.set_len(offset).map_err(&cannot_write)?;
        let (announced, free) =
            (seen.size - offset, Limits::of(directory).map_err(&cannot_write)?.bytes);
        if announced > free {
            return Err(TransferError::TooBig { path: show(&source.path), announced, free });
        }
        let file = part.file.try_clone().map_err(&cannot_write)?;
        let content = Content {
            writer: HoleWriter::new(file, offset).map_err(&cannot_write)?,
            left: announced,
            meter: Arc::clone(&self.meter),
        };
        let at = offset.to_string();
        let command =
            script::call(&self.directory, script::GET_FILE, &source.path, &[at.as_bytes()])?;
        let output = Output::Writer(Box::new(content));
        let ending = exchange(self.session, &command, Input::Null, output).await;
        let ending = ending.map_err(|error| match error {
            containai_core::remote::RemoteError::Stream { source, .. } => cannot_write(source),
            error => error.into(),
        })?;
        let received = part.length().map_err(&cannot_write)?;
        if received < seen.size && !ending.is_success() && !ending.talk.is_empty() {
            return Err(ending.failed("read", &source.path));
        }
        Ok(received)
    }

    /// Returns how many bytes of the file exist here already.
    async fn common_here(
        &self,
        source: &Source,
        seen: &Seen,
        part: &Part,
        cannot_write: &impl Fn(io::Error) -> TransferError,
    ) -> Result<u64, TransferError> {
        let here = part.length().map_err(cannot_write)?;
        if here == 0 || here > seen.size {
            return Ok(0);
        }
        let length = here.to_string();
        let (ending, answer) = self.ask(script::HASH, &source.path, &[length.as_bytes()]).await?;
        let mut file = part.file.try_clone().map_err(cannot_write)?;
        let ours = aside(move || hash(&mut file, here)).await.and_then(|hash| hash);
        let ours = ours.map_err(cannot_write)?;
        let is_common = ending.is_success() && answer.starts_with(ours.as_bytes());
        Ok(if is_common { here } else { 0 })
    }
}

/// The content of one file, limited to the announced size.
struct Content {
    writer: HoleWriter,
    left: u64,
    meter: Arc<Meter>,
}

impl Write for Content {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = bytes.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if room == 0 && !bytes.is_empty() {
            // The file grew meanwhile; its first part was requested.
            return Err(ErrorKind::BrokenPipe.into());
        }
        let written = self.writer.write(&bytes[..room])?;
        self.left -= written as u64;
        self.meter.add(written as u64);
        if self.left == 0 {
            self.writer.settle()?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.settle()
    }
}
