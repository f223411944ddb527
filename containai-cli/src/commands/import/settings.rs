//! Settings of a directory, or of an archive of one.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use containai_core::config::{Config, Setting};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::import::{Choice, Credentials, Excluding, Privates, Secrets};

use super::command::ImportArgs;
use crate::app::App;
use containai::OperationError;
use containai::archive_file::Archive;
use containai::importing::{Import, Source, Told, Unpacked, follow};
use containai::interruption::{Interruption, interrupted};
use containai::place::Target;

/// Unpacks what a stranger may have made, and imports what comes of it.
pub(super) async fn of_archive(
    args: &ImportArgs,
    archive: Archive,
    app: &App,
) -> anyhow::Result<ExitCode> {
    if args.watch {
        let error = OperationError::usage("`--watch` is about a directory, not an archive");
        return Err(error.hint(Hint::new("leave it out, or name the directory itself")).into());
    }
    let mut interruption = Interruption::listen()?;
    let importing = async {
        let unpacked = Unpacked::of(archive, &app.env.layout, &app.reporter).await?;
        for failure in unpacked.failures() {
            app.ui.warn(&failure.to_string());
        }
        let place = Some(unpacked.path().to_owned());
        let code = of_directory(args, place, app).await?;
        Ok(if unpacked.failures().is_empty() { code } else { ExitCode::from(exit::FAILED) })
    };
    tokio::select! {
        code = importing => code,
        () = interruption.comes() => Err(interrupted().into()),
    }
}

const UNCHANGED: &str = "nothing changed since the last import";

/// Imports from this directory, or the home directory.
pub(super) async fn of_directory(
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
    let target = Target::of(
        &args.place.query(),
        app.global.docker_host.as_deref(),
        &app.env,
        &app.reporter,
    )?;
    let config = &target.context.config;
    let source = Arc::new(Source {
        layout: app.env.layout.clone(),
        home,
        overrides,
        choice: choice(args, config),
        additional: config.import_paths.value.clone(),
    });
    let import = Import { source, target, reporter: &app.reporter };
    let mut told = Told::new(&app.reporter);
    if args.dry_run {
        let lines = import.preview(&mut told).await?;
        match lines.as_slice() {
            [] => app.ui.say(UNCHANGED),
            lines => app.ui.data(&lines.join("\n"))?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    if args.watch {
        follow(&import, &mut told).await?;
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
        allowed: {
            let configured = &config.import_allowed_secrets.value;
            args.allow_secret.iter().chain(configured).cloned().collect()
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
