//! Detecting symbolic links in a repository before git writes it.
//!
//! The repository can be the workspace of another container, which can change it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::FileType;

use super::LinkedWorktree;
use super::untrusted_tree::{UntrustedEntry, UntrustedTree};

/// Refuses a repository with a symbolic link in a path that git writes.
pub(crate) fn refuse_links(worktree: &LinkedWorktree) -> crate::Result<()> {
    let found = find_link(&worktree.common, Some(worktree.name()))?;
    crate::error::ensure!(
        found.is_none(),
        "`{}` is a symbolic link that git would follow when writing",
        found.unwrap_or_default().display()
    );
    Ok(())
}

/// Returns the first symbolic link in the paths that git writes below `common`, including the
/// worktree entry with this name.
pub(crate) fn find_link(common: &Path, entry: Option<&str>) -> io::Result<Option<PathBuf>> {
    let is_link =
        |entry: &UntrustedEntry| FileType::from_raw_mode(entry.status.st_mode) == FileType::Symlink;
    if fs::symlink_metadata(common)?.is_symlink() {
        return Ok(Some(common.to_owned()));
    }
    let Some(tree) = UntrustedTree::open(common)? else { return Ok(None) };
    let entry = entry.map(|name| Path::new("worktrees").join(name));
    let walked = [Path::new("refs"), Path::new("logs"), Path::new("reftable")];
    let walked = walked.into_iter().chain(entry.as_deref());
    let listed = ["", "worktrees", "objects", "objects/pack", "objects/info", "lfs"];
    let mut entries = tree.walk(Path::new("lfs/objects"))?;
    for path in walked {
        entries.extend(tree.walk(path)?);
    }
    for path in listed.map(Path::new) {
        entries.extend(tree.list(path)?);
    }
    // Hooks are not run, and are often links.
    let is_used = |entry: &UntrustedEntry| !matches!(entry.name(), "hooks" | "gitk.cache");
    let mut links = entries.into_iter().filter(|it| is_link(it) && is_used(it));
    Ok(links.next().map(|it| common.join(it.path)))
}
