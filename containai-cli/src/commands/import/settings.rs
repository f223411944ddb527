//! Settings of a directory, or of an archive of one.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use containai_core::config::{Config, Setting};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::import::{
    CredentialSelection, Exclusions, ImportOptions, PrivateFiles, SecretEntries,
};

use super::command::ImportArgs;
use crate::app::App;
use containai::OperationError;
use containai::archive_file::Archive;
use containai::import::{Import, ImportSource, UnpackedArchive, WarnOnce, watch};
use containai::signals::{ShutdownSignal, interrupted_error};
use containai::volume_target::TargetQuery;

/// Unpacks what a stranger may have made, and imports what comes of it.
pub(super) async fn from_archive(
    args: &ImportArgs,
    archive: Archive,
    app: &App,
) -> anyhow::Result<ExitCode> {
    if args.watch {
        let error = OperationError::usage("`--watch` is about a directory, not an archive");
        return Err(error.hint(Hint::new("leave it out, or name the directory itself")).into());
    }
    let mut interruption = ShutdownSignal::listen()?;
    let importing = async {
        let unpacked = UnpackedArchive::unpack(archive, &app.env.layout, &app.reporter).await?;
        for failure in unpacked.failures() {
            app.ui.warn(&failure.to_string());
        }
        let place = Some(unpacked.path().to_owned());
        let code = from_directory(args, place, app).await?;
        Ok(if unpacked.failures().is_empty() { code } else { ExitCode::from(exit::FAILED) })
    };
    tokio::select! {
        code = importing => code,
        () = interruption.received() => Err(interrupted_error().into()),
    }
}

const UNCHANGED: &str = "nothing changed since the last import";

/// Imports from this directory, or the home directory.
pub(super) async fn from_directory(
    args: &ImportArgs,
    from: Option<PathBuf>,
    app: &App,
) -> anyhow::Result<ExitCode> {
    let overrides = from.is_none().then(|| app.env.layout.import_overrides());
    let home = from.unwrap_or_else(|| app.env.layout.home().to_owned());
    let home = std::fs::canonicalize(&home).map_err(|error| {
        OperationError::usage(format!("cannot import from `{}`: {error}", home.display()))
            .hint(Hint::new("name a directory or an archive with `--from`"))
    })?;
    let target = TargetQuery::for_args(
        &args.target.query(),
        app.global.docker_host.as_deref(),
        &app.env,
        &app.reporter,
    )?;
    let config = &target.context.config;
    let source = Arc::new(ImportSource {
        layout: app.env.layout.clone(),
        home,
        overrides,
        options: import_options(args, config),
        additional: config.import_paths.value.clone(),
    });
    let import = Import { source, target, reporter: &app.reporter };
    let mut told = WarnOnce::new(&app.reporter);
    if args.dry_run {
        let lines = import.preview(&mut told).await?;
        match lines.as_slice() {
            [] => app.ui.say(UNCHANGED),
            lines => app.ui.data(&lines.join("\n"))?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    if args.watch {
        watch(&import, &mut told).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let sent = import.send(&mut told).await?;
    match sent.files {
        0 => app.ui.say(UNCHANGED),
        files => app.ui.say(&format!("imported {files} files to volume {}", sent.volume)),
    }
    Ok(ExitCode::from(if sent.is_partial { exit::FAILED } else { exit::OK }))
}

/// What the command line and the configuration want together.
fn import_options(args: &ImportArgs, config: &Config) -> ImportOptions {
    let both = |given: &[String], configured: &Setting<Vec<String>>| {
        given.iter().chain(&configured.value).cloned().collect::<Vec<_>>()
    };
    ImportOptions {
        only: args.only.clone(),
        credentials: match args.from {
            Some(_) => CredentialSelection::All,
            None => {
                CredentialSelection::Programs(both(&args.credentials, &config.import_credentials))
            }
        },
        allowed_secrets: {
            let configured = &config.import_allowed_secrets.value;
            args.allow_secret.iter().chain(configured).cloned().collect()
        },
        secrets: if args.no_secrets { SecretEntries::Excluded } else { SecretEntries::Included },
        private_files: match config.import_excludes_private.value {
            true => PrivateFiles::Excluded,
            false => PrivateFiles::Included,
        },
        exclusions: match args.no_excludes {
            true => Exclusions::Disabled,
            false => Exclusions::Patterns(both(&args.exclude, &config.import_excludes)),
        },
    }
}
