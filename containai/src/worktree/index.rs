//! Updating the index of a worktree on the host after its branch moved.

use crate::error::ResultExt as _;
use containai_core::worktree::ObjectId;

use super::LinkedWorktree;
use crate::git::ConfinedGit;
use crate::report::Reporter;

/// Returns the base of the index: the commit of `HEAD`, or the empty tree.
pub(crate) fn base_commit(git: &ConfinedGit) -> crate::Result<ObjectId> {
    if let Some(commit) = commit(git)? {
        return Ok(commit);
    }
    let empty = git.text(&["hash-object", "-t", "tree", "--stdin"], b"")?;
    ObjectId::parse(empty.trim()).context("git did not print the empty tree")
}

/// Resolves `HEAD` to a commit; `None` for a branch without a commit.
fn commit(git: &ConfinedGit) -> crate::Result<Option<ObjectId>> {
    let args = ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"];
    match git.run_succeeds(&args)? {
        true => Ok(ObjectId::parse(git.text(&args, b"")?.trim())),
        false => Ok(None),
    }
}

/// Moves the index from one commit to `HEAD`, as git-read-tree(1) does with two trees: changes that
/// are staged on the host stay staged, and no file of the worktree is changed. Idempotent.
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
        // Another process changes the index; the next command retries.
        crate::error::ensure!(!error.to_string().contains("index.lock"), "{error}");
        reporter.warn(&format!(
            "`{}`: files that are staged on this machine also changed in the container; they stay staged, and `git status` shows the container's commits as reverted until you run `git reset`",
            worktree.workspace
        ));
    }
    Ok(())
}
