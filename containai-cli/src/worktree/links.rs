//! Symbolic links in a repository that git is about to write.
//!
//! The repository may be the main checkout of another container, which writes it.

use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::FileType;

use super::LinkedWorktree;
use super::tree::{Entry, Tree};

/// Refuses a repository with a link where git writes.
pub(super) fn refuse(worktree: &LinkedWorktree) -> anyhow::Result<()> {
    let found = find(worktree)?;
    anyhow::ensure!(
        found.is_none(),
        "`{}` is a symbolic link, which git would write through",
        worktree.common.join(found.unwrap_or_default()).display()
    );
    Ok(())
}

fn find(worktree: &LinkedWorktree) -> io::Result<Option<std::path::PathBuf>> {
    let is_link =
        |entry: &Entry| FileType::from_raw_mode(entry.status.st_mode) == FileType::Symlink;
    if fs::symlink_metadata(&worktree.common)?.is_symlink() {
        return Ok(Some(Path::new("").to_owned()));
    }
    let Some(tree) = Tree::open(&worktree.common)? else { return Ok(None) };
    let entry = Path::new("worktrees").join(worktree.name());
    let walked = [Path::new("refs"), Path::new("logs"), Path::new("reftable"), &entry];
    let listed = ["", "worktrees", "objects", "objects/pack", "objects/info", "lfs"];
    let mut entries = tree.walk(Path::new("lfs/objects"))?;
    for path in walked {
        entries.extend(tree.walk(path)?);
    }
    for path in listed.map(Path::new) {
        entries.extend(tree.list(path)?);
    }
    // Hooks are not run, and may be anywhere.
    let is_used = |entry: &Entry| !matches!(entry.name(), "hooks" | "gitk.cache");
    let mut links = entries.into_iter().filter(|it| is_link(it) && is_used(it));
    Ok(links.next().map(|it| it.path))
}
