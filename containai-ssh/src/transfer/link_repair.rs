//! Moving files of a home directory to a data volume, and replacing them with
//! symbolic links.

use std::ffi::OsStr;
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use containai_core::import::{HomeLink, LinkAction, PathState, plan_link_repair};
use containai_core::layout::VOLUME_REPLACED;
use rustix::fs::{OFlags, Stat};

use super::atomic_file::AtomicFile;
use super::directory::{Directory, is_link_or_not_dir};
use super::file_kind::{FileAttributes, FileKind};
use super::pack::open_regular_file;
use super::tree_scan::descend;

/// Contents that carry no data: the placeholders of missing files.
const EMPTY_CONTENTS: [&[u8]; 4] = [b"", b"\n", b"{}", b"{}\n"];

/// Moves files of a home directory to a data volume, and replaces them with
/// symbolic links.
///
/// Every directory is opened from its parent and must not be a symbolic link,
/// on both sides. If both sides have a file, the newer one wins and the other
/// one is kept below [`VOLUME_REPLACED`]. Each file is complete on the volume
/// before it is removed from the home directory, so an interruption loses
/// nothing and the next run continues.
#[derive(Debug)]
pub struct HomeLinkRepair<'a> {
    home: &'a Directory,
    volume: &'a Directory,
    mount_point: &'a str,
}

/// The outcome for one link.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LinkOutcome {
    /// The link was right.
    Unchanged,
    /// The link was created.
    Linked,
    /// The file or directory is on the volume, and the link was created.
    Moved,
    /// The file or the rest of the directory was kept, for this reason.
    Blocked(String),
}

impl<'a> HomeLinkRepair<'a> {
    /// Creates a repair between the two; `mounted` is the mount point in the
    /// targets of links.
    #[must_use]
    pub fn new(home: &'a Directory, volume: &'a Directory, mount_point: &'a str) -> Self {
        Self { home, volume, mount_point }
    }

    /// Returns the outcome of a repair without changing anything.
    #[must_use]
    pub fn check(&self, link: &HomeLink) -> LinkOutcome {
        match self.plan(link) {
            Ok(LinkAction::Keep) => LinkOutcome::Unchanged,
            Ok(LinkAction::CreateLink) => LinkOutcome::Linked,
            Ok(LinkAction::MoveFile | LinkAction::MoveDirectory) => LinkOutcome::Moved,
            Ok(LinkAction::Blocked(why)) => LinkOutcome::Blocked(why.to_owned()),
            Err(error) => LinkOutcome::Blocked(reason(&error)),
        }
    }

    /// Repairs a link.
    #[must_use]
    pub fn repair(&self, link: &HomeLink) -> LinkOutcome {
        self.try_repair(link).unwrap_or_else(|error| LinkOutcome::Blocked(reason(&error)))
    }

    fn plan(&self, link: &HomeLink) -> io::Result<LinkAction> {
        let home = path_state(self.home, &link.path)?;
        let volume = path_state(self.volume, &link.target)?;
        Ok(plan_link_repair(link, self.mount_point, &home, &volume))
    }

    fn try_repair(&self, link: &HomeLink) -> io::Result<LinkOutcome> {
        let to = format!("{}/{}", self.mount_point, link.target);
        let settlement = self.plan(link)?;
        match settlement {
            LinkAction::Keep => return Ok(LinkOutcome::Unchanged),
            LinkAction::Blocked(why) => return Ok(LinkOutcome::Blocked(why.to_owned())),
            LinkAction::CreateLink | LinkAction::MoveFile | LinkAction::MoveDirectory => {}
        }
        let (home, name) = open_parent(self.home, &link.path)?;
        match settlement {
            LinkAction::MoveFile => {
                let (volume, target) = open_parent(self.volume, &link.target)?;
                self.move_file(&home, name, &volume, target, &link.target)?;
            }
            LinkAction::MoveDirectory => {
                let (volume, target) = open_parent(self.volume, &link.target)?;
                self.move_directory(&home, name, &volume, target, &link.target)?;
            }
            _ => {
                home.replace_symlink(name, OsStr::new(&to), None)?;
                return Ok(LinkOutcome::Linked);
            }
        }
        home.create_symlink(name, OsStr::new(&to))?;
        Ok(LinkOutcome::Moved)
    }

    /// Moves a file. `path` is its path on the volume.
    fn move_file(
        &self,
        home: &Directory,
        name: &OsStr,
        volume: &Directory,
        target: &OsStr,
        path: &str,
    ) -> io::Result<()> {
        let (_, ours) = open_regular_file(home, name)?;
        let known = match volume.stat(target)? {
            None => None,
            Some(stat) if FileKind::of_mode(stat.st_mode) == FileKind::File => Some(stat),
            Some(_) => return Err(io::Error::other("the volume has something other than a file")),
        };
        let Some(theirs) = known else {
            copy_file(home, name, &ours, volume, target)?;
            return remove_if_unchanged(home, name, &ours);
        };
        let is_bare = |directory, name, stat: &Stat| -> io::Result<bool> {
            Ok(stat.st_size < 4 && EMPTY_CONTENTS.contains(&read(directory, name, 4)?.as_slice()))
        };
        if is_bare(home, name, &ours)?
            || has_same_content((home, name, &ours), (volume, target, &theirs))?
        {
            return remove_if_unchanged(home, name, &ours);
        }
        let is_newer =
            (ours.st_mtime, ours.st_mtime_nsec) >= (theirs.st_mtime, theirs.st_mtime_nsec);
        if is_bare(volume, target, &theirs)? {
            copy_file(home, name, &ours, volume, target)?;
        } else {
            let replaced = format!("{VOLUME_REPLACED}/{path}");
            self.volume.create_dir(".containai".as_ref())?;
            let (aside, aside_name) = open_parent(self.volume, &replaced)?;
            if is_newer {
                copy_file(volume, target, &theirs, &aside, aside_name)?;
                copy_file(home, name, &ours, volume, target)?;
            } else {
                copy_file(home, name, &ours, &aside, aside_name)?;
            }
        }
        remove_if_unchanged(home, name, &ours)
    }

    /// Moves the contents, and removes the directory if it is empty then.
    fn move_directory(
        &self,
        home: &Directory,
        name: &OsStr,
        volume: &Directory,
        target: &OsStr,
        path: &str,
    ) -> io::Result<()> {
        let from = home.open_dir(name)?;
        let to = volume.create_dir(target)?;
        for name in from.names()? {
            let Some(text) = name.to_str() else {
                return Err(io::Error::other("it contains a name that is not UTF-8"));
            };
            let path = format!("{path}/{text}");
            let at = |error: io::Error| io::Error::other(format!("`{path}`: {}", reason(&error)));
            let Some(stat) = from.stat(&name)? else { continue };
            match FileKind::of_mode(stat.st_mode) {
                FileKind::File => self.move_file(&from, &name, &to, &name, &path).map_err(at)?,
                FileKind::Directory => {
                    self.move_directory(&from, &name, &to, &name, &path).map_err(at)?;
                }
                FileKind::Link => self.move_link(&from, &name, &to, &stat).map_err(at)?,
                // A socket is useless without its program.
                FileKind::Special if is_socket(&stat) => from.remove_file(&name),
                FileKind::Special => return Err(at(io::Error::other("it is not a file"))),
            }
        }
        if to.is_new() {
            to.set_attributes(FileAttributes::of(&from.stat_self()?))?;
        }
        home.remove_empty(name)
    }

    /// Moves a symbolic link unchanged. A link to the volume is removed if the
    /// volume has an entry of this name: such links remain from when the
    /// entries of the directory were linked one by one.
    fn move_link(
        &self,
        from: &Directory,
        name: &OsStr,
        to: &Directory,
        stat: &Stat,
    ) -> io::Result<()> {
        let leads = from.read_link(name)?;
        let is_ours = Path::new(&leads).starts_with(self.mount_point);
        match to.stat(name)? {
            // The target is missing.
            None if is_ours && !self.target_exists(&leads) => {}
            None => to.replace_symlink(name, &leads, Some(FileAttributes::of(stat).modified))?,
            Some(_) if is_ours => {}
            Some(there) => {
                let is_link = FileKind::of_mode(there.st_mode) == FileKind::Link;
                if !is_link || to.read_link(name)? != leads {
                    return Err(io::Error::other("the volume has a different entry"));
                }
            }
        }
        from.remove_file(name);
        Ok(())
    }

    /// Whether the target of a link exists on the volume.
    fn target_exists(&self, leads: &OsStr) -> bool {
        let below = Path::new(leads).strip_prefix(self.mount_point).ok().and_then(Path::to_str);
        below.is_some_and(|path| {
            path_state(self.volume, path).is_ok_and(|state| state != PathState::Nothing)
        })
    }

    /// Renames a file on the volume, unless the new name exists.
    ///
    /// # Errors
    ///
    /// Those of the rename.
    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let is_there = |path| Ok::<_, io::Error>(path_state(self.volume, path)? == PathState::File);
        if !is_there(from)? || path_state(self.volume, to)? != PathState::Nothing {
            return Ok(());
        }
        let (parent, old) = open_parent(self.volume, from)?;
        let (_, new) = open_parent(self.volume, to)?;
        parent.rename(old, new)
    }
}

/// Whether this is a socket.
fn is_socket(stat: &Stat) -> bool {
    stat.st_mode & 0o170_000 == 0o140_000
}

/// Copies a file with these attributes, atomically.
fn copy_file(
    from: &Directory,
    name: &OsStr,
    stat: &Stat,
    to: &Directory,
    target: &OsStr,
) -> io::Result<()> {
    let (mut content, _) = open_regular_file(from, name)?;
    let new = AtomicFile::create(to, target)?;
    io::copy(&mut content, &mut &new.file)?;
    let now = rustix::fs::fstat(&content)?;
    if !is_unchanged(&now, stat) {
        return Err(io::Error::other("it is being written"));
    }
    new.file.sync_all()?;
    new.commit(FileAttributes::of(stat))
}

/// Removes a file unless it was replaced or changed.
fn remove_if_unchanged(home: &Directory, name: &OsStr, stat: &Stat) -> io::Result<()> {
    match home.stat(name)? {
        Some(now) if is_unchanged(&now, stat) => {
            home.remove_file(name);
            Ok(())
        }
        _ => Err(io::Error::other("it was changed meanwhile")),
    }
}

/// Whether this is the same file with the same content, by its attributes.
fn is_unchanged(one: &Stat, other: &Stat) -> bool {
    (one.st_dev, one.st_ino, one.st_size) == (other.st_dev, other.st_ino, other.st_size)
        && (one.st_mtime, one.st_mtime_nsec) == (other.st_mtime, other.st_mtime_nsec)
}

type FileRef<'a> = (&'a Directory, &'a OsStr, &'a Stat);

fn has_same_content(one: FileRef<'_>, other: FileRef<'_>) -> io::Result<bool> {
    if one.2.st_size != other.2.st_size {
        return Ok(false);
    }
    let [mut one, mut other] =
        [open_regular_file(one.0, one.1)?.0, open_regular_file(other.0, other.1)?.0];
    let (mut left, mut right) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    loop {
        let length = one.read(&mut left)?;
        if length == 0 {
            return Ok(true);
        }
        match other.read_exact(&mut right[..length]) {
            Ok(()) if left[..length] == right[..length] => {}
            Ok(()) => return Ok(false),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(false),
            Err(error) => return Err(error),
        }
    }
}

fn read(directory: &Directory, name: &OsStr, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    directory.open_file(name, OFlags::RDONLY)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns what exists at a path; a symbolic link among its parents is an
/// error.
fn path_state(root: &Directory, path: &str) -> io::Result<PathState> {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    let Some(directory) = descend(root, parent)? else { return Ok(PathState::Nothing) };
    let name = OsStr::new(name);
    let Some(stat) = directory.stat(name)? else { return Ok(PathState::Nothing) };
    Ok(match FileKind::of_mode(stat.st_mode) {
        FileKind::File => PathState::File,
        FileKind::Directory => PathState::Directory,
        FileKind::Link => {
            PathState::Link(String::from_utf8_lossy(directory.read_link(name)?.as_bytes()).into())
        }
        FileKind::Special => PathState::Special,
    })
}

/// Opens the parent directory of a path, creating missing ones, and returns the
/// name.
fn open_parent<'p>(root: &Directory, path: &'p str) -> io::Result<(Directory, &'p OsStr)> {
    let mut directory = root.open_dir(OsStr::new("."))?;
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    for part in Path::new(parent) {
        directory = directory.create_dir(part)?;
    }
    Ok((directory, OsStr::new(name)))
}

fn reason(error: &io::Error) -> String {
    match is_link_or_not_dir(error) {
        true => "a parent path is a link or a file, and links are not followed".to_owned(),
        false => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
