//! What changed on the host, brought to the container before a session.

use containai_core::engine::Container;
use containai_core::label;
use containai_core::layout::Layout;
use containai_core::naming::WorkspacePath;
use containai_docker::DockerEngine;

use super::sync::{sync_worktree, update_ref_line};
use super::{WorktreeSync, find};
use crate::report::Reporter;

/// Changes references and `HEAD`, and moves the index along as far as what is
/// staged lets it. Files are the same on both sides.
const APPLY_SCRIPT: &str = r#"set -e
old=$(git rev-parse --verify --quiet 'HEAD^{commit}') || old=$(git hash-object -t tree /dev/null)
git -c core.hooksPath=/dev/null update-ref -m containai --stdin
case $1 in
    'ref: '*) git -c core.hooksPath=/dev/null symbolic-ref -m containai HEAD "${1#ref: }" ;;
    ?*) git -c core.hooksPath=/dev/null update-ref -m containai --no-deref HEAD "$1" ;;
esac
new=$(git rev-parse --verify --quiet 'HEAD^{commit}') || exit 0
[ "$old" = "$new" ] || git -c core.hooksPath=/dev/null read-tree -i -m "$old" "$new""#;

/// Settles both sides before a session in a container that runs. What fails
/// keeps nobody out.
pub async fn sync_before_session(
    engine: &DockerEngine,
    container: &Container,
    layout: &Layout,
    reporter: &Reporter,
) {
    let workspace = container.labels.workspace().and_then(|it| WorkspacePath::new(it).ok());
    let (Some(workspace), true) = (workspace, has_separate_repository(container)) else { return };
    let settled = match sync_worktree(&workspace, layout, reporter).await {
        Ok(Some(settled)) if !settled.is_up_to_date() => settled,
        Ok(_) => return,
        Err(error) => return warn_not_fetched(&workspace, &error, reporter),
    };
    if let Err(error) = apply_host_changes(engine, container, &settled).await {
        reporter.warn(&format!("git inside does not follow this machine's: {error:#}"));
        return;
    }
    if let Err(error) = sync_worktree(&workspace, layout, reporter).await {
        warn_not_fetched(&workspace, &error, reporter);
    }
}

/// Brings over what a container that ends, or a session of it, left.
pub async fn fetch_after_session(container: &Container, layout: &Layout, reporter: &Reporter) {
    let workspace = container.labels.workspace().and_then(|it| WorkspacePath::new(it).ok());
    let (Some(workspace), true) = (workspace, has_separate_repository(container)) else { return };
    match sync_worktree(&workspace, layout, reporter).await {
        Ok(Some(settled)) if settled.fetched > 0 => {
            reporter.detail(&format!("`{workspace}`: brought over {} references", settled.fetched));
        }
        Ok(_) => {}
        Err(error) => warn_not_fetched(&workspace, &error, reporter),
    }
}

/// As [`bring_last`], for somebody who waits for it: what came of it, in words.
pub async fn fetch_now(
    workspace: &WorkspacePath,
    layout: &Layout,
    reporter: &Reporter,
) -> crate::Result<String> {
    let settled = sync_worktree(workspace, layout, reporter).await?;
    Ok(match settled.map_or(0, |settled| settled.fetched) {
        0 => "nothing has changed there".to_owned(),
        1 => "brought over 1 reference".to_owned(),
        count => format!("brought over {count} references"),
    })
}

async fn apply_host_changes(
    engine: &DockerEngine,
    container: &Container,
    settled: &WorktreeSync,
) -> crate::Result<()> {
    let changes: String = settled.refs.iter().map(update_ref_line).collect();
    let head = settled.head.as_ref().map(|head| head.to_file()).unwrap_or_default();
    let words = [head.trim_end()];
    let (status, said) =
        engine.run_script(&container.id, APPLY_SCRIPT, &words, changes.as_bytes()).await?;
    crate::error::ensure!(status == Some(0), "{}", said.escape_debug());
    Ok(())
}

/// Says why nothing was brought over.
fn warn_not_fetched(workspace: &WorkspacePath, error: &crate::Error, reporter: &Reporter) {
    reporter.warn(&format!(
        "`{workspace}`: the container's commits stay in its own repository for now: {error:#}"
    ));
}

/// Whether the container has a repository of its own in place of the host's.
pub fn has_separate_repository(container: &Container) -> bool {
    container.labels.get(label::REPOSITORY).is_some_and(|it| !it.is_empty())
}

/// Whether the container was made by a version that let it write into the host's
/// repository.
pub fn shares_host_repository(container: &Container, workspace: &WorkspacePath) -> bool {
    container.labels.get(label::CLIENT).is_none()
        && !has_separate_repository(container)
        && find(workspace).is_ok_and(|it| it.is_some())
}
