//! Moving files of a home directory to a data volume, and replacing them with
//! symbolic links.

use std::ffi::OsStr;
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use containai_core::import::{HomeLink, Settlement, Standing, settle};
use containai_core::layout::VOLUME_REPLACED;
use rustix::fs::{OFlags, Stat};

use super::directory::{Directory, is_in_the_way};
use super::file_kind::{Attributes, FileKind};
use super::pack::open;
use super::store::NewFile;
use super::survey::descend;

/// Contents that carry no data: the placeholders of missing files.
const BARE: [&[u8]; 4] = [b"", b"\n", b"{}", b"{}\n"];

/// Moves files of a home directory to a data volume, and replaces them with
/// symbolic links.
///
/// Every directory is opened from its parent and must not be a symbolic link,
/// on both sides. If both sides have a file, the newer one wins and the other
/// one is kept below [`VOLUME_REPLACED`]. Each file is complete on the volume
/// before it is removed from the home directory, so an interruption loses
/// nothing and the next run continues.
#[derive(Debug)]
pub struct Settling<'a> {
    home: &'a Directory,
    volume: &'a Directory,
    mounted: &'a str,
}

/// The outcome for one link.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Settled {
    /// The link was right.
    Already,
    /// The link was created.
    Linked,
    /// The file or directory is on the volume, and the link was created.
    Taken,
    /// The file or the rest of the directory was kept, for this reason.
    InTheWay(String),
}

impl<'a> Settling<'a> {
    /// Creates a repair between the two; `mounted` is the mount point in the
    /// targets of links.
    #[must_use]
    pub fn new(home: &'a Directory, volume: &'a Directory, mounted: &'a str) -> Self {
        Self { home, volume, mounted }
    }

    /// Returns the outcome of a repair without changing anything.
    #[must_use]
    pub fn look(&self, link: &HomeLink) -> Settled {
        match self.decide(link) {
            Ok(Settlement::Settled) => Settled::Already,
            Ok(Settlement::Link) => Settled::Linked,
            Ok(Settlement::TakeFile | Settlement::TakeDirectory) => Settled::Taken,
            Ok(Settlement::InTheWay(why)) => Settled::InTheWay(why.to_owned()),
            Err(error) => Settled::InTheWay(reason(&error)),
        }
    }

    /// Repairs a link.
    #[must_use]
    pub fn settle(&self, link: &HomeLink) -> Settled {
        self.try_settle(link).unwrap_or_else(|error| Settled::InTheWay(reason(&error)))
    }

    fn decide(&self, link: &HomeLink) -> io::Result<Settlement> {
        let home = standing(self.home, &link.path)?;
        let volume = standing(self.volume, &link.target)?;
        Ok(settle(link, self.mounted, &home, &volume))
    }

    fn try_settle(&self, link: &HomeLink) -> io::Result<Settled> {
        let to = format!("{}/{}", self.mounted, link.target);
        let settlement = self.decide(link)?;
        match settlement {
            Settlement::Settled => return Ok(Settled::Already),
            Settlement::InTheWay(why) => return Ok(Settled::InTheWay(why.to_owned())),
            Settlement::Link | Settlement::TakeFile | Settlement::TakeDirectory => {}
        }
        let (home, name) = entered(self.home, &link.path)?;
        match settlement {
            Settlement::TakeFile => {
                let (volume, target) = entered(self.volume, &link.target)?;
                self.take_file(&home, name, &volume, target, &link.target)?;
            }
            Settlement::TakeDirectory => {
                let (volume, target) = entered(self.volume, &link.target)?;
                self.take_directory(&home, name, &volume, target, &link.target)?;
            }
            _ => {
                home.link(name, OsStr::new(&to), None)?;
                return Ok(Settled::Linked);
            }
        }
        home.new_link(name, OsStr::new(&to))?;
        Ok(Settled::Taken)
    }

    /// Moves a file. `path` is its path on the volume.
    fn take_file(
        &self,
        home: &Directory,
        name: &OsStr,
        volume: &Directory,
        target: &OsStr,
        path: &str,
    ) -> io::Result<()> {
        let (_, ours) = open(home, name)?;
        let known = match volume.stat(target)? {
            None => None,
            Some(stat) if FileKind::of_mode(stat.st_mode) == FileKind::File => Some(stat),
            Some(_) => return Err(io::Error::other("the volume has something other than a file")),
        };
        let Some(theirs) = known else {
            copy(home, name, &ours, volume, target)?;
            return leave(home, name, &ours);
        };
        let is_bare = |directory, name, stat: &Stat| -> io::Result<bool> {
            Ok(stat.st_size < 4 && BARE.contains(&read(directory, name, 4)?.as_slice()))
        };
        if is_bare(home, name, &ours)? || is_same((home, name, &ours), (volume, target, &theirs))? {
            return leave(home, name, &ours);
        }
        let is_newer =
            (ours.st_mtime, ours.st_mtime_nsec) >= (theirs.st_mtime, theirs.st_mtime_nsec);
        if is_bare(volume, target, &theirs)? {
            copy(home, name, &ours, volume, target)?;
        } else {
            let replaced = format!("{VOLUME_REPLACED}/{path}");
            self.volume.make_child(".containai".as_ref())?;
            let (aside, aside_name) = entered(self.volume, &replaced)?;
            if is_newer {
                copy(volume, target, &theirs, &aside, aside_name)?;
                copy(home, name, &ours, volume, target)?;
            } else {
                copy(home, name, &ours, &aside, aside_name)?;
            }
        }
        leave(home, name, &ours)
    }

    /// Moves the contents, and removes the directory if it is empty then.
    fn take_directory(
        &self,
        home: &Directory,
        name: &OsStr,
        volume: &Directory,
        target: &OsStr,
        path: &str,
    ) -> io::Result<()> {
        let from = home.child(name)?;
        let to = volume.make_child(target)?;
        for name in from.names()? {
            let Some(text) = name.to_str() else {
                return Err(io::Error::other("it contains a name that is not UTF-8"));
            };
            let path = format!("{path}/{text}");
            let at = |error: io::Error| io::Error::other(format!("`{path}`: {}", reason(&error)));
            let Some(stat) = from.stat(&name)? else { continue };
            match FileKind::of_mode(stat.st_mode) {
                FileKind::File => self.take_file(&from, &name, &to, &name, &path).map_err(at)?,
                FileKind::Directory => {
                    self.take_directory(&from, &name, &to, &name, &path).map_err(at)?;
                }
                FileKind::Link => self.take_link(&from, &name, &to, &stat).map_err(at)?,
                // A socket is useless without its program.
                FileKind::Special if is_socket(&stat) => from.remove(&name),
                FileKind::Special => return Err(at(io::Error::other("it is not a file"))),
            }
        }
        if to.is_new() {
            to.dress(Attributes::of(&from.own_stat()?))?;
        }
        home.remove_empty(name)
    }

    /// Moves a symbolic link unchanged. A link to the volume is removed if the
    /// volume has an entry of this name: such links remain from when the
    /// entries of the directory were linked one by one.
    fn take_link(
        &self,
        from: &Directory,
        name: &OsStr,
        to: &Directory,
        stat: &Stat,
    ) -> io::Result<()> {
        let leads = from.read_link(name)?;
        let is_ours = Path::new(&leads).starts_with(self.mounted);
        match to.stat(name)? {
            // The target is missing.
            None if is_ours && !self.has(&leads) => {}
            None => to.link(name, &leads, Some(Attributes::of(stat).modified))?,
            Some(_) if is_ours => {}
            Some(there) => {
                let is_link = FileKind::of_mode(there.st_mode) == FileKind::Link;
                if !is_link || to.read_link(name)? != leads {
                    return Err(io::Error::other("the volume has a different entry"));
                }
            }
        }
        from.remove(name);
        Ok(())
    }

    /// Whether the target of a link exists on the volume.
    fn has(&self, leads: &OsStr) -> bool {
        let below = Path::new(leads).strip_prefix(self.mounted).ok().and_then(Path::to_str);
        below.is_some_and(|path| {
            standing(self.volume, path).is_ok_and(|standing| standing != Standing::Nothing)
        })
    }

    /// Renames a file on the volume, unless the new name exists.
    ///
    /// # Errors
    ///
    /// Those of the rename.
    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let is_there = |path| Ok::<_, io::Error>(standing(self.volume, path)? == Standing::File);
        if !is_there(from)? || standing(self.volume, to)? != Standing::Nothing {
            return Ok(());
        }
        let (parent, old) = entered(self.volume, from)?;
        let (_, new) = entered(self.volume, to)?;
        parent.rename(old, new)
    }
}

/// Whether this is a socket.
fn is_socket(stat: &Stat) -> bool {
    stat.st_mode & 0o170_000 == 0o140_000
}

/// Copies a file with these attributes, atomically.
fn copy(
    from: &Directory,
    name: &OsStr,
    stat: &Stat,
    to: &Directory,
    target: &OsStr,
) -> io::Result<()> {
    let (mut content, _) = open(from, name)?;
    let new = NewFile::create(to, target)?;
    io::copy(&mut content, &mut &new.file)?;
    let now = rustix::fs::fstat(&content)?;
    if !is_alike(&now, stat) {
        return Err(io::Error::other("it is being written"));
    }
    new.file.sync_all()?;
    new.keep(Attributes::of(stat))
}

/// Removes a file unless it was replaced or changed.
fn leave(home: &Directory, name: &OsStr, stat: &Stat) -> io::Result<()> {
    match home.stat(name)? {
        Some(now) if is_alike(&now, stat) => {
            home.remove(name);
            Ok(())
        }
        _ => Err(io::Error::other("it was changed meanwhile")),
    }
}

/// Whether this is the same file with the same content, by its attributes.
fn is_alike(one: &Stat, other: &Stat) -> bool {
    (one.st_dev, one.st_ino, one.st_size) == (other.st_dev, other.st_ino, other.st_size)
        && (one.st_mtime, one.st_mtime_nsec) == (other.st_mtime, other.st_mtime_nsec)
}

type Named<'a> = (&'a Directory, &'a OsStr, &'a Stat);

fn is_same(one: Named<'_>, other: Named<'_>) -> io::Result<bool> {
    if one.2.st_size != other.2.st_size {
        return Ok(false);
    }
    let [mut one, mut other] = [open(one.0, one.1)?.0, open(other.0, other.1)?.0];
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
fn standing(root: &Directory, path: &str) -> io::Result<Standing> {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    let Some(directory) = descend(root, parent)? else { return Ok(Standing::Nothing) };
    let name = OsStr::new(name);
    let Some(stat) = directory.stat(name)? else { return Ok(Standing::Nothing) };
    Ok(match FileKind::of_mode(stat.st_mode) {
        FileKind::File => Standing::File,
        FileKind::Directory => Standing::Directory,
        FileKind::Link => {
            Standing::Link(String::from_utf8_lossy(directory.read_link(name)?.as_bytes()).into())
        }
        FileKind::Special => Standing::Special,
    })
}

/// Opens the parent directory of a path, creating missing ones, and returns the
/// name.
fn entered<'p>(root: &Directory, path: &'p str) -> io::Result<(Directory, &'p OsStr)> {
    let mut directory = root.child(OsStr::new("."))?;
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    for part in Path::new(parent) {
        directory = directory.make_child(part)?;
    }
    Ok((directory, OsStr::new(name)))
}

fn reason(error: &io::Error) -> String {
    match is_in_the_way(error) {
        true => "a parent path is a link or a file, and links are not followed".to_owned(),
        false => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
