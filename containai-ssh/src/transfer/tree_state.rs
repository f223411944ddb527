//! The state of a local tree.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;

use containai_core::workspace_sync::{TreeItem, TreeState};

use super::directory::Directory;
use super::file_kind::FileKind;
use super::pack::open_regular_file;
use super::partial_file::sha256_prefix;

/// The mode bit with which the owner may execute a file.
const EXECUTABLE: u32 = 0o100;

/// Returns the state of these paths below a directory, with hashes of the
/// files. Missing paths, and those that are neither file nor link, are skipped.
/// Symbolic links in a path are not followed.
///
/// # Errors
///
/// Read errors, with the path in the message.
pub fn tree_state<'a>(
    root: &Directory,
    paths: impl IntoIterator<Item = &'a str>,
) -> io::Result<TreeState> {
    let mut found = TreeState::new();
    for path in paths {
        let item = stat_item(root, path).map_err(|error| {
            io::Error::new(error.kind(), format!("cannot read `{}`: {error}", path.escape_debug()))
        })?;
        found.extend(item.map(|item| (path.to_owned(), item)));
    }
    Ok(found)
}

/// Returns the state of one path.
pub(super) fn stat_item(root: &Directory, path: &str) -> io::Result<Option<TreeItem>> {
    let mut names: Vec<_> = path.split('/').map(OsStr::new).collect();
    let Some(name) = names.pop() else { return Ok(None) };
    let Some(directory) = root.descend(&names)? else { return Ok(None) };
    let Some(stat) = directory.stat(name)? else { return Ok(None) };
    match FileKind::of_mode(stat.st_mode) {
        FileKind::File => {
            let (mut file, stat) = open_regular_file(&directory, name)?;
            let size = u64::try_from(stat.st_size).unwrap_or(0);
            let executable = stat.st_mode & EXECUTABLE != 0;
            Ok(Some(TreeItem::File { hash: sha256_prefix(&mut file, size)?, executable }))
        }
        FileKind::Link => {
            let to = directory.read_link(name)?;
            let to = String::from_utf8_lossy(to.as_bytes()).into_owned();
            Ok(Some(TreeItem::Link { target: to }))
        }
        FileKind::Directory | FileKind::Special => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn records_only_files_and_links() -> Result<(), Box<dyn std::error::Error>> {
        let place = tempfile::tempdir()?;
        let place = fs::canonicalize(place.path())?;
        fs::create_dir_all(place.join("tree/a"))?;
        fs::write(place.join("outside"), "secret")?;
        fs::write(place.join("tree/a/b"), "")?;
        symlink("..", place.join("tree/up"))?;
        let root = Directory::open(&place.join("tree"), &[])?;
        let found = tree_state(&root, ["a", "a/b", "up", "up/outside", "none/x", "a/b/c"])?;
        let shown: Vec<_> = found.iter().map(|(path, item)| format!("{path} {item:?}")).collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        a/b File { hash: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", executable: false }
        up Link { target: ".." }
        "#);
        Ok(())
    }
}
