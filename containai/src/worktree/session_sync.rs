//! Syncing the host's and the container's repositories around sessions.

use containai_core::engine::Container;
use containai_core::label;
use containai_core::naming::WorkspacePath;
use containai_docker::DockerEngine;

use super::sync::{sync_worktree, update_ref_line};
use super::{WorktreeSync, find};
use crate::process_env::ProcessEnv;
use crate::report::Reporter;

/// Changes references and `HEAD` in the container, and moves the index unless staged changes
/// conflict. The files of the worktree are shared by both sides.
const APPLY_SCRIPT: &str = r#"set -e
old=$(git rev-parse --verify --quiet 'HEAD^{commit}') || old=$(git hash-object -t tree /dev/null)
git -c core.hooksPath=/dev/null update-ref -m containai --stdin
case $1 in
    'ref: '*) git -c core.hooksPath=/dev/null symbolic-ref -m containai HEAD "${1#ref: }" ;;
    ?*) git -c core.hooksPath=/dev/null update-ref -m containai --no-deref HEAD "$1" ;;
esac
new=$(git rev-parse --verify --quiet 'HEAD^{commit}') || exit 0
[ "$old" = "$new" ] || git -c core.hooksPath=/dev/null read-tree -i -m "$old" "$new""#;

/// Syncs both sides before a session in a running container. Errors are reported as warnings, so
/// that the session can start.
pub(crate) async fn sync_before_session(
    engine: &DockerEngine,
    container: &Container,
    env: &ProcessEnv,
    reporter: &Reporter,
) {
    let workspace = container.labels.workspace().and_then(|it| WorkspacePath::new(it).ok());
    let (Some(workspace), true) = (workspace, has_separate_repository(container)) else { return };
    let sync = match sync_worktree(&workspace, env, reporter).await {
        Ok(Some(sync)) if !sync.is_up_to_date() => sync,
        Ok(_) => return,
        Err(error) => return warn_not_fetched(&workspace, &error, reporter),
    };
    if let Err(error) = apply_host_changes(engine, container, &sync).await {
        reporter.warn(&format!("cannot update git in the container: {error:#}"));
        return;
    }
    if let Err(error) = sync_worktree(&workspace, env, reporter).await {
        warn_not_fetched(&workspace, &error, reporter);
    }
}

/// Fetches the container's commits after a session, or before the container stops. Errors are
/// reported as warnings.
pub async fn fetch_after_session(container: &Container, env: &ProcessEnv, reporter: &Reporter) {
    let workspace = container.labels.workspace().and_then(|it| WorkspacePath::new(it).ok());
    let (Some(workspace), true) = (workspace, has_separate_repository(container)) else { return };
    match sync_worktree(&workspace, env, reporter).await {
        Ok(Some(sync)) if sync.fetched > 0 => {
            reporter.detail(&format!("`{workspace}`: fetched {} references", sync.fetched));
        }
        Ok(_) => {}
        Err(error) => warn_not_fetched(&workspace, &error, reporter),
    }
}

/// Fetches the container's commits now; returns a description of the result.
///
/// # Errors
///
/// The repositories cannot be read or written.
pub async fn fetch_now(
    workspace: &WorkspacePath,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<String> {
    let sync = sync_worktree(workspace, env, reporter).await?;
    Ok(match sync.map_or(0, |sync| sync.fetched) {
        0 => "nothing changed in the container".to_owned(),
        1 => "fetched 1 reference".to_owned(),
        count => format!("fetched {count} references"),
    })
}

async fn apply_host_changes(
    engine: &DockerEngine,
    container: &Container,
    sync: &WorktreeSync,
) -> crate::Result<()> {
    let changes: String = sync.refs.iter().map(update_ref_line).collect();
    let head = sync.head.as_ref().map(|head| head.to_file()).unwrap_or_default();
    let args = [head.trim_end()];
    let (status, output) =
        engine.run_script(&container.id, APPLY_SCRIPT, &args, changes.as_bytes()).await?;
    crate::error::ensure!(status == Some(0), "{}", output.escape_debug());
    Ok(())
}

/// Warns that the container's commits were not fetched.
fn warn_not_fetched(workspace: &WorkspacePath, error: &crate::Error, reporter: &Reporter) {
    reporter.warn(&format!(
        "`{workspace}`: the container's commits were not fetched and remain in its repository: {error:#}"
    ));
}

/// Returns whether the container has a separate repository in place of the host's.
pub fn has_separate_repository(container: &Container) -> bool {
    container.labels.get(label::REPOSITORY).is_some_and(|it| !it.is_empty())
}

/// Returns whether the container can write the host's repository, as with containers of earlier
/// versions.
pub(crate) fn shares_host_repository(container: &Container, workspace: &WorkspacePath) -> bool {
    container.labels.get(label::CLIENT).is_none()
        && !has_separate_repository(container)
        && find(workspace).is_ok_and(|it| it.is_some())
}
