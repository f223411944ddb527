use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai_core::hint::Hint;
use containai_core::import::AllowedSecret;

use super::open_archive::ArchiveKeyArgs;
use super::{restore, settings};
use crate::app::App;
use crate::commands::place_args::PlaceArgs;
use containai::OperationError;
use containai::archive_file::ArchiveFileKind;

/// Bring the settings of agents and tools to the workspace's data volume
///
/// What comes along is told by manifests, ours and yours in
/// `~/.config/containai/manifests`. Only what changed here since the last
/// import is sent; nothing is removed, and what an agent made itself stays.
/// What agents log in with stays here unless `--credentials` names them. So do
/// secrets in settings, such as tokens, passwords and private keys: a file comes
/// without them, or not at all, and is reported with their keys.
///
/// A running container gets it at once; without one the volume is written.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    pub(super) target: PlaceArgs,
    /// Import from this directory, or an archive (`.tgz`, `.tar.zst`, `.tar`) of
    /// one, credentials included; or restore what `cai export` wrote
    /// [default: the home directory]
    #[arg(long, value_name = "DIR|FILE")]
    pub(super) from: Option<PathBuf>,
    /// Only these agents or tools
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub(super) only: Vec<String>,
    /// Bring along what these agents log in with, and secrets in their settings
    #[arg(long, value_name = "AGENT", num_args = 1.., conflicts_with = "no_secrets")]
    pub(super) credentials: Vec<String>,
    /// Bring along a secret in settings: a file below the home directory and a
    /// key in it, or all of the file; both may be patterns
    #[arg(long, value_name = "PATH[:KEY]", num_args = 1.., conflicts_with = "no_secrets",
          value_parser = AllowedSecret::parse)]
    pub(super) allow_secret: Vec<AllowedSecret>,
    /// Leave out every secret, and every file that is made for them
    #[arg(long)]
    pub(super) no_secrets: bool,
    /// Leave this out: a path on the volume, or a pattern for names
    #[arg(long, value_name = "PATTERN")]
    pub(super) exclude: Vec<String>,
    /// Leave out nothing but private files
    #[arg(long, conflicts_with = "exclude")]
    pub(super) no_excludes: bool,
    /// Tell file by file what would be sent, and send nothing; of an archive,
    /// look whether it can be restored
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Go on and send what changes, until interrupted
    #[arg(long, conflicts_with = "dry_run")]
    pub(super) watch: bool,
    #[command(flatten)]
    archive_keys: ArchiveKeyArgs,
    /// Replace what is on the volume with what `cai export` wrote, without asking
    #[arg(long)]
    pub(super) force: bool,
}

pub(crate) async fn run(args: ImportArgs, app: &App) -> anyhow::Result<ExitCode> {
    let from = args.from.as_ref().map(|from| app.env.directory.join(from));
    let archive = match from.clone().filter(|from| from.is_file()) {
        Some(file) => Some(args.archive_keys.open(file, app)?),
        None => None,
    };
    let kind = archive.as_ref().map(|archive| archive.kind()).transpose()?;
    if args.force && kind != Some(ArchiveFileKind::Export) {
        let error = OperationError::usage("`--force` is about what `cai export` wrote");
        return Err(error.hint(Hint::new("leave it out: settings replace no volume")).into());
    }
    match (archive, kind) {
        (Some(archive), Some(ArchiveFileKind::Export)) => restore::run(args, archive, app).await,
        (Some(archive), _) => settings::from_archive(&args, archive, app).await,
        (None, _) => {
            args.archive_keys.reject_without_archive()?;
            settings::from_directory(&args, from, app).await
        }
    }
}

impl ImportArgs {
    /// What chooses among settings, and makes no sense for an archive.
    pub(super) fn selects_settings(&self) -> bool {
        let lists = [&self.only, &self.credentials, &self.exclude];
        lists.iter().any(|list| !list.is_empty())
            || self.no_secrets
            || !self.allow_secret.is_empty()
            || self.no_excludes
            || self.watch
    }
}
