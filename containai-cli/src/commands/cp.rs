use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use containai_core::config::Flags;
use containai_core::engine::{Container, Engine as _};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::WorkspacePath;
use containai_ssh::Session;
use containai_ssh::transfer::{
    Copier, CopyDirection, CopyDirectionError, CopyReport, PathArg, TransferError, TransferProgress,
};

use crate::app::App;
use crate::env::Env;
use containai::OperationError;
use containai::context::Context;
use containai::copy_report;
use containai::session::{SessionRequest, SetupConsent};
use containai::target;
use containai::workspace::{self, ProtectedPathUse};
use containai::workspace_copy;

/// Copy files and directories into the container, or out of it
///
/// One side is in a container: `:path` in the workspace's, `NAME:path` in any
/// other. Paths in there are relative to the workspace, or begin with `/` or
/// `~/`; `./a:b` is a file of this machine.
///
/// As with `cp -a`, directories are copied with all that is in them, and modes,
/// times and links are kept. A copy is made in DST if that is a directory, else
/// as DST; `dir/.` copies the contents of `dir`. What fails is listed, and the
/// rest is copied. A file that was interrupted goes on where it stopped when
/// the same command is given again.
#[derive(Debug, Args)]
pub(crate) struct CpArgs {
    /// The workspace that `:path` is about [default: the repository around the current directory]
    #[arg(short, long, value_name = "PATH")]
    workspace: Option<PathBuf>,
    /// What to copy
    #[arg(required = true, value_name = "SRC")]
    sources: Vec<OsString>,
    /// Where to
    #[arg(required = true, value_name = "DST")]
    target: OsString,
}

pub(super) async fn run(args: CpArgs, app: &App) -> anyhow::Result<ExitCode> {
    let route = parse_route(&args)?;
    let flags = Flags { docker_host: app.global.docker_host.clone(), ..Flags::default() };
    let (CopyDirection::Upload { container, .. } | CopyDirection::Download { container, .. }) =
        &route;
    let spot = match container {
        Some(name) => workspace::WorkspaceRef::Explicit(
            target::workspace_of(name, &flags, &app.env, &app.reporter).await?,
        ),
        None => workspace::find_ref(args.workspace.as_deref(), &app.env, ProtectedPathUse::Allow)?,
    };
    let context = Context::new(&app.env, &app.reporter, flags.clone(), None)?;
    let entrance = SessionRequest::new(&app.env, &app.reporter, flags, spot, SetupConsent::Never)?;
    let reached = entrance.connect_existing().await?;
    let workspace = target::workspace_served(&reached.container)?;
    let meter = Arc::new(TransferProgress::default());
    let all = context.engine()?.containers().await?;
    let copier = guarded_copier(&reached.connection, &workspace, &all, &app.env)
        .with_progress(Arc::clone(&meter));
    let report = tokio::select! {
        report = copy(&copier, &route, &app.env) => report?,
        () = workspace_copy::show_progress(&meter, &app.reporter) => CopyReport::default(),
        _ = tokio::signal::ctrl_c() => return Err(interrupted_error().into()),
    };
    app.ui.finish_progress();
    reached.connection.close().await;
    Ok(ExitCode::from(copy_report::report(report, &app.reporter)))
}

fn parse_route(args: &CpArgs) -> Result<CopyDirection, OperationError> {
    let spot = |text: &OsString| {
        let shown = text.to_string_lossy();
        PathArg::parse(text).map_err(|error| OperationError::usage(format!("`{shown}`: {error}")))
    };
    let sources = args.sources.iter().map(spot).collect::<Result<_, _>>()?;
    CopyDirection::new(sources, spot(&args.target)?).map_err(|error| {
        let hint = match error {
            CopyDirectionError::BothLocal => {
                "put `:` before the path in the container: `cai cp file :`"
            }
            CopyDirectionError::BothRemote => "copy to this machine first",
            _ => "copy from one place at a time",
        };
        OperationError::usage(error.to_string()).hint(Hint::new(hint))
    })
}

/// Containers write to their workspaces, of whatever container the copy is.
fn guarded_copier<'a>(
    session: &'a Session,
    workspace: &WorkspacePath,
    containers: &[Container],
    env: &Env,
) -> Copier<'a> {
    let all = containers.iter().filter_map(|it| it.labels.workspace()).map(Path::new);
    let copier = all
        .fold(Copier::new(session), Copier::with_untrusted_dir)
        .with_untrusted_dir(workspace.as_path());
    match workspace::find(None, env, ProtectedPathUse::Allow) {
        Ok(here) => copier.with_untrusted_dir(here.as_path()),
        Err(_) => copier,
    }
}

async fn copy(
    copier: &Copier<'_>,
    route: &CopyDirection,
    env: &Env,
) -> Result<CopyReport, TransferError> {
    match route {
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
        .hint(Hint::new("run the same command again: a single file goes on where it stopped"))
}
