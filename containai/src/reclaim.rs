//! Ownership of the files in workspaces.

use std::path::Path;

use containai_core::config::Flags;
use containai_core::engine::Engine as _;
use containai_docker::Reclaimed;

use crate::context::Context;
use crate::process_env::ProcessEnv;
use crate::report::{Reporter, escape_control};
use crate::workspace::{self, ProtectedPathUse};
use crate::{enclosing_workspace, lock};

/// Gives all files in a workspace to its owner. Default: the repository around the current
/// directory.
///
/// # Errors
///
/// The workspace does not exist, or the engine fails. Files that cannot be changed are in the
/// result.
pub async fn reclaim(
    path: Option<&Path>,
    flags: &Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<Reclaimed> {
    let context = Context::of_engine(env, reporter, flags)?;
    let engine = context.engine()?;
    let workspace_ref = workspace::find_ref(path, env, ProtectedPathUse::Allow)?;
    let containers = engine.containers().await?;
    let workspace = enclosing_workspace::resolve(&workspace_ref, &containers, &context, ".");
    let path = env.layout.workspace_lock(&workspace);
    let _lock = lock::acquire(&path, &format!("`{workspace}`"), reporter).await?;
    reporter.begin_work("searching for files of other users");
    let reclaimed = engine.reclaim(&workspace).await;
    reporter.finish_work();
    let reclaimed = reclaimed?;
    let lines = describe(workspace.as_str(), reclaimed);
    lines.iter().for_each(|line| reporter.say(line));
    if lines.is_empty() {
        reporter.say(&format!("all files in `{workspace}` belong to its owner"));
    }
    Ok(reclaimed)
}

/// The changes to the files of a workspace, one text each; none if nothing was found.
#[must_use]
pub fn describe(workspace: &str, reclaimed: Reclaimed) -> Vec<String> {
    let Reclaimed { files, returned, cleared, failed } = reclaimed;
    let workspace = escape_control(workspace);
    let texts = [
        (returned, "returned {} in `{workspace}` to root"),
        (files, "reclaimed {} in `{workspace}` from other users of the container"),
        (cleared, "cleared set-user-id, set-group-id or capabilities of {} in `{workspace}`"),
        (failed, "could not reclaim {}: run `cai workspace reclaim {workspace}`"),
    ];
    let describe = |(count, text): (u64, &str)| {
        let files = if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
        text.replace("{}", &files).replace("{workspace}", &workspace)
    };
    texts.into_iter().filter(|(count, _)| *count > 0).map(describe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_output() {
        let done = Reclaimed { files: 2, returned: 5123, cleared: 1, failed: 1 };
        insta::assert_snapshot!(describe("/srv/api", done).join("\n"), @r"
        returned 5123 files in `/srv/api` to root
        reclaimed 2 files in `/srv/api` from other users of the container
        cleared set-user-id, set-group-id or capabilities of 1 file in `/srv/api`
        could not reclaim 1 file: run `cai workspace reclaim /srv/api`
        ");
        assert_eq!(describe("/srv/api", Reclaimed::default()), [""; 0]);
    }
}
