//! The files of a downloaded feature.

use std::collections::BTreeMap;
use std::io::Read;

use crate::archive::{ArchiveError, Member, MemberKind, MemberPath, MemberReader};
use crate::exit;
use crate::hint::{Advice, Hint};

/// The manifest of a feature.
pub const FEATURE_MANIFEST: &str = "devcontainer-feature.json";
/// The installation script of a feature.
const INSTALL_SCRIPT: &str = "install.sh";
/// The maximum size of the content in bytes: it is held in memory.
pub const MAX_FEATURE_BYTES: u64 = 128 << 20;
/// The maximum number of files, directories and links.
const MAX_ENTRIES: usize = 10_000;
/// The maximum size of a manifest in bytes.
const MAX_MANIFEST_BYTES: usize = 1 << 20;

/// The files of a feature by their paths, in memory: nothing of an archive is unpacked to a disk.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FeaturePackage {
    entries: BTreeMap<String, PackageEntry>,
}

/// An entry of a package.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PackageEntry {
    /// A directory.
    Directory,
    /// A regular file.
    File {
        /// The permission bits.
        mode: u32,
        /// The content.
        content: Vec<u8>,
    },
    /// A symbolic link that stays within the package.
    Link(String),
}

impl FeaturePackage {
    /// Reads an uncompressed tar file, which is hostile.
    ///
    /// # Errors
    ///
    /// - [`FeaturePackageError::Archive`]: the archive is malformed.
    /// - [`FeaturePackageError::Refused`]: a member is or leads outside the package, appears twice, or
    ///   is of another type than a file, a directory or a link.
    /// - [`FeaturePackageError::TooLarge`]: the limits of size or number are exceeded.
    /// - [`FeaturePackageError::Incomplete`]: the manifest or the installation script is missing.
    pub fn read(archive: impl Read) -> Result<Self, FeaturePackageError> {
        let mut reader = MemberReader::new(archive);
        let (mut package, mut left) = (Self::default(), MAX_FEATURE_BYTES);
        while let Some(member) = reader.next_member()? {
            left = left
                .checked_sub(member.kind.stored_size())
                .filter(|_| package.entries.len() < MAX_ENTRIES)
                .ok_or(FeaturePackageError::TooLarge)?;
            package.add(&member, &mut reader)?;
        }
        for required in [FEATURE_MANIFEST, INSTALL_SCRIPT] {
            if package.file(required).is_none() {
                return Err(FeaturePackageError::Incomplete { file: required });
            }
        }
        Ok(package)
    }

    /// Returns the text of the manifest.
    ///
    /// # Errors
    ///
    /// [`FeaturePackageError::Manifest`]: it is not a text of at most 1 MiB.
    pub fn manifest(&self) -> Result<&str, FeaturePackageError> {
        let content = self.file(FEATURE_MANIFEST).unwrap_or_default();
        let content = if content.len() > MAX_MANIFEST_BYTES { &[0xff] } else { content };
        std::str::from_utf8(content).map_err(|_| FeaturePackageError::Manifest)
    }

    /// Returns the entries in the order of their paths.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &PackageEntry)> {
        self.entries.iter().map(|(path, entry)| (path.as_str(), entry))
    }

    fn file(&self, path: &str) -> Option<&[u8]> {
        match self.entries.get(path)? {
            PackageEntry::File { content, .. } => Some(content),
            _ => None,
        }
    }

    fn add(&mut self, member: &Member, content: &mut impl Read) -> Result<(), FeaturePackageError> {
        let refused = |reason| FeaturePackageError::refused(&member.path, reason);
        let path = std::str::from_utf8(member.path.as_bytes())
            .map_err(|_| refused("is not UTF-8"))?
            .to_owned();
        if path.chars().any(char::is_control) {
            return Err(refused("contains control characters"));
        }
        let entry = match &member.kind {
            MemberKind::Directory => PackageEntry::Directory,
            MemberKind::File { size, sparse_map: None } => {
                let mut bytes = Vec::new();
                content.take(*size).read_to_end(&mut bytes).map_err(ArchiveError::Read)?;
                PackageEntry::File { mode: member.mode & 0o777, content: bytes }
            }
            MemberKind::File { .. } => return Err(refused("is a sparse file")),
            MemberKind::Symlink(target) => {
                let target = std::str::from_utf8(target).ok();
                let inside = target.filter(|target| stays_inside(&path, target));
                PackageEntry::Link(
                    inside.ok_or_else(|| refused("is a link out of the feature"))?.to_owned(),
                )
            }
            MemberKind::HardLink(_) => return Err(refused("is a hard link")),
            MemberKind::Unsupported(what) => return Err(refused(what)),
        };
        if member.path.is_root() {
            let is_directory = entry == PackageEntry::Directory;
            return if is_directory { Ok(()) } else { Err(refused("is not a directory")) };
        }
        self.insert(path, entry).map_err(refused)
    }

    /// Inserts an entry; its parents are or become directories.
    fn insert(&mut self, path: String, entry: PackageEntry) -> Result<(), &'static str> {
        for (at, _) in path.match_indices('/') {
            let parent = self.entries.entry(path[..at].to_owned());
            if *parent.or_insert(PackageEntry::Directory) != PackageEntry::Directory {
                return Err("is below something that is not a directory");
            }
        }
        let is_directory = entry == PackageEntry::Directory;
        match self.entries.insert(path, entry) {
            Some(old) if old != PackageEntry::Directory || !is_directory => Err("appears twice"),
            _ => Ok(()),
        }
    }
}

/// Returns whether the target of a link, seen from its own path, is within the package.
fn stays_inside(path: &str, target: &str) -> bool {
    if target.is_empty() || target.starts_with('/') || target.chars().any(char::is_control) {
        return false;
    }
    let mut depth = path.matches('/').count();
    target.split('/').all(|part| match part {
        "" | "." => true,
        ".." => {
            let is_inside = depth > 0;
            depth = depth.saturating_sub(1);
            is_inside
        }
        _ => {
            depth += 1;
            true
        }
    })
}

/// The archive of a feature cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeaturePackageError {
    /// The archive is malformed.
    #[error("it is not a valid tar file")]
    Archive(#[from] ArchiveError),
    /// A member must not be unpacked; the archive was crafted.
    #[error("`{path}` in it {reason}")]
    Refused {
        /// The path of the member, escaped.
        path: String,
        /// The reason, a phrase that follows the path.
        reason: &'static str,
    },
    /// The content is too large.
    #[error("its content exceeds {} MiB or {MAX_ENTRIES} files", MAX_FEATURE_BYTES >> 20)]
    TooLarge,
    /// A required file is missing.
    #[error("it is not a feature: `{file}` is missing")]
    Incomplete {
        /// The file.
        file: &'static str,
    },
    /// The manifest is not a text, or too long.
    #[error("`{FEATURE_MANIFEST}` in it is not a text of at most 1 MiB")]
    Manifest,
}

impl FeaturePackageError {
    fn refused(path: &MemberPath, reason: &'static str) -> Self {
        Self::Refused { path: path.display(), reason }
    }
}

impl Advice for FeaturePackageError {
    fn exit_code(&self) -> u8 {
        exit::FAILED
    }

    fn hints(&self) -> Vec<Hint> {
        vec![Hint::new(match self {
            Self::Refused { .. } => "do not trust the source of this feature; nothing was unpacked",
            _ => "check the identifier in `features`, and report it to the feature's author",
        })]
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::archive::{FileTime, MemberWriter, Owner};

    type Content<'a> = (MemberKind, &'a [u8]);

    fn archive(members: &[(&str, Content<'_>)]) -> Vec<u8> {
        let mut writer = MemberWriter::new(Vec::new(), "");
        for (path, (kind, content)) in members {
            let member = Member {
                path: MemberPath::parse(path.as_bytes()).expect("a path"),
                kind: kind.clone(),
                mode: 0o4755,
                owner: Owner { uid: 1, gid: 1 },
                modified: FileTime { seconds: 0, nanoseconds: 0 },
                attributes: BTreeMap::new(),
            };
            writer.start_member(&member).expect("a member");
            writer.write_all(content).expect("its content");
        }
        writer.finish().expect("an archive")
    }

    /// Corrects the checksum of the first header.
    fn seal(archive: &mut [u8]) {
        let byte = |(at, byte): (usize, &u8)| match (148..156).contains(&at) {
            true => u32::from(b' '),
            false => u32::from(*byte),
        };
        let checksum: u32 = archive[..512].iter().enumerate().map(byte).sum();
        archive[148..156].copy_from_slice(format!("{checksum:06o}\0 ").as_bytes());
    }

    fn file(content: &[u8]) -> Content<'_> {
        (MemberKind::File { size: content.len() as u64, sparse_map: None }, content)
    }

    fn link(target: &str) -> Content<'static> {
        (MemberKind::Symlink(target.as_bytes().to_vec()), &[])
    }

    const DIRECTORY: Content<'static> = (MemberKind::Directory, &[]);

    #[test]
    fn files_are_kept_in_memory() {
        let package = FeaturePackage::read(
            archive(&[
                (".", DIRECTORY),
                (FEATURE_MANIFEST, file(b"{}")),
                (INSTALL_SCRIPT, file(b"#!")),
                ("a/b/c", file(b"x")),
                ("a", DIRECTORY),
                ("a/up", link("../install.sh")),
            ])
            .as_slice(),
        )
        .expect("a package");
        let paths: Vec<_> = package.entries().map(|(path, _)| path).collect();
        assert_eq!(paths, ["a", "a/b", "a/b/c", "a/up", FEATURE_MANIFEST, INSTALL_SCRIPT]);
        let expected = PackageEntry::File { mode: 0o755, content: b"#!".to_vec() };
        assert_eq!(package.entries[INSTALL_SCRIPT], expected);
        assert_eq!(package.manifest().ok(), Some("{}"));
    }

    #[test]
    fn hostile_members_are_refused() {
        let check = |members: &[(&str, Content<'_>)]| {
            let mut all = vec![(FEATURE_MANIFEST, file(b"{}")), (INSTALL_SCRIPT, file(b""))];
            all.extend(members.iter().cloned());
            FeaturePackage::read(archive(&all).as_slice()).expect_err("hostile").to_string()
        };
        let all = [
            check(&[("l", link("/etc")), ("l/x", file(b"x"))]),
            check(&[("l", link(".."))]),
            check(&[("a/l", link("../../x"))]),
            check(&[("a/l", link("x/../../../a"))]),
            check(&[("l", link("a")), ("l/x", file(b"x"))]),
            check(&[("x", file(b"x")), ("x/y", file(b"x"))]),
            check(&[("x", file(b"x")), ("x", file(b"y"))]),
            check(&[("x", link("a")), ("x", DIRECTORY)]),
            check(&[("x\u{1b}[2J", file(b"x"))]),
            check(&[("h", (MemberKind::HardLink(MemberPath::default()), &[]))]),
        ];
        insta::assert_snapshot!(all.join("\n"));
        let mut outside = archive(&[("xx/y", file(b""))]);
        outside[..4].copy_from_slice(b"../y");
        seal(&mut outside);
        let error = FeaturePackage::read(outside.as_slice()).expect_err("outside");
        let source = std::error::Error::source(&error).expect("a cause").to_string();
        assert!(source.contains("contains `..`"), "{source}");
    }

    #[test]
    fn incomplete_and_oversized_archives_are_refused() {
        let read = |members: &[(&str, Content<'_>)]| {
            FeaturePackage::read(archive(members).as_slice()).expect_err("it is refused")
        };
        assert!(matches!(read(&[("x", file(b""))]), FeaturePackageError::Incomplete { .. }));
        let linked = [(FEATURE_MANIFEST, link("x")), (INSTALL_SCRIPT, file(b""))];
        assert!(matches!(read(&linked), FeaturePackageError::Incomplete { .. }));
        let many: Vec<String> = (0..=MAX_ENTRIES).map(|at| format!("f{at}")).collect();
        let many: Vec<_> = many.iter().map(|name| (name.as_str(), DIRECTORY)).collect();
        assert!(matches!(read(&many), FeaturePackageError::TooLarge));
        // A header that announces more than there is: refused before anything is read.
        let mut header = archive(&[("big", file(b""))]);
        header[124..136].copy_from_slice(format!("{:011o}\0", MAX_FEATURE_BYTES + 1).as_bytes());
        seal(&mut header);
        let error = FeaturePackage::read(header.as_slice()).expect_err("too large");
        assert!(matches!(error, FeaturePackageError::TooLarge), "{error}");
        assert!(matches!(
            FeaturePackage::read(&b"not a tar file"[..]),
            Err(FeaturePackageError::Archive(_))
        ));
    }
}
