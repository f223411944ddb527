use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use containai_core::config::{Config, Setting};
use containai_core::exit;
use containai_core::import::{Choice, Credentials, Excluding, Privates, Secrets};

use super::opening::OpeningArgs;
use super::restore;
use crate::app::Global;
use crate::archive_file::Kind;
use crate::env::Env;
use crate::error::CliError;
use crate::importing::{Import, Source, Told, Unpacked, follow};
use crate::interruption::{Interruption, interrupted};
use crate::place::{PlaceArgs, Target};
use crate::ui::Ui;

/// Bring the settings of agents and tools to the workspace's data volume
///
/// What comes along is told by manifests, ours and yours in
/// `~/.config/containai/manifests`. Only what changed here since the last
/// import is sent; nothing is removed, and what an agent made itself stays.
/// What agents log in with stays here unless `--credentials` names them.
///
/// A running container gets it at once; without one the volume is written.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    /// Import from this directory, or an archive (`.tgz`, `.tar.zst`, `.tar`) of
    /// one, credentials included; or restore what `cai export` wrote
    /// [default: the home directory]
    #[arg(long, value_name = "DIR|FILE")]
    pub(super) from: Option<PathBuf>,
    /// Only these agents or tools
    #[arg(long, value_name = "NAME", num_args = 1..)]
    only: Vec<String>,
    /// Bring along what these agents log in with
    #[arg(long, value_name = "AGENT", num_args = 1.., conflicts_with = "no_secrets")]
    credentials: Vec<String>,
    /// Leave out every file that may hold a secret
    #[arg(long)]
    no_secrets: bool,
    /// Leave this out: a path on the volume, or a pattern for names
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<String>,
    /// Leave out nothing but private files
    #[arg(long, conflicts_with = "exclude")]
    no_excludes: bool,
    /// Tell file by file what would be sent, and send nothing; of an archive,
    /// look whether it can be restored
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Go on and send what changes, until interrupted
    #[arg(long, conflicts_with = "dry_run")]
    watch: bool,
    #[command(flatten)]
    opening: OpeningArgs,
    /// Replace what is on the volume with what `cai export` wrote, without asking
    #[arg(long)]
    pub(super) force: bool,
}

pub(crate) async fn run(
    args: ImportArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    let from = args.from.as_ref().map(|from| env.directory.join(from));
    let Some(file) = from.clone().filter(|from| from.is_file()) else {
        args.opening.refuse()?;
        return settings(&args, from, global, env, ui).await;
    };
    let archive = args.opening.open(file, env, ui)?;
    if archive.kind()? == Kind::Export {
        return restore::run(args, archive, global, env, ui).await;
    }
    if args.watch {
        return Err(CliError::usage("`--watch` is about a directory, not an archive").into());
    }
    let mut interruption = Interruption::listen()?;
    let importing = async {
        let unpacked = Unpacked::of(archive, &env.layout, ui).await?;
        for failure in unpacked.failures() {
            ui.warn(&failure.to_string());
        }
        let code = settings(&args, Some(unpacked.path().to_owned()), global, env, ui).await?;
        Ok(if unpacked.failures().is_empty() { code } else { ExitCode::from(exit::FAILED) })
    };
    tokio::select! {
        code = importing => code,
        () = interruption.comes() => Err(interrupted()),
    }
}

/// Imports from a directory, or the home directory.
async fn settings(
    args: &ImportArgs,
    from: Option<PathBuf>,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    if args.force {
        return Err(CliError::usage("`--force` is about what `cai export` wrote").into());
    }
    let overrides = from.is_none().then(|| env.layout.import_overrides());
    let home = from.unwrap_or_else(|| env.layout.home().to_owned());
    let home = std::fs::canonicalize(&home).map_err(|error| {
        CliError::usage(format!("cannot import from `{}`: {error}", home.display()))
    })?;
    let target = Target::of(&args.place, global, env, ui)?;
    let config = &target.context.config;
    let source = Arc::new(Source {
        layout: env.layout.clone(),
        home,
        overrides,
        choice: choice(args, config),
        additional: config.import_paths.value.clone(),
    });
    let import = Import { source, target, ui };
    let mut told = Told::new(ui);
    if args.dry_run {
        let lines = import.preview(&mut told).await?;
        if !lines.is_empty() {
            ui.data(&lines.join("\n"))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if args.watch {
        return follow(&import, &mut told).await;
    }
    let sent = import.send(&mut told).await?;
    match sent.files {
        0 => ui.say("nothing changed since the last import"),
        files => ui.say(&format!("imported {files} files to volume {}", sent.volume)),
    }
    Ok(ExitCode::from(if sent.is_partial { exit::FAILED } else { exit::OK }))
}

impl ImportArgs {
    /// What chooses among settings, and makes no sense for an archive.
    pub(super) fn chooses(&self) -> bool {
        let lists = [&self.only, &self.credentials, &self.exclude];
        lists.iter().any(|list| !list.is_empty())
            || self.no_secrets
            || self.no_excludes
            || self.watch
    }
}

/// What the command line and the configuration want together.
fn choice(args: &ImportArgs, config: &Config) -> Choice {
    let both = |given: &[String], configured: &Setting<Vec<String>>| {
        given.iter().chain(&configured.value).cloned().collect::<Vec<_>>()
    };
    Choice {
        only: args.only.clone(),
        credentials: match args.from {
            Some(_) => Credentials::All,
            None => Credentials::Of(both(&args.credentials, &config.import_credentials)),
        },
        secrets: if args.no_secrets { Secrets::LeftOut } else { Secrets::Included },
        privates: match config.import_excludes_private.value {
            true => Privates::LeftOut,
            false => Privates::Included,
        },
        excluding: match args.no_excludes {
            true => Excluding::Nothing,
            false => Excluding::These(both(&args.exclude, &config.import_excludes)),
        },
    }
}
