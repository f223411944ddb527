//! Copies to the container.

use std::fs::File;
use std::io::{Read, Seek as _, SeekFrom};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::Stat;

use super::copier::{Copier, aside, cannot_read, count};
use super::directory::Directory;
use super::error::TransferError;
use super::exchange::exchange;
use super::file_kind::{Attributes, FileKind};
use super::landing::{Landing, land};
use super::meter::Meter;
use super::pack::{open, pack_part};
use super::part::{hash, part_name};
use super::report::{Failure, Report};
use super::script;
use super::selection::Selection;
use super::source::{AtEnd, Source, show, split};
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
    ) -> Result<Report, TransferError> {
        let mut report = Report::default();
        for source in sources {
            // An earlier source may have created the destination of the next
            // one.
            let standing = self.standing(target.as_bytes()).await?;
            let landing = |source: &Source, kind| {
                land(target.as_bytes(), standing, source, kind, count(sources))
            };
            match self.upload_one(source, landing).await {
                Ok(one) => report.merge(one),
                Err(error @ TransferError::Remote(_)) => return Err(error),
                Err(error) => report.note(error),
            }
        }
        Ok(report)
    }

    async fn upload_one(
        &self,
        path: &Path,
        landing: impl Fn(&Source, FileKind) -> Result<Landing, TransferError>,
    ) -> Result<Report, TransferError> {
        let source = Source::parse(path.as_os_str().as_bytes())?;
        let cannot_read = cannot_read(path.as_os_str());
        if source.at_end == AtEnd::Directory {
            let directory = Directory::open(path, &self.boundaries)?;
            return self.upload_tree(directory, landing(&source, FileKind::Directory)?).await;
        }
        let (parent, name) = split(&source.path);
        let name = std::ffi::OsStr::from_bytes(name);
        let parent = if parent.is_empty() { b".".as_slice() } else { parent };
        let parent = Path::new(std::ffi::OsStr::from_bytes(parent));
        let directory = Directory::open(parent, &self.boundaries)?;
        let stat = directory.stat(name).map_err(&cannot_read)?;
        let stat = stat.ok_or_else(|| TransferError::Missing {
            path: show(path.as_os_str().as_bytes()),
            reason: "no such file or directory".to_owned(),
        })?;
        let kind = FileKind::of_mode(stat.st_mode);
        let landing = landing(&source, kind)?;
        match kind {
            FileKind::Directory => {
                let tree = directory.child(name).map_err(cannot_read)?;
                self.upload_tree(tree, landing).await
            }
            FileKind::File => {
                let (file, stat) = open(&directory, name).map_err(cannot_read)?;
                self.upload_file(path, file, &stat, &landing).await
            }
            FileKind::Link => {
                let to = directory.read_link(name).map_err(cannot_read)?;
                self.upload_link(to.as_bytes(), &stat, &landing).await
            }
            FileKind::Special => {
                Err(TransferError::Special { path: show(path.as_os_str().as_bytes()) })
            }
        }
    }

    async fn upload_tree(
        &self,
        tree: Directory,
        landing: Landing,
    ) -> Result<Report, TransferError> {
        self.upload_part(tree, Selection::Everything, landing).await
    }

    pub(super) async fn upload_part(
        &self,
        tree: Directory,
        part: Selection,
        landing: Landing,
    ) -> Result<Report, TransferError> {
        let name = landing.name.unwrap_or_else(|| b".".to_vec());
        let stat = tree.own_stat().map_err(cannot_read(".".as_ref()))?;
        let attributes = Attributes::of(&stat);
        let (mode, time) = (format!("{:o}", attributes.mode), attributes.modified.text());
        let more = [&name[..], mode.as_bytes(), time.as_bytes()];
        let command = script::call(&self.directory, script::PUT_TREE, &landing.directory, &more)?;
        let (read, write) = std::io::pipe().map_err(cannot_read("a pipe".as_ref()))?;
        let meter = Arc::clone(&self.meter);
        let packing = tokio::task::spawn_blocking(move || {
            pack_part(&tree, &part, std::io::BufWriter::with_capacity(64 << 10, write), &meter)
        });
        let input = Input::File(read.into());
        let ending = exchange(self.session, &command, input, Output::Null).await?;
        // A closed pipe means that the remote command failed, which reports the
        // reason itself.
        let packed = packing.await.ok().and_then(Result::ok);
        let mut report = packed.unwrap_or_default();
        if !ending.is_success() {
            let lines = ending.lines();
            if lines.is_empty() {
                return Err(ending.failed("unpack", &name));
            }
            for line in lines {
                report.note(Failure::Inside(line));
            }
        }
        Ok(report)
    }

    async fn upload_file(
        &self,
        path: &Path,
        mut file: File,
        stat: &Stat,
        landing: &Landing,
    ) -> Result<Report, TransferError> {
        let shown = path.as_os_str().as_bytes();
        let name = landing.name.as_deref().unwrap_or(b".");
        let part = part_name(name);
        let total = u64::try_from(stat.st_size).unwrap_or(0);
        self.meter.expect(total);
        let (offset, returned) = self.common(path, file, total, landing, part.as_bytes()).await?;
        file = returned;
        file.seek(SeekFrom::Start(offset)).map_err(cannot_read(path.as_os_str()))?;
        self.meter.add(offset);
        let attributes = Attributes::of(stat);
        let (mode, time) = (format!("{:o}", attributes.mode), attributes.modified.text());
        let (at, size) = (offset.to_string(), total.to_string());
        let more = [
            name,
            part.as_bytes(),
            at.as_bytes(),
            size.as_bytes(),
            mode.as_bytes(),
            time.as_bytes(),
        ];
        let command = script::call(&self.directory, script::PUT_FILE, &landing.directory, &more)?;
        let content =
            Metered { content: file.take(total - offset), meter: Arc::clone(&self.meter) };
        let input = Input::Reader(Box::new(content));
        let ending = exchange(self.session, &command, input, Output::Null).await?;
        match ending.outcome.code() {
            0 => Ok(Report::default()),
            script::BUSY => Err(TransferError::Busy { path: show(shown) }),
            script::SHORT => Err(TransferError::Incomplete {
                path: show(shown),
                received: self.meter.read().bytes.min(total),
                announced: total,
            }),
            _ => Err(ending.failed("write", name)),
        }
    }

    /// Returns how many bytes of the file exist in the container already.
    async fn common(
        &self,
        path: &Path,
        mut file: File,
        total: u64,
        landing: &Landing,
        part: &[u8],
    ) -> Result<(u64, File), TransferError> {
        let (ending, answer) = self.ask(script::FIND_PART, &landing.directory, &[part]).await?;
        if ending.outcome.code() == script::BUSY {
            return Err(TransferError::Busy { path: show(path.as_os_str().as_bytes()) });
        }
        if !ending.is_success() {
            return Err(ending.failed("enter", &landing.directory));
        }
        let answer = String::from_utf8_lossy(&answer);
        let mut words = answer.split_whitespace();
        let there = words.next().and_then(|size| size.parse().ok()).unwrap_or(0);
        let Some(theirs) = words.next().filter(|_| (1..=total).contains(&there)) else {
            return Ok((0, file));
        };
        let hashed = aside(move || (hash(&mut file, there), file)).await;
        let (ours, file) = hashed.map_err(cannot_read(path.as_os_str()))?;
        let ours = ours.map_err(cannot_read(path.as_os_str()))?;
        Ok((if ours == theirs { there } else { 0 }, file))
    }

    async fn upload_link(
        &self,
        to: &[u8],
        stat: &Stat,
        landing: &Landing,
    ) -> Result<Report, TransferError> {
        let name = landing.name.as_deref().unwrap_or(b".");
        let time = Attributes::of(stat).modified.text();
        let more = [name, to, time.as_bytes()];
        let (ending, _) = self.ask(script::PUT_LINK, &landing.directory, &more).await?;
        if ending.is_success() {
            Ok(Report::default())
        } else {
            Err(ending.failed("create the link", name))
        }
    }
}

/// Counts content as it is read.
struct Metered {
    content: std::io::Take<File>,
    meter: Arc<Meter>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.content.read(buffer)?;
        self.meter.add(length as u64);
        Ok(length)
    }
}
