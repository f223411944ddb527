//! The index of a worktree on the host, after its branch has moved.

use crate::error::ResultExt as _;
use containai_core::worktree::ObjectId;

use super::LinkedWorktree;
use crate::git::ConfinedGit;
use crate::report::Reporter;

/// What the index is for: the commit that `HEAD` names, or the empty tree.
pub(crate) fn base_commit(git: &ConfinedGit) -> crate::Result<ObjectId> {
    if let Some(commit) = commit(git)? {
        return Ok(commit);
    }
    let empty = git.text(&["hash-object", "-t", "tree", "--stdin"], b"")?;
    ObjectId::parse(empty.trim()).context("git names no empty tree")
}

/// What `HEAD` names as a commit; `None` for a branch without one.
fn commit(git: &ConfinedGit) -> crate::Result<Option<ObjectId>> {
    let words = ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"];
    match git.run_succeeds(&words)? {
        true => Ok(ObjectId::parse(git.text(&words, b"")?.trim())),
        false => Ok(None),
    }
}

/// Moves the index from one commit to where `HEAD` is now, as git-read-tree(1)
/// does with two trees: what is staged on the host stays staged, and no file of
/// the worktree is touched. May be done twice.
pub(crate) fn move_to_head(
    worktree: &LinkedWorktree,
    git: &ConfinedGit,
    from: &ObjectId,
    reporter: &Reporter,
) -> crate::Result<()> {
    let Some(to) = commit(git)? else { return Ok(()) };
    if !worktree.entry.join("index").exists() {
        git.run(&["read-tree", to.as_str()], b"")?;
        return Ok(());
    }
    if from == &to {
        return Ok(());
    }
    if let Err(error) = git.run(&["read-tree", "-i", "-m", from.as_str(), to.as_str()], b"") {
        // Somebody else works on it: the next command tries again.
        crate::error::ensure!(!error.to_string().contains("index.lock"), "{error}");
        reporter.warn(&format!(
            "`{}`: what is staged on this machine changed in the container as well; it stays staged, and `git status` shows the container's commits as reverted until you run `git reset`",
            worktree.workspace
        ));
    }
    Ok(())
}
