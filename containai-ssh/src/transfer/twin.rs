//! The copy of a workspace in a container of a remote engine.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::sync::Arc;

use containai_core::archive::{MemberKind, MemberPath};
use containai_core::copy::{Inventory, Item, is_private};

use super::copier::{Copier, cannot_write};
use super::directory::Directory;
use super::error::TransferError;
use super::exchange::{answer, exchange};
use super::inventory::look;
use super::landing::Landing;
use super::limits::Limits;
use super::report::{Failure, Report};
use super::selection::Selection;
use super::unpack::unpack_part;
use super::{inventory, script};
use crate::session::{Input, Output, Session};

/// The maximum size of a container's file list, in bytes.
const LISTING: usize = 256 << 20;
/// The root of the copy, for scripts.
const HERE: &[u8] = b".";

/// The copy of a workspace in a container of a remote engine.
///
/// All data from it is hostile: only the requested paths are written, each as
/// the file or link that was listed, and only over the local state that was
/// recorded before. Git's own directory is never downloaded.
#[derive(Debug)]
pub struct Twin<'a> {
    copier: Copier<'a>,
}

impl<'a> Twin<'a> {
    /// Accesses the copy over a session.
    #[must_use]
    pub fn new(session: &'a Session) -> Self {
        Self { copier: Copier::new(session) }
    }

    /// Sets the progress that copies update.
    #[must_use]
    pub fn measured(mut self, meter: Arc<super::Meter>) -> Self {
        self.copier = self.copier.measured(meter);
        self
    }

    /// Whether the copy is empty.
    ///
    /// # Errors
    ///
    /// [`TransferError::Remote`], and [`TransferError::RemoteCommand`] if it
    /// cannot be listed.
    pub async fn is_empty(&self) -> Result<bool, TransferError> {
        let (ending, answer) = self.copier.ask(script::HAS_ANY, HERE, &[]).await?;
        match ending.is_success() {
            true => Ok(answer.is_empty()),
            false => Err(ending.failed("list", HERE)),
        }
    }

    /// Uploads a part of a local tree.
    ///
    /// # Errors
    ///
    /// [`TransferError::Remote`], and [`TransferError::RemoteCommand`] if it
    /// cannot be unpacked.
    pub async fn fill(&self, tree: &Path, part: Selection) -> Result<Report, TransferError> {
        let landing = Landing { directory: HERE.to_vec(), name: None };
        self.copier.upload_part(Directory::open(tree, &[])?, part, landing).await
    }

    /// Returns the state of the files that git tracks or would add, and of
    /// these known paths; of all files if there is no git.
    ///
    /// # Errors
    ///
    /// [`TransferError::Remote`], [`TransferError::RemoteCommand`] and
    /// [`TransferError::UnexpectedReply`].
    pub async fn inventory(&self, known: &Inventory) -> Result<Inventory, TransferError> {
        let listed = self.listed().await?;
        let mut found = self.walked().await?;
        found.retain(|path, _| {
            let is_kept = listed.as_ref().is_none_or(|listed| listed.contains(path));
            (is_kept || known.contains_key(path)) && !is_private(path)
        });
        let files = found.iter().filter(|(_, item)| matches!(item, Item::File { .. }));
        let hashes = self.hashes(files.map(|(path, _)| path.as_str())).await?;
        found.retain(|path, item| match item {
            Item::Link { .. } => true,
            // A file that was removed since it was listed is missing.
            Item::File { hash, .. } => match hashes.get(path) {
                Some(told) => {
                    hash.clone_from(told);
                    true
                }
                None => false,
            },
        });
        Ok(found)
    }

    /// Downloads these paths, as they were listed, over the recorded local
    /// state.
    ///
    /// # Errors
    ///
    /// As [`Copier::download`].
    pub async fn take(
        &self,
        tree: &Path,
        paths: &[String],
        here: &Inventory,
        there: &Inventory,
    ) -> Result<Report, TransferError> {
        let root = Directory::open(tree, &[])?;
        let command = script::call(&self.copier.directory, script::GET_PART, HERE, &[])?;
        let cannot_write = cannot_write(tree.as_os_str());
        let limits = Limits::of(&root).map_err(&cannot_write)?;
        let (read, write) = io::pipe().map_err(&cannot_write)?;
        let meter = Arc::clone(&self.copier.meter);
        let wanted: BTreeSet<String> = paths.iter().cloned().collect();
        let (here, there) = (here.clone(), there.clone());
        let unpacking = tokio::task::spawn_blocking(move || {
            let admits = |path: &MemberPath, kind: &MemberKind| {
                admit(&root, path, kind, &wanted, (&here, &there))
            };
            let input = io::BufReader::with_capacity(64 << 10, read);
            unpack_part(input, &root, limits, &meter, &admits)
        });
        let output = Output::from(std::fs::File::from(std::os::fd::OwnedFd::from(write)));
        let ending = exchange(self.copier.session, &command, names(paths), output).await?;
        let unpacked = unpacking.await.map_err(|error| cannot_write(io::Error::other(error)))?;
        let mut report = unpacked.map_err(|source| TransferError::Archive {
            path: String::from_utf8_lossy(HERE).into_owned(),
            source,
        })?;
        if !ending.is_success() {
            for line in ending.lines() {
                report.note(Failure::Inside(line));
            }
        }
        Ok(report)
    }

    /// Removes a local path, if it is unchanged since it was recorded.
    ///
    /// # Errors
    ///
    /// The system's error, or that the path was changed meanwhile.
    pub fn remove(tree: &Path, path: &str, here: &Inventory) -> Result<(), TransferError> {
        let root = Directory::open(tree, &[])?;
        let failed = cannot_write(OsStr::new(path));
        unchanged(&root, path, here).map_err(|reason| failed(io::Error::other(reason)))?;
        let mut names: Vec<_> = path.split('/').map(OsStr::new).collect();
        let Some(name) = names.pop() else { return Ok(()) };
        if let Some(directory) = root.descend(&names).map_err(&failed)? {
            directory.remove(name);
        }
        match look(&root, path).map_err(&failed)? {
            None => Ok(()),
            Some(_) => Err(failed(io::ErrorKind::PermissionDenied.into())),
        }
    }

    async fn listed(&self) -> Result<Option<BTreeSet<String>>, TransferError> {
        let (ending, answer) = self.answer(script::LIST, Input::Null).await?;
        match ending.outcome.code() {
            script::NO_GIT => Ok(None),
            0 => Ok(Some(fields(&answer).map(str::to_owned).collect())),
            _ => Err(ending.failed("list", HERE)),
        }
    }

    async fn walked(&self) -> Result<Inventory, TransferError> {
        let (ending, answer) = self.answer(script::WALK, Input::Null).await?;
        match ending.is_success() {
            true => walked(&answer).ok_or_else(nonsense),
            false => Err(ending.failed("list", HERE)),
        }
    }

    /// Returns the hashes of files. An unreadable file has none, and is treated
    /// as missing.
    async fn hashes<'p>(
        &self,
        paths: impl Iterator<Item = &'p str>,
    ) -> Result<BTreeMap<String, String>, TransferError> {
        let paths: Vec<_> = paths.map(str::to_owned).collect();
        let (_, answer) = self.answer(script::HASHES, names(&paths)).await?;
        let pairs = fields(&answer).filter_map(|line| line.split_once("  "));
        Ok(pairs.map(|(hash, path)| (path.to_owned(), hash.to_owned())).collect())
    }

    async fn answer(
        &self,
        script: &str,
        input: Input,
    ) -> Result<(super::exchange::Ending, Vec<u8>), TransferError> {
        let command = script::call(&self.copier.directory, script, HERE, &[])?;
        Ok(answer(self.copier.session, &command, input, LISTING).await?)
    }
}

/// Admits only requested paths, as they were listed, over the recorded local
/// state.
fn admit(
    root: &Directory,
    path: &MemberPath,
    kind: &MemberKind,
    wanted: &BTreeSet<String>,
    (here, there): (&Inventory, &Inventory),
) -> Result<(), String> {
    let path = std::str::from_utf8(path.as_bytes()).unwrap_or_default();
    if !wanted.contains(path) || is_private(path) {
        return Err("it was not requested".to_owned());
    }
    let is_as_seen = match (kind, there.get(path)) {
        (MemberKind::File { .. }, Some(Item::File { .. })) => true,
        (MemberKind::Symlink(to), Some(Item::Link { to: seen })) => *to == seen.as_bytes(),
        _ => false,
    };
    match is_as_seen {
        true => unchanged(root, path, here),
        false => Err("its type or target was changed meanwhile".to_owned()),
    }
}

fn unchanged(root: &Directory, path: &str, here: &Inventory) -> Result<(), String> {
    let now = look(root, path).map_err(|error| error.to_string())?;
    match now.as_ref() == here.get(path) {
        true => Ok(()),
        false => Err("the local file was changed meanwhile".to_owned()),
    }
}

/// Parses the reply of [`script::FIND`]; paths that are not UTF-8, or outside
/// of the tree, are skipped.
fn walked(answer: &[u8]) -> Option<Inventory> {
    let mut found = Inventory::new();
    let mut records = answer.split(|&byte| byte == 0);
    while let Some(first) = records.next().filter(|first| !first.is_empty()) {
        let to = records.next()?;
        let (Ok(first), Ok(to)) = (std::str::from_utf8(first), std::str::from_utf8(to)) else {
            continue;
        };
        let mut words = first.splitn(3, ' ');
        let (kind, mode, path) = (words.next()?, words.next()?, words.next()?);
        let is_plain = MemberPath::parse(path.as_bytes())
            .is_ok_and(|it| it.as_bytes() == path.as_bytes() && !it.is_top());
        let item = match kind {
            "f" => {
                let mode = u32::from_str_radix(mode, 8).ok()?;
                Item::File { hash: String::new(), executable: mode & 0o100 != 0 }
            }
            "l" => Item::Link { to: to.to_owned() },
            _ => continue,
        };
        if is_plain {
            found.insert(path.to_owned(), item);
        }
    }
    Some(found)
}

fn fields(answer: &[u8]) -> impl Iterator<Item = &str> {
    let fields = answer.split(|&byte| byte == 0).filter(|field| !field.is_empty());
    fields.filter_map(|field| std::str::from_utf8(field).ok())
}

fn names(paths: &[String]) -> Input {
    Input::bytes(
        paths.iter().flat_map(|path| [path.as_bytes(), b"\0"].concat()).collect::<Vec<_>>(),
    )
}

fn nonsense() -> TransferError {
    TransferError::Nonsense { path: String::from_utf8_lossy(HERE).into_owned() }
}

/// See [`super::tree_state()`]; a part of a tree to be copied.
impl Selection {
    /// Returns the state of all selected paths, except git's own.
    ///
    /// # Errors
    ///
    /// As [`super::tree_state()`].
    pub fn inventory(&self, tree: &Path) -> Result<Inventory, TransferError> {
        let root = Directory::open(tree, &[])?;
        let failed = |source| TransferError::Read { path: tree.display().to_string(), source };
        let mut paths = Vec::new();
        self.collect(&root, &mut Vec::new(), &mut paths).map_err(failed)?;
        inventory(&root, paths.iter().map(String::as_str)).map_err(failed)
    }

    fn collect(
        &self,
        directory: &Directory,
        path: &mut Vec<u8>,
        found: &mut Vec<String>,
    ) -> io::Result<()> {
        use std::os::unix::ffi::OsStrExt as _;
        for name in directory.names()? {
            let length = path.len();
            if length > 0 {
                path.push(b'/');
            }
            path.extend(name.as_bytes());
            let text = std::str::from_utf8(path).ok().filter(|path| !is_private(path));
            if let Some(text) = text.map(str::to_owned) {
                let is_directory = directory.stat(&name)?.is_some_and(|stat| {
                    super::file_kind::FileKind::of_mode(stat.st_mode)
                        == super::file_kind::FileKind::Directory
                });
                match is_directory {
                    true if self.has_some_in(path) => {
                        self.collect(&directory.child(&name)?, path, found)?;
                    }
                    false if self.has_file(path) => found.push(text),
                    _ => {}
                }
            }
            path.truncate(length);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_cannot_lead_elsewhere() {
        let answer = b"f 755 a b\0\0f 644 ../x\0\0f 644 /etc/x\0\0l 777 l\0to\0d 755 d\0\0\
            f 644 a//b\0\0f 600 \xff\0\0";
        let found = walked(answer).expect("it is whole");
        let shown: Vec<_> = found.iter().map(|(path, item)| format!("{path} {item:?}")).collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        a b File { hash: "", executable: true }
        l Link { to: "to" }
        "#);
        assert_eq!(walked(b"f 644 a"), None);
        assert_eq!(walked(b"f x a\0\0"), None);
    }

    #[test]
    fn nothing_is_admitted_that_was_not_asked_for() -> Result<(), Box<dyn std::error::Error>> {
        let place = tempfile::tempdir()?;
        let place = std::fs::canonicalize(place.path())?;
        std::fs::write(place.join("mine"), "changed since")?;
        let root = Directory::open(&place, &[])?;
        let file = |hash: &str| Item::File { hash: hash.to_owned(), executable: false };
        let there: Inventory =
            [("new", file("1")), ("mine", file("1")), (".git/hooks/x", file("1"))]
                .map(|(path, item)| (path.to_owned(), item))
                .into();
        let wanted: BTreeSet<_> = there.keys().cloned().collect();
        let plain = || MemberKind::File { size: 0, parts: None };
        let seen = |path: &str, kind: MemberKind| {
            let path = MemberPath::parse(path.as_bytes()).expect("a path");
            admit(&root, &path, &kind, &wanted, (&Inventory::new(), &there))
                .err()
                .unwrap_or_default()
        };
        insta::assert_snapshot!(seen("new", plain()), @"");
        insta::assert_snapshot!(seen("new", MemberKind::Symlink(b"/etc".to_vec())), @"its type or target was changed meanwhile");
        insta::assert_snapshot!(seen("other", plain()), @"it was not requested");
        insta::assert_snapshot!(seen("mine", plain()), @"the local file was changed meanwhile");
        insta::assert_snapshot!(seen(".git/hooks/x", plain()), @"it was not requested");
        Ok(())
    }
}
