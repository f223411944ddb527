//! The copy of a workspace in a container of a remote engine.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::sync::Arc;

use containai_core::archive::{MemberKind, MemberPath};
use containai_core::workspace_sync::{TreeItem, TreeState, is_git_path};

use super::copier::{Copier, cannot_write};
use super::destination::CopyDestination;
use super::directory::Directory;
use super::error::TransferError;
use super::limits::ArchiveLimits;
use super::remote_script::{run_script, script_reply_up_to};
use super::report::{CopyFailure, CopyReport};
use super::selection::Selection;
use super::tree_state::stat_item;
use super::unpack::unpack_filtered;
use super::{script, tree_state};
use crate::session::{Input, Output, Session};

/// The maximum size of a container's file list, in bytes.
const MAX_LISTING_LEN: usize = 256 << 20;
/// The root of the copy, for scripts.
const WORKSPACE_ROOT: &[u8] = b".";

/// The copy of a workspace in a container of a remote engine.
///
/// All data from it is hostile: only the requested paths are written, each as
/// the file or link that was listed, and only over the local state that was
/// recorded before. Git's own directory is never downloaded.
#[derive(Debug)]
pub struct RemoteWorkspace<'a> {
    copier: Copier<'a>,
}

impl<'a> RemoteWorkspace<'a> {
    /// Accesses the copy over a session.
    #[must_use]
    pub fn new(session: &'a Session) -> Self {
        Self { copier: Copier::new(session) }
    }

    /// Sets the progress that copies update.
    #[must_use]
    pub fn with_progress(mut self, progress: Arc<super::TransferProgress>) -> Self {
        self.copier = self.copier.with_progress(progress);
        self
    }

    /// Whether the copy is empty.
    ///
    /// # Errors
    ///
    /// [`TransferError::Remote`], and [`TransferError::RemoteCommand`] if it
    /// cannot be listed.
    pub async fn is_empty(&self) -> Result<bool, TransferError> {
        let (outcome, answer) =
            self.copier.run_script(script::FIRST_NAME, WORKSPACE_ROOT, &[]).await?;
        match outcome.is_success() {
            true => Ok(answer.is_empty()),
            false => Err(outcome.to_error("list", WORKSPACE_ROOT)),
        }
    }

    /// Uploads a part of a local tree.
    ///
    /// # Errors
    ///
    /// [`TransferError::Remote`], and [`TransferError::RemoteCommand`] if it
    /// cannot be unpacked.
    pub async fn upload(&self, tree: &Path, part: Selection) -> Result<CopyReport, TransferError> {
        let landing = CopyDestination { directory: WORKSPACE_ROOT.to_vec(), name: None };
        self.copier.upload_selection(Directory::open(tree, &[])?, part, landing).await
    }

    /// Returns the state of the files that git tracks or would add, and of
    /// these known paths; of all files if there is no git.
    ///
    /// # Errors
    ///
    /// [`TransferError::Remote`], [`TransferError::RemoteCommand`] and
    /// [`TransferError::UnexpectedReply`].
    pub async fn tree_state(&self, known: &TreeState) -> Result<TreeState, TransferError> {
        let listed = self.git_files().await?;
        let mut found = self.found_files().await?;
        found.retain(|path, _| {
            let is_kept = listed.as_ref().is_none_or(|listed| listed.contains(path));
            (is_kept || known.contains_key(path)) && !is_git_path(path)
        });
        let files = found.iter().filter(|(_, item)| matches!(item, TreeItem::File { .. }));
        let hashes = self.hashes(files.map(|(path, _)| path.as_str())).await?;
        found.retain(|path, item| match item {
            TreeItem::Link { .. } => true,
            // A file that was removed since it was listed is missing.
            TreeItem::File { hash, .. } => match hashes.get(path) {
                Some(reported) => {
                    hash.clone_from(reported);
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
    pub async fn download(
        &self,
        tree: &Path,
        paths: &[String],
        here: &TreeState,
        there: &TreeState,
    ) -> Result<CopyReport, TransferError> {
        let root = Directory::open(tree, &[])?;
        let command =
            script::command(&self.copier.directory, script::GET_FILES, WORKSPACE_ROOT, &[])?;
        let cannot_write = cannot_write(tree.as_os_str());
        let limits = ArchiveLimits::of(&root).map_err(&cannot_write)?;
        let (read, write) = io::pipe().map_err(&cannot_write)?;
        let progress = Arc::clone(&self.copier.progress);
        let wanted: BTreeSet<String> = paths.iter().cloned().collect();
        let (here, there) = (here.clone(), there.clone());
        let unpacking = tokio::task::spawn_blocking(move || {
            let admits = |path: &MemberPath, kind: &MemberKind| {
                check_entry(&root, path, kind, &wanted, (&here, &there))
            };
            let input = io::BufReader::with_capacity(64 << 10, read);
            unpack_filtered(input, &root, limits, &progress, &admits)
        });
        let output = Output::from(std::fs::File::from(std::os::fd::OwnedFd::from(write)));
        let outcome =
            run_script(self.copier.session, &command, nul_terminated_input(paths), output).await?;
        let unpacked = unpacking.await.map_err(|error| cannot_write(io::Error::other(error)))?;
        let mut report = unpacked.map_err(|source| TransferError::Archive {
            path: String::from_utf8_lossy(WORKSPACE_ROOT).into_owned(),
            source,
        })?;
        if !outcome.is_success() {
            for line in outcome.error_lines() {
                report.add(CopyFailure::RemoteCommand(line));
            }
        }
        Ok(report)
    }

    /// Removes a local path, if it is unchanged since it was recorded.
    ///
    /// # Errors
    ///
    /// The system's error, or that the path was changed meanwhile.
    pub fn remove(tree: &Path, path: &str, here: &TreeState) -> Result<(), TransferError> {
        let root = Directory::open(tree, &[])?;
        let failed = cannot_write(OsStr::new(path));
        check_unchanged(&root, path, here).map_err(|reason| failed(io::Error::other(reason)))?;
        let mut names: Vec<_> = path.split('/').map(OsStr::new).collect();
        let Some(name) = names.pop() else { return Ok(()) };
        if let Some(directory) = root.descend(&names).map_err(&failed)? {
            directory.remove_file(name);
        }
        match stat_item(&root, path).map_err(&failed)? {
            None => Ok(()),
            Some(_) => Err(failed(io::ErrorKind::PermissionDenied.into())),
        }
    }

    async fn git_files(&self) -> Result<Option<BTreeSet<String>>, TransferError> {
        let (outcome, answer) = self.script_reply(script::GIT_LS_FILES, Input::Null).await?;
        match outcome.outcome.code() {
            script::NO_GIT_STATUS => Ok(None),
            0 => Ok(Some(nul_terminated(&answer).map(str::to_owned).collect())),
            _ => Err(outcome.to_error("list", WORKSPACE_ROOT)),
        }
    }

    async fn found_files(&self) -> Result<TreeState, TransferError> {
        let (outcome, answer) = self.script_reply(script::FIND, Input::Null).await?;
        match outcome.is_success() {
            true => parse_find(&answer).ok_or_else(unexpected_reply),
            false => Err(outcome.to_error("list", WORKSPACE_ROOT)),
        }
    }

    /// Returns the hashes of files. An unreadable file has none, and is treated
    /// as missing.
    async fn hashes<'p>(
        &self,
        paths: impl Iterator<Item = &'p str>,
    ) -> Result<BTreeMap<String, String>, TransferError> {
        let paths: Vec<_> = paths.map(str::to_owned).collect();
        let (_, answer) =
            self.script_reply(script::SHA256SUM, nul_terminated_input(&paths)).await?;
        let pairs = nul_terminated(&answer).filter_map(|line| line.split_once("  "));
        Ok(pairs.map(|(hash, path)| (path.to_owned(), hash.to_owned())).collect())
    }

    async fn script_reply(
        &self,
        script: &str,
        input: Input,
    ) -> Result<(super::remote_script::ScriptOutcome, Vec<u8>), TransferError> {
        let command = script::command(&self.copier.directory, script, WORKSPACE_ROOT, &[])?;
        Ok(script_reply_up_to(self.copier.session, &command, input, MAX_LISTING_LEN).await?)
    }
}

/// Admits only requested paths, as they were listed, over the recorded local
/// state.
fn check_entry(
    root: &Directory,
    path: &MemberPath,
    kind: &MemberKind,
    wanted: &BTreeSet<String>,
    (here, there): (&TreeState, &TreeState),
) -> Result<(), String> {
    let path = std::str::from_utf8(path.as_bytes()).unwrap_or_default();
    if !wanted.contains(path) || is_git_path(path) {
        return Err("it was not requested".to_owned());
    }
    let is_as_seen = match (kind, there.get(path)) {
        (MemberKind::File { .. }, Some(TreeItem::File { .. })) => true,
        (MemberKind::Symlink(to), Some(TreeItem::Link { target: seen })) => *to == seen.as_bytes(),
        _ => false,
    };
    match is_as_seen {
        true => check_unchanged(root, path, here),
        false => Err("its type or target was changed meanwhile".to_owned()),
    }
}

fn check_unchanged(root: &Directory, path: &str, here: &TreeState) -> Result<(), String> {
    let now = stat_item(root, path).map_err(|error| error.to_string())?;
    match now.as_ref() == here.get(path) {
        true => Ok(()),
        false => Err("the local file was changed meanwhile".to_owned()),
    }
}

/// Parses the reply of [`script::FIND`]; paths that are not UTF-8, or outside
/// of the tree, are skipped.
fn parse_find(answer: &[u8]) -> Option<TreeState> {
    let mut found = TreeState::new();
    let mut records = answer.split(|&byte| byte == 0);
    while let Some(first) = records.next().filter(|first| !first.is_empty()) {
        let to = records.next()?;
        let (Ok(first), Ok(to)) = (std::str::from_utf8(first), std::str::from_utf8(to)) else {
            continue;
        };
        let mut words = first.splitn(3, ' ');
        let (kind, mode, path) = (words.next()?, words.next()?, words.next()?);
        let is_plain = MemberPath::parse(path.as_bytes())
            .is_ok_and(|it| it.as_bytes() == path.as_bytes() && !it.is_root());
        let item = match kind {
            "f" => {
                let mode = u32::from_str_radix(mode, 8).ok()?;
                TreeItem::File { hash: String::new(), executable: mode & 0o100 != 0 }
            }
            "l" => TreeItem::Link { target: to.to_owned() },
            _ => continue,
        };
        if is_plain {
            found.insert(path.to_owned(), item);
        }
    }
    Some(found)
}

fn nul_terminated(answer: &[u8]) -> impl Iterator<Item = &str> {
    let fields = answer.split(|&byte| byte == 0).filter(|field| !field.is_empty());
    fields.filter_map(|field| std::str::from_utf8(field).ok())
}

fn nul_terminated_input(paths: &[String]) -> Input {
    Input::bytes(
        paths.iter().flat_map(|path| [path.as_bytes(), b"\0"].concat()).collect::<Vec<_>>(),
    )
}

fn unexpected_reply() -> TransferError {
    TransferError::UnexpectedReply { path: String::from_utf8_lossy(WORKSPACE_ROOT).into_owned() }
}

/// See [`super::tree_state()`]; a part of a tree to be copied.
impl Selection {
    /// Returns the state of all selected paths, except git's own.
    ///
    /// # Errors
    ///
    /// As [`super::tree_state()`].
    pub fn tree_state(&self, tree: &Path) -> Result<TreeState, TransferError> {
        let root = Directory::open(tree, &[])?;
        let failed = |source| TransferError::Read { path: tree.display().to_string(), source };
        let mut paths = Vec::new();
        self.collect(&root, &mut Vec::new(), &mut paths).map_err(failed)?;
        tree_state(&root, paths.iter().map(String::as_str)).map_err(failed)
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
            let text = std::str::from_utf8(path).ok().filter(|path| !is_git_path(path));
            if let Some(text) = text.map(str::to_owned) {
                let is_directory = directory.stat(&name)?.is_some_and(|stat| {
                    super::file_kind::FileKind::of_mode(stat.st_mode)
                        == super::file_kind::FileKind::Directory
                });
                match is_directory {
                    true if self.has_any_below(path) => {
                        self.collect(&directory.open_dir(&name)?, path, found)?;
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
    fn listed_paths_stay_in_the_tree() {
        let answer = b"f 755 a b\0\0f 644 ../x\0\0f 644 /etc/x\0\0l 777 l\0to\0d 755 d\0\0\
            f 644 a//b\0\0f 600 \xff\0\0";
        let found = parse_find(answer).expect("it is whole");
        let shown: Vec<_> = found.iter().map(|(path, item)| format!("{path} {item:?}")).collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        a b File { hash: "", executable: true }
        l Link { target: "to" }
        "#);
        assert_eq!(parse_find(b"f 644 a"), None);
        assert_eq!(parse_find(b"f x a\0\0"), None);
    }

    #[test]
    fn rejects_entries_not_requested() -> Result<(), Box<dyn std::error::Error>> {
        let place = tempfile::tempdir()?;
        let place = std::fs::canonicalize(place.path())?;
        std::fs::write(place.join("mine"), "changed since")?;
        let root = Directory::open(&place, &[])?;
        let file = |hash: &str| TreeItem::File { hash: hash.to_owned(), executable: false };
        let there: TreeState =
            [("new", file("1")), ("mine", file("1")), (".git/hooks/x", file("1"))]
                .map(|(path, item)| (path.to_owned(), item))
                .into();
        let wanted: BTreeSet<_> = there.keys().cloned().collect();
        let plain = || MemberKind::File { size: 0, sparse_map: None };
        let seen = |path: &str, kind: MemberKind| {
            let path = MemberPath::parse(path.as_bytes()).expect("a path");
            check_entry(&root, &path, &kind, &wanted, (&TreeState::new(), &there))
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
