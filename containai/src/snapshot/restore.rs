//! Restore of a snapshot.

use containai_core::config::Flags;
use containai_core::lifecycle::snapshot::Snapshot;
use containai_docker::DockerEngine;

use super::leftovers::prune_leftovers;
use super::restore_existing::RestoreAction;
use super::steps::{describe_snapshot, describe_steps};
use crate::confirm::{Confirmation, PREVIEW_OR_FORCE, require_confirmation};
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::session::{SessionOptions, SessionRequest, SetupConsent};
use crate::session_guard;
use crate::workspace::{ProtectedPathUse, WorkspaceRef};

/// A request to restore a snapshot.
pub struct RestoreRequest<'a> {
    snapshot: &'a Snapshot,
    session: SessionRequest,
    confirmation: Confirmation,
}

impl<'a> RestoreRequest<'a> {
    /// A request for the workspace of the snapshot. Without confirmation, protected directories are
    /// accepted as workspace.
    ///
    /// # Errors
    ///
    /// The configuration is invalid.
    pub fn new(
        snapshot: &'a Snapshot,
        confirmation: Confirmation,
        flags: Flags,
        env: &ProcessEnv,
        reporter: &Reporter,
    ) -> crate::Result<Self> {
        let workspace = WorkspaceRef::Explicit(snapshot.workspace.clone());
        let protected_paths = match confirmation {
            Confirmation::Ask => ProtectedPathUse::Refuse,
            Confirmation::Skip => ProtectedPathUse::Allow,
        };
        let session = SessionRequest::new(env, reporter, flags, workspace, SetupConsent::Never)?
            .with_options(SessionOptions { protected_paths, ..SessionOptions::default() });
        Ok(Self { snapshot, session, confirmation })
    }

    /// The steps of the restore, one text each.
    ///
    /// # Errors
    ///
    /// The snapshot cannot be restored.
    pub async fn preview(mut self) -> crate::Result<Vec<String>> {
        let view = self.session.snapshot_view().await?;
        Ok(describe_steps(&RestoreAction::plan(&view, self.snapshot).await?.steps()))
    }

    /// Restores the container of the snapshot, or recreates it if it was removed. A container that
    /// was running is started again.
    ///
    /// # Errors
    ///
    /// The restore was declined, the snapshot cannot be restored, or the engine fails.
    pub async fn run(self) -> crate::Result<()> {
        let Self { snapshot, mut session, confirmation } = self;
        let reporter = session.context.reporter.clone();
        let view = session.snapshot_view().await?;
        let lock = session.lock_workspace().await?;
        prune_leftovers(&view.engine, &reporter).await?;
        session.finish_interrupted_restore(&view).await?;
        let view = session.snapshot_view().await?;
        let action = RestoreAction::plan(&view, snapshot).await?;
        if confirmation == Confirmation::Ask {
            confirm(&view.engine, &action, &reporter).await?;
        }
        let was_running = matches!(&action, RestoreAction::InPlace(plan) if plan.ends_sessions());
        let container = action.run(&session, &view, &reporter).await?;
        drop(lock);
        reporter.say(&format!("restored {} from snapshot {}", container.name, snapshot.name));
        if was_running {
            session.open_existing().await?;
        }
        Ok(())
    }
}

async fn confirm(
    engine: &DockerEngine,
    action: &RestoreAction,
    reporter: &Reporter,
) -> crate::Result<()> {
    let RestoreAction::InPlace(plan) = action else { return Ok(()) };
    let name = &plan.container.name;
    if plan.ends_sessions()
        && let Some(sessions) = engine.sessions(&plan.container.id).await
        && sessions.are_active()
    {
        reporter.warn(&session_guard::busy(name, sessions));
    }
    let snapshot = describe_snapshot(&plan.snapshot);
    let question = format!("Restore {name} from snapshot {snapshot}? Its current state is lost.");
    Ok(require_confirmation(reporter, &question, "nothing was restored", PREVIEW_OR_FORCE)?)
}
