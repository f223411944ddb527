//! Packing of selected local files into one archive.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};

use blake3::Hasher;
use containai_core::archive::FileTime;

use super::directory::Directory;
use super::file_kind::FileAttributes;
use super::pack::open_regular_file;
use super::progress::TransferProgress;
use super::report::CopyReport;
use super::tar_header::{TarEntryKind, header_blocks_owned_by, padding};
use super::tree_scan::descend;

/// The owner of imported files: the container's user.
const AGENT_UID: u64 = 1000;

/// One entry of an archive.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EntrySource {
    /// The path in the archive.
    pub path: String,
    /// The permissions, nine bits.
    pub mode: u32,
    /// The time of the last modification, in nanoseconds since 1970.
    pub modified: i128,
    /// The content.
    pub content: EntryContent,
}

/// The content of an entry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EntryContent {
    /// A directory.
    Directory,
    /// A symbolic link, and its target.
    Link(String),
    /// A file with this content.
    Bytes(Vec<u8>),
    /// A file with the content of a local one, by its path below the root. No
    /// symbolic link is followed.
    File(String),
}

/// The result of packing entries.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct PackedEntries {
    /// The [`blake3_hex`] of each entry's content; `None` if it has no content,
    /// or was skipped.
    pub hashes: Vec<Option<String>>,
    /// The skipped entries.
    pub report: CopyReport,
}

/// Packs entries into an archive.
///
/// A file that shrinks meanwhile is padded with zeros, one that grows is
/// truncated; a padded one has no hash. An unreadable one is skipped and has no
/// hash either.
///
/// # Errors
///
/// Write errors of the archive.
pub fn pack_entries(
    root: &Directory,
    sources: &[EntrySource],
    mut archive: impl Write,
    progress: &TransferProgress,
) -> io::Result<PackedEntries> {
    let mut packed = PackedEntries::default();
    let mut dirs = DirCache { root, open: None };
    let mut buffer = vec![0; 64 << 10];
    for source in sources {
        let mut hash = None;
        match &source.content {
            EntryContent::Directory => {
                archive.write_all(&header(source, TarEntryKind::Directory))?;
            }
            EntryContent::Link(to) => {
                archive.write_all(&header(source, TarEntryKind::Link(to.as_bytes())))?;
            }
            EntryContent::Bytes(bytes) => {
                let size = bytes.len() as u64;
                archive.write_all(&header(source, TarEntryKind::File(size)))?;
                archive.write_all(bytes)?;
                io::copy(&mut io::repeat(0).take(padding(size)), &mut archive)?;
                hash = Some(blake3_hex(bytes));
            }
            EntryContent::File(path) => match dirs.open(path) {
                Ok((file, size)) => {
                    archive.write_all(&header(source, TarEntryKind::File(size)))?;
                    hash = copy_and_hash(file, size, &mut archive, &mut buffer, progress)?;
                }
                Err(error) => packed.report.skip(path.clone(), &error),
            },
        }
        progress.add_file();
        packed.hashes.push(hash);
    }
    // An archive ends with two empty blocks.
    archive.write_all(&[0; 1024])?;
    archive.flush()?;
    Ok(packed)
}

/// Returns the BLAKE3 hash of a content, in hexadecimal.
#[must_use]
pub fn blake3_hex(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_string()
}

impl Directory {
    /// Returns the [`blake3_hex`] of a file below the directory. No symbolic
    /// link is followed.
    ///
    /// # Errors
    ///
    /// Read errors, or that it is not a regular file.
    pub fn hash_file(&self, path: &str) -> io::Result<String> {
        let (mut file, _) = DirCache { root: self, open: None }.open(path)?;
        let mut hash = Hasher::new();
        hash.update_reader(&mut file)?;
        Ok(hash.finalize().to_string())
    }

    /// Returns up to `most` bytes of a file below the directory. No symbolic
    /// link is followed.
    ///
    /// # Errors
    ///
    /// Read errors, or that it is not a regular file.
    pub fn read_file(&self, path: &str, most: u64) -> io::Result<Vec<u8>> {
        let (file, _) = DirCache { root: self, open: None }.open(path)?;
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Opens files, and keeps the directory of the last one open.
struct DirCache<'a> {
    root: &'a Directory,
    open: Option<(String, Directory)>,
}

impl DirCache<'_> {
    fn open(&mut self, path: &str) -> io::Result<(File, u64)> {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        if self.open.as_ref().is_none_or(|(open, _)| open != parent) {
            let directory = descend(self.root, parent)?.ok_or(io::ErrorKind::NotFound)?;
            self.open = Some((parent.to_owned(), directory));
        }
        let (_, directory) = self.open.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let (file, stat) = open_regular_file(directory, OsStr::new(name))?;
        Ok((file, u64::try_from(stat.st_size).unwrap_or(0)))
    }
}

/// Copies this many bytes and returns their hash, if the file had them all.
fn copy_and_hash(
    file: File,
    size: u64,
    archive: &mut impl Write,
    buffer: &mut [u8],
    progress: &TransferProgress,
) -> io::Result<Option<String>> {
    let mut hash = Hasher::new();
    let mut content = file.take(size);
    let mut left = size;
    while left > 0 {
        let length = match content.read(buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        hash.update(&buffer[..length]);
        archive.write_all(&buffer[..length])?;
        progress.add_bytes(length as u64);
        left -= length as u64;
    }
    io::copy(&mut io::repeat(0).take(left + padding(size)), archive)?;
    Ok((left == 0).then(|| hash.finalize().to_string()))
}

fn header(source: &EntrySource, kind: TarEntryKind<'_>) -> Vec<u8> {
    let seconds = source.modified.div_euclid(1_000_000_000);
    let part = source.modified.rem_euclid(1_000_000_000);
    let moment = FileTime {
        seconds: i64::try_from(seconds).unwrap_or(0),
        nanoseconds: u32::try_from(part).unwrap_or(0),
    };
    let attributes = FileAttributes::new(source.mode, moment);
    header_blocks_owned_by(source.path.as_bytes(), kind, attributes, AGENT_UID)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::super::tree_scan::{ScanEntryKind, TreeScan};
    use super::*;

    #[test]
    fn links_are_not_followed() {
        let place = tempfile::tempdir().expect("a directory");
        let at = |path: &str| place.path().join(path);
        fs::create_dir_all(at("home/.x/sub")).expect("made");
        fs::create_dir_all(at("outside")).expect("made");
        fs::write(at("outside/secret"), "secret").expect("written");
        fs::write(at("home/.x/sub/file"), "content").expect("written");
        symlink(at("outside"), at("home/.way")).expect("a link");
        symlink("../../outside/secret", at("home/.x/link")).expect("a link");
        let root = Directory::open(&at("home"), &[]).expect("a directory");
        let mut survey = TreeScan::new(&root);
        let found = survey.find(".x", |_| true);
        let paths: Vec<_> = found.iter().map(|found| found.path.as_str()).collect();
        assert_eq!(paths, [".x", ".x/link", ".x/sub", ".x/sub/file"]);
        assert_eq!(found[1].kind, ScanEntryKind::Link("../../outside/secret".into()));
        assert!(survey.find(".way/secret", |_| true).is_empty());
        assert!(survey.find(".none/x", |_| true).is_empty());
        assert_eq!(survey.find(".x", |below| below != "sub").len(), 2);
        assert_eq!(survey.into_report().failures().len(), 1);
        assert!(root.hash_file(".way/secret").is_err() && root.hash_file(".x/link").is_err());

        let source = |path: &str, filling| EntrySource {
            path: path.into(),
            mode: 0o600,
            modified: 5,
            content: filling,
        };
        let sources = [
            source("d", EntryContent::Directory),
            source("d/a", EntryContent::File(".x/sub/file".into())),
            source("d/b", EntryContent::File(".way/secret".into())),
            source("d/c", EntryContent::Bytes(b"{}".to_vec())),
        ];
        let mut archive = Vec::new();
        let packed = pack_entries(&root, &sources, &mut archive, &TransferProgress::default())
            .expect("memory");
        assert_eq!(packed.hashes[1], Some(root.hash_file(".x/sub/file").expect("a file")));
        assert_eq!((packed.hashes.len(), packed.hashes[2].clone()), (4, None));
        assert_eq!(packed.report.failures().len(), 1);
        let mut archive = tar::Archive::new(archive.as_slice());
        let entries = archive.entries().expect("entries").map(|entry| {
            let entry = entry.expect("readable");
            let header = entry.header();
            (entry.path().expect("a path").into_owned(), header.uid().expect("an owner"))
        });
        let paths: Vec<_> = entries.collect();
        assert_eq!(paths, ["d", "d/a", "d/c"].map(|path| (Path::new(path).to_owned(), 1000)));
    }
}
