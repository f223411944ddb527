use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai::OperationError;
use containai::archive_file::{Archive, ArchiveFileKind};
use containai::confirm::ConfirmationMode;
use containai::import::{ArchiveRestore, ImportMode, ImportRequest, ImportResult};
use containai_core::exit;
use containai_core::hint::Hint;

use super::archive_key_args::ArchiveKeyArgs;
use super::selection_args::SelectionArgs;
use crate::app::App;
use crate::args::VolumeArgs;

/// Import settings of agents and tools to the workspace's data volume
///
/// Manifests (built-in, and yours in `~/.config/containai/manifests`) define
/// what is imported. Only files that changed since the last import are sent;
/// nothing is removed, and files that an agent created are kept. Credentials are
/// imported only with `--credentials`. Secrets in settings, such as tokens,
/// passwords and private keys, are removed from the file or the file is omitted;
/// both are reported.
///
/// A running container gets the settings at once; without one, the volume is
/// written.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    target: VolumeArgs,
    /// Import from this directory or an archive of one (`.tgz`, `.tar.zst`,
    /// `.tar`), credentials included; or restore an export of `cai export`
    /// [default: the home directory]
    #[arg(long, value_name = "DIR|FILE")]
    from: Option<PathBuf>,
    #[command(flatten)]
    selection: SelectionArgs,
    /// List the files to import without importing them; verify an export without
    /// restoring it
    #[arg(long)]
    dry_run: bool,
    /// Keep importing changes until interrupted
    #[arg(long, conflicts_with = "dry_run")]
    watch: bool,
    #[command(flatten)]
    archive_keys: ArchiveKeyArgs,
    /// Skip the confirmation before an export replaces the volume's files
    #[arg(long)]
    force: bool,
}

pub(crate) async fn run(args: ImportArgs, app: &App) -> anyhow::Result<ExitCode> {
    let from = args.from.as_ref().map(|from| app.env.directory.join(from));
    let archive = match from.clone().filter(|from| from.is_file()) {
        Some(file) => Some(args.archive_keys.open(file, app)?),
        None => None,
    };
    let kind = archive.as_ref().map(|archive| archive.kind()).transpose()?;
    if args.force && kind != Some(ArchiveFileKind::Export) {
        let error = OperationError::usage("`--force` applies to archives of `cai export`");
        return Err(error.hint(Hint::new("leave it out: settings replace no volume")).into());
    }
    let report = match (archive, kind) {
        (Some(archive), Some(ArchiveFileKind::Export)) => return restore(args, archive, app).await,
        (Some(archive), _) => import_request(args, app).run_archive(archive).await?,
        (None, _) => {
            args.archive_keys.reject_without_archive()?;
            import_request(args, app).run(from).await?
        }
    };
    Ok(match report {
        ImportResult::Preview(lines) if lines.is_empty() => ExitCode::SUCCESS,
        ImportResult::Preview(lines) => {
            app.ui.data(&lines.join("\n")).map(|()| ExitCode::SUCCESS)?
        }
        ImportResult::Complete => ExitCode::SUCCESS,
        ImportResult::Partial => ExitCode::from(exit::FAILED),
    })
}

fn import_request(args: ImportArgs, app: &App) -> ImportRequest<'_> {
    ImportRequest {
        query: args.target.query(&app.env),
        docker_host: app.global.docker_host.as_deref(),
        selection: args.selection.into(),
        mode: match (args.dry_run, args.watch) {
            (true, _) => ImportMode::Preview,
            (false, true) => ImportMode::Watch,
            (false, false) => ImportMode::Once,
        },
        env: &app.env,
        reporter: &app.reporter,
    }
}

async fn restore(args: ImportArgs, archive: Archive, app: &App) -> anyhow::Result<ExitCode> {
    args.selection.reject_for_export(args.watch)?;
    let (query, docker_host) = (args.target.query(&app.env), app.global.docker_host.as_deref());
    let restore =
        ArchiveRestore::find(archive, &query, docker_host, &app.env, &app.reporter).await?;
    match args.dry_run {
        true => app.ui.data(&restore.preview().await?.join("\n"))?,
        false => restore.run(ConfirmationMode::unless(args.force)).await?,
    }
    Ok(ExitCode::SUCCESS)
}
