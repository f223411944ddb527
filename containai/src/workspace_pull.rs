//! Changes of a container, pulled into its workspace.

use containai_core::engine::Container;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::workspace_sync::ThreeWayDiff;

use crate::error::OperationError;
use crate::lock;
use crate::session::SessionRequest;
use crate::target::workspace_served;
use crate::workspace_copy::{BothSides, WorkspaceCopy, report_paths};
use crate::worktree;

/// The changes that a pull makes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PullMode {
    /// None.
    DryRun,
    /// All, if the user agrees to overwrite files that changed on both sides.
    Confirm,
    /// All; files that changed on both sides are overwritten.
    Overwrite,
}

/// The result of a pull.
#[derive(Debug)]
pub enum Pulled {
    /// Commits of a linked worktree were fetched, as this text says.
    Commits(String),
    /// Files of a workspace copy were, or would be, written and removed.
    Files {
        /// The changes.
        diff: ThreeWayDiff,
        /// [`exit::FAILED`] if one could not be made.
        exit_code: u8,
    },
}

impl Pulled {
    /// Returns the changes of files, one a line.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let Self::Files { diff, .. } = self else { return Vec::new() };
        let lists = [
            ("write", &diff.to_update),
            ("remove", &diff.to_remove),
            ("conflict", &diff.conflicts),
        ];
        let line = |what, path: &String| format!("{what} {}", path.escape_debug());
        lists
            .into_iter()
            .flat_map(|(what, paths)| paths.iter().map(move |it| line(what, it)))
            .collect()
    }
}

/// Pulls the changes of a container: commits into a linked worktree, or files of a workspace copy.
///
/// # Errors
///
/// - The container uses the workspace itself.
/// - Files changed on both sides, and the user does not agree to overwrite them.
/// - The container cannot be reached.
pub async fn pull(
    container: &Container,
    request: SessionRequest,
    mode: PullMode,
) -> crate::Result<Pulled> {
    let workspace = workspace_served(container)?;
    let (env, reporter) = (request.context.env.clone(), request.context.reporter.clone());
    if request.context.client.is_none() && worktree::has_separate_repository(container) {
        if mode != PullMode::Confirm {
            let message = "a linked worktree supports neither `--dry-run` nor `--force`";
            return Err(OperationError::usage(message).into());
        }
        return Ok(Pulled::Commits(worktree::fetch_now(&workspace, &env, &reporter).await?));
    }
    let (reached, path) = request.connect_copy().await?;
    // A second pull would take the files that this one writes for local changes.
    let _lock = lock::acquire_workspace(&workspace, &env, &reporter).await?;
    let mut copy = WorkspaceCopy::open(&reached.connection, &workspace, path)?;
    reporter.begin_work("comparing both sides");
    let mut sides = copy.compare().await?;
    reporter.finish_work();
    let exit_code = match mode {
        PullMode::DryRun => exit::OK,
        PullMode::Confirm | PullMode::Overwrite => {
            let conflicts = &sides.diff.conflicts;
            if !conflicts.is_empty() {
                report_paths(&reporter, "changed on both sides:", conflicts);
                let question = "Overwrite these files with the copy's version?";
                if mode == PullMode::Confirm && !reporter.ask(question) {
                    return Err(conflict_error(conflicts.len()).into());
                }
                overwrite_conflicts(&mut sides);
            }
            copy.pull(&sides, &reporter).await?
        }
    };
    reached.connection.close().await;
    let not_copied = "changed only here, and not copied there:";
    report_paths(&reporter, not_copied, &sides.diff.changed_here);
    Ok(Pulled::Files { diff: sides.diff, exit_code })
}

/// Resolves all conflicts in favor of the copy.
fn overwrite_conflicts(sides: &mut BothSides) {
    let (update, remove) = std::mem::take(&mut sides.diff.conflicts)
        .into_iter()
        .partition::<Vec<_>, _>(|path| sides.remote.contains_key(path));
    sides.diff.to_update.extend(update);
    sides.diff.to_remove.extend(remove);
}

fn conflict_error(count: usize) -> OperationError {
    let message = format!("{count} files changed on both sides; nothing was pulled");
    OperationError::with_code(exit::FAILED, message)
        .hint(Hint::run("cai workspace pull --dry-run", "list all changes"))
        .hint(Hint::run("cai workspace pull --force", "overwrite these files"))
}
