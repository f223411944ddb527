//! Imports of settings.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use containai_core::config::{Config, Setting};
use containai_core::hint::Hint;
use containai_core::import::{
    AllowedSecret, CredentialSelection, Exclusions, ImportOptions, PrivateFiles, SecretEntries,
};

use super::{Import, ImportSource, UnpackedArchive, WarnOnce, watch};
use crate::archive_file::Archive;
use crate::error::OperationError;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::signals::{ShutdownSignal, interrupted_error};
use crate::volume_target::{TargetQuery, VolumeQuery};

const UNCHANGED: &str = "nothing changed since the last import";

/// The settings to import, in addition to the configuration.
#[derive(Clone, Debug)]
pub struct ImportSelection {
    /// Only these agents and tools; empty: all.
    pub only: Vec<String>,
    /// The agents whose credentials are imported, besides the configured ones.
    pub credentials: Vec<String>,
    /// The secrets that are imported, besides the configured ones.
    pub allowed_secrets: Vec<AllowedSecret>,
    /// Whether secrets may be imported at all.
    pub secrets: SecretEntries,
    /// The paths that are omitted, besides the configured ones.
    pub exclusions: Exclusions,
}

/// The mode of an import.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ImportMode {
    /// List the changed files.
    Preview,
    /// Import the changed files.
    Once,
    /// Import changes until a signal ends it.
    Watch,
}

/// The result of an import.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ImportResult {
    /// The files that would be imported, one text each.
    Preview(Vec<String>),
    /// All files were imported.
    Complete,
    /// Some files could not be imported; they are reported.
    Partial,
}

/// A request to import settings.
pub struct ImportRequest<'a> {
    /// The volume.
    pub query: VolumeQuery,
    /// The engine's address; `None`: the configured one.
    pub docker_host: Option<&'a str>,
    /// The settings.
    pub selection: ImportSelection,
    /// The mode.
    pub mode: ImportMode,
    /// The facts of the process.
    pub env: &'a ProcessEnv,
    /// The frontend.
    pub reporter: &'a Reporter,
}

impl<'a> ImportRequest<'a> {
    /// Imports from a directory. Default: the home directory.
    ///
    /// # Errors
    ///
    /// The directory cannot be read, or the volume cannot be written.
    pub async fn run(self, from: Option<PathBuf>) -> crate::Result<ImportResult> {
        let Self { mode, reporter, .. } = self;
        let import = self.open(from)?;
        let mut warnings = WarnOnce::new(reporter);
        match mode {
            ImportMode::Preview => {
                let lines = import.preview(&mut warnings).await?;
                if lines.is_empty() {
                    reporter.say(UNCHANGED);
                }
                Ok(ImportResult::Preview(lines))
            }
            ImportMode::Once => {
                let outcome = import.send(&mut warnings).await?;
                match outcome.files {
                    0 => reporter.say(UNCHANGED),
                    files => {
                        reporter
                            .say(&format!("imported {files} files to volume {}", outcome.volume));
                    }
                }
                let is_partial = outcome.is_partial;
                Ok(if is_partial { ImportResult::Partial } else { ImportResult::Complete })
            }
            ImportMode::Watch => {
                watch(&import, &mut warnings).await?;
                Ok(ImportResult::Complete)
            }
        }
    }

    /// Imports from an archive of a directory, which is not trusted.
    ///
    /// # Errors
    ///
    /// As [`Self::run`]; the archive cannot be unpacked, or the mode is [`ImportMode::Watch`].
    pub async fn run_archive(self, archive: Archive) -> crate::Result<ImportResult> {
        if self.mode == ImportMode::Watch {
            let error =
                OperationError::usage("`--watch` applies to a directory, not to an archive");
            return Err(error.hint(Hint::new("leave it out, or name the directory itself")).into());
        }
        let Self { env, reporter, .. } = self;
        let mut interrupt = ShutdownSignal::listen_for(reporter)?;
        let import = async {
            let unpacked = UnpackedArchive::unpack(archive, &env.layout, reporter).await?;
            for failure in unpacked.failures() {
                reporter.warn(&failure.to_string());
            }
            match self.run(Some(unpacked.path().to_owned())).await? {
                ImportResult::Complete if !unpacked.failures().is_empty() => {
                    Ok(ImportResult::Partial)
                }
                report => Ok(report),
            }
        };
        tokio::select! {
            report = import => report,
            () = interrupt.received() => Err(interrupted_error()),
        }
    }

    fn open(self, from: Option<PathBuf>) -> crate::Result<Import<'a>> {
        let Self { query, docker_host, selection, env, reporter, .. } = self;
        let overrides = from.is_none().then(|| env.layout.import_overrides());
        let credentials = match from {
            Some(_) => CredentialSelection::All,
            None => CredentialSelection::Programs(selection.credentials.clone()),
        };
        let home = from.unwrap_or_else(|| env.layout.home().to_owned());
        let home = fs::canonicalize(&home).map_err(|error| {
            OperationError::usage(format!("cannot import from `{}`: {error}", home.display()))
                .hint(Hint::new("name a directory or an archive with `--from`"))
        })?;
        let target = TargetQuery::for_args(&query, docker_host, env, reporter)?;
        let config = &target.context.config;
        let source = Arc::new(ImportSource {
            layout: env.layout.clone(),
            home,
            workspace: target.workspace().cloned(),
            overrides,
            options: selection.options(credentials, config),
            additional: config.import_paths.value.clone(),
        });
        Ok(Import { source, target, reporter })
    }
}

impl ImportSelection {
    fn options(self, credentials: CredentialSelection, config: &Config) -> ImportOptions {
        let merge = |selected: Vec<String>, configured: &Setting<Vec<String>>| -> Vec<String> {
            selected.into_iter().chain(configured.value.clone()).collect()
        };
        let configured_secrets = config.import_allowed_secrets.value.clone();
        let mut options = ImportOptions::default();
        options.only = self.only;
        options.credentials = match credentials {
            CredentialSelection::Programs(selected) => {
                CredentialSelection::Programs(merge(selected, &config.import_credentials))
            }
            all => all,
        };
        options.allowed_secrets =
            self.allowed_secrets.into_iter().chain(configured_secrets).collect();
        options.secrets = self.secrets;
        options.private_files = match config.import_excludes_private.value {
            true => PrivateFiles::Excluded,
            false => PrivateFiles::Included,
        };
        options.exclusions = match self.exclusions {
            Exclusions::Patterns(patterns) => {
                Exclusions::Patterns(merge(patterns, &config.import_excludes))
            }
            disabled => disabled,
        };
        options
    }
}
