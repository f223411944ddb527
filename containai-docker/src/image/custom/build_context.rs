//! The files of a build context.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Write};
use std::os::fd::OwnedFd;

use containai_core::template::{ContextEntry, ContextEntryKind, CopySources, IgnoreFile};
use rustix::fs::{Dir, FileType, Mode, OFlags, fstat, openat, readlinkat};
use sha2::{Digest as _, Sha256};

use crate::recipe::ContextDir;

/// Maximum size of a `.dockerignore`, in bytes.
const MAX_IGNORE_SIZE: u64 = 1 << 20;
/// Maximum depth of a tree; each level keeps a directory open.
const MAX_DEPTH: usize = 200;

/// The files of a build context.
///
/// An agent may have written it and may be writing it now: links are never followed, not even in
/// parent directories, and everything but files, directories and links is left out.
#[derive(Debug)]
pub struct BuildContext {
    root: OwnedFd,
    ignore: IgnoreFile,
}

impl BuildContext {
    /// Opens the directory and reads its `.dockerignore`.
    ///
    /// # Errors
    ///
    /// The system's error.
    pub fn open(place: &ContextDir) -> io::Result<Self> {
        let root = place.open()?;
        let mut text = String::new();
        match open_file(&root, c".dockerignore") {
            Ok(file) => drop(file.take(MAX_IGNORE_SIZE).read_to_string(&mut text)?),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(Self { root, ignore: IgnoreFile::parse(&text) })
    }

    /// Returns the entries that a build copies, with their content digests, in the order of the
    /// paths.
    ///
    /// # Errors
    ///
    /// The system's error, or a name that is not UTF-8.
    pub fn entries(&self, copied: &CopySources) -> io::Result<Vec<ContextEntry>> {
        let mut entries = Vec::new();
        self.walk(&mut |path, found| {
            if !copied.contains(path) {
                return Ok(());
            }
            let kind = match found {
                ContextNode::Directory => ContextEntryKind::Directory,
                ContextNode::Link(target) => ContextEntryKind::Link(target),
                ContextNode::File(file, mode) => {
                    let hash = sha256(file)?;
                    // The permissions of group and others are ignored: they change when agents get
                    // access.
                    ContextEntryKind::File(mode & 0o700, hash)
                }
            };
            entries.push(ContextEntry { path: path.to_owned(), kind });
            Ok(())
        })?;
        entries.sort();
        Ok(entries)
    }

    /// Packs the directory. Owner, group and time are constant, so that the builder's cache
    /// recognises unchanged files.
    pub(super) fn pack(
        &self,
        prefix: &str,
        archive: &mut tar::Builder<impl Write>,
    ) -> io::Result<()> {
        self.walk(&mut |path, found| {
            let path = if prefix.is_empty() { path.to_owned() } else { format!("{prefix}/{path}") };
            match found {
                ContextNode::Directory => {
                    let mut header = header(tar::EntryType::Directory, 0, 0o755);
                    archive.append_data(&mut header, format!("{path}/"), io::empty())
                }
                ContextNode::Link(target) => {
                    let mut header = header(tar::EntryType::Symlink, 0, 0o777);
                    archive.append_link(&mut header, path, target)
                }
                ContextNode::File(file, mode) => {
                    let size = file.metadata()?.len();
                    let mut header = header(tar::EntryType::Regular, size, mode);
                    // A file that grows meanwhile is truncated, one that shrinks is padded: another
                    // size would break the archive.
                    let content = file.take(size).chain(io::repeat(0)).take(size);
                    archive.append_data(&mut header, path, content)
                }
            }
        })
    }

    fn walk(&self, visit: &mut dyn FnMut(&str, ContextNode) -> io::Result<()>) -> io::Result<()> {
        let root = openat(&self.root, c".", directory_flags(), Mode::empty())?;
        self.walk_below("", &root, MAX_DEPTH, visit)
    }

    fn walk_below(
        &self,
        above: &str,
        directory: &OwnedFd,
        depth: usize,
        visit: &mut dyn FnMut(&str, ContextNode) -> io::Result<()>,
    ) -> io::Result<()> {
        if depth == 0 {
            return Err(io::Error::other(format!("`{above}` is nested too deeply")));
        }
        for name in names(directory)? {
            let text = name.to_str().map_err(|_| {
                let shown = name.to_string_lossy();
                io::Error::new(ErrorKind::InvalidData, format!("`{above}/{shown}` is not UTF-8"))
            })?;
            let path = if above.is_empty() { text.to_owned() } else { format!("{above}/{text}") };
            let is_left_out = self.ignore.excludes(&path);
            if is_left_out && !self.ignore.has_exceptions() {
                continue;
            }
            let found = match open_node(directory, &name) {
                Ok(found) => found,
                // An entry that is removed meanwhile is skipped.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            match found {
                None => {}
                Some(ContextNode::Directory) => {
                    let inner = openat(directory, &name, directory_flags(), Mode::empty())?;
                    if !is_left_out {
                        visit(&path, ContextNode::Directory)?;
                    }
                    self.walk_below(&path, &inner, depth - 1, visit)?;
                }
                Some(found) if !is_left_out => visit(&path, found)?,
                Some(_) => {}
            }
        }
        Ok(())
    }
}

/// An entry of the directory.
enum ContextNode {
    Directory,
    File(File, u32),
    Link(String),
}

fn open_node(directory: &OwnedFd, name: &CString) -> io::Result<Option<ContextNode>> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let status = fstat(openat(directory, name, flags, Mode::empty())?)?;
    Ok(match FileType::from_raw_mode(status.st_mode) {
        FileType::Directory => Some(ContextNode::Directory),
        FileType::RegularFile => {
            let file = open_file(directory, name)?;
            let mode = fstat(&file)?.st_mode & 0o777;
            Some(ContextNode::File(file, mode))
        }
        FileType::Symlink => {
            let target = readlinkat(directory, name, Vec::new())?;
            Some(ContextNode::Link(target.to_string_lossy().into_owned()))
        }
        _ => None,
    })
}

/// Opens a regular file, without blocking and without following a link.
fn open_file(directory: &OwnedFd, name: impl rustix::path::Arg) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(openat(directory, name, flags, Mode::empty())?);
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("no longer a regular file")),
    }
}

fn names(directory: &OwnedFd) -> io::Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let name = entry?.file_name().to_owned();
        if !matches!(name.to_bytes(), b"." | b"..") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn directory_flags() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

pub(super) fn header(kind: tar::EntryType, size: u64, mode: u32) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

fn sha256(mut file: File) -> io::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hash.finalize().into()),
            Ok(length) => hash.update(&buffer[..length]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn symlinks_never_leave_the_context() -> anyhow::Result<()> {
        let place = tempfile::tempdir()?;
        let root = place.path().join("context");
        fs::create_dir_all(root.join("sub/deep"))?;
        fs::create_dir_all(root.join("left/kept"))?;
        fs::write(place.path().join("secret"), "leaked")?;
        fs::write(root.join("sub/run"), "#!")?;
        fs::set_permissions(root.join("sub/run"), fs::Permissions::from_mode(0o4755))?;
        fs::write(root.join("left/out"), "x")?;
        fs::write(root.join("left/kept/in"), "y")?;
        fs::write(root.join(".dockerignore"), "left\n!left/kept\n")?;
        symlink("../secret", root.join("link"))?;
        symlink("..", root.join("sub/up"))?;
        nix::unistd::mkfifo(&root.join("pipe"), nix::sys::stat::Mode::S_IRWXU)?;
        let context = BuildContext::open(&ContextDir::at(&root))?;
        let mut archive = tar::Builder::new(Vec::new());
        context.pack("", &mut archive)?;
        let bytes = archive.into_inner()?;
        assert!(!String::from_utf8_lossy(&bytes).contains("leaked"));
        let mut packed = BTreeMap::new();
        for entry in tar::Archive::new(bytes.as_slice()).entries()? {
            let mut entry = entry?;
            let mut text =
                entry.link_name()?.map_or_else(String::new, |to| to.display().to_string());
            entry.read_to_string(&mut text)?;
            let path = entry.path()?.display().to_string().trim_end_matches('/').to_owned();
            packed.insert(path, (entry.header().mode()?, text));
        }
        let paths: Vec<_> = packed.keys().map(String::as_str).collect();
        let expected = [
            ".dockerignore",
            "left/kept",
            "left/kept/in",
            "link",
            "sub",
            "sub/deep",
            "sub/run",
            "sub/up",
        ];
        assert_eq!(paths, expected);
        assert_eq!(packed["sub/run"], (0o755, "#!".into()));
        assert_eq!(packed["link"].1, "../secret");
        let entries = context.entries(&CopySources::all())?;
        let paths: Vec<_> = entries.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(paths, expected);
        assert_eq!(context.entries(&CopySources::all())?, entries);
        fs::write(root.join("sub/run"), "#?")?;
        assert_ne!(context.entries(&CopySources::all())?, entries);
        let below = |below: &str| ContextDir { root: root.clone(), subpath: below.into() };
        assert!(BuildContext::open(&below("sub/deep")).is_ok());
        for outside in ["sub/up", "sub/up/context", "..", "/", "none"] {
            assert!(BuildContext::open(&below(outside)).is_err(), "{outside}");
        }
        Ok(())
    }
}
