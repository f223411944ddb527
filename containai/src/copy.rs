//! Copies between this machine and containers.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use containai_core::config::Flags;
use containai_core::engine::{Container, Engine as _};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::WorkspacePath;
use containai_ssh::Session;
use containai_ssh::transfer::{
    Copier, CopyDirection, CopyDirectionError, CopyReport, PathArg, TransferError, TransferProgress,
};

use crate::context::Context;
use crate::error::OperationError;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::session::{SessionRequest, SetupConsent};
use crate::signals::ShutdownSignal;
use crate::workspace::{self, ProtectedPathUse, WorkspaceRef};
use crate::{target, workspace_copy};

/// Parses the paths of a copy.
///
/// # Errors
///
/// A path is invalid, or not exactly one side is in a container.
pub fn parse(sources: &[OsString], target: &OsString) -> Result<CopyDirection, OperationError> {
    let path = |text: &OsString| {
        let shown = text.to_string_lossy();
        PathArg::parse(text).map_err(|error| OperationError::usage(format!("`{shown}`: {error}")))
    };
    let sources = sources.iter().map(path).collect::<Result<_, _>>()?;
    CopyDirection::new(sources, path(target)?).map_err(|error| {
        let hint = match error {
            CopyDirectionError::BothLocal => {
                "put `:` before the path in the container: `cai cp file :`"
            }
            CopyDirectionError::BothRemote => "copy to this machine first",
            _ => "copy from one container at a time",
        };
        OperationError::usage(error.to_string()).hint(Hint::new(hint))
    })
}

/// Copies files, and starts the container if needed. `workspace` selects the container if `direction`
/// names none; `None`: the repository around the current directory.
///
/// # Errors
///
/// The container cannot be reached, or the copy was interrupted. Files that cannot be copied are in
/// the report.
pub async fn copy(
    direction: &CopyDirection,
    workspace: Option<&Path>,
    flags: Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<CopyReport> {
    let (CopyDirection::Upload { container, .. } | CopyDirection::Download { container, .. }) =
        direction;
    let workspace_ref = match container {
        Some(name) => {
            WorkspaceRef::Explicit(target::workspace_of(name, &flags, env, reporter).await?)
        }
        None => workspace::find_ref(workspace, env, ProtectedPathUse::Allow)?,
    };
    let context = Context::new(env, reporter, flags.clone(), None)?;
    let request = SessionRequest::new(env, reporter, flags, workspace_ref, SetupConsent::Never)?;
    let connected = request.connect_existing().await?;
    let workspace = target::workspace_served(&connected.container)?;
    let progress = Arc::new(TransferProgress::default());
    let containers = context.engine()?.containers().await?;
    let copier = guarded_copier(&connected.connection, &workspace, &containers, env)
        .with_progress(Arc::clone(&progress));
    let mut interrupt = ShutdownSignal::listen_for(reporter)?;
    let report = tokio::select! {
        report = transfer(&copier, direction, env) => report?,
        () = workspace_copy::show_progress(&progress, reporter) => CopyReport::default(),
        () = interrupt.received() => return Err(interrupted_error().into()),
    };
    reporter.finish_work();
    connected.connection.close().await;
    Ok(report)
}

/// A copier that trusts no workspace: any container may change its workspace during the copy.
pub(crate) fn guarded_copier<'a>(
    session: &'a Session,
    workspace: &WorkspacePath,
    containers: &[Container],
    env: &ProcessEnv,
) -> Copier<'a> {
    let workspaces = containers.iter().filter_map(|it| it.labels.workspace()).map(Path::new);
    let copier = workspaces
        .fold(Copier::new(session), Copier::with_untrusted_dir)
        .with_untrusted_dir(workspace.as_path());
    match workspace::find(None, env, ProtectedPathUse::Allow) {
        Ok(current) => copier.with_untrusted_dir(current.as_path()),
        Err(_) => copier,
    }
}

async fn transfer(
    copier: &Copier<'_>,
    direction: &CopyDirection,
    env: &ProcessEnv,
) -> Result<CopyReport, TransferError> {
    match direction {
        CopyDirection::Upload { sources, target, .. } => {
            let sources: Vec<_> = sources.iter().map(|it| env.directory.join(it)).collect();
            copier.upload(&sources, target).await
        }
        CopyDirection::Download { sources, target, .. } => {
            copier.download(sources, &env.directory.join(target)).await
        }
    }
}

fn interrupted_error() -> OperationError {
    OperationError::with_code(exit::INTERRUPTED, "interrupted")
        .hint(Hint::new("repeat the command: a single file is resumed where it stopped"))
}
