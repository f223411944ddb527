//! Imports of settings.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use containai_core::hint::Hint;
use containai_core::import::{
    CredentialSelection, Exclusions, ImportOptions, PrivateFiles, SecretEntries,
};
use containai_core::naming::VolumeName;

use super::handle::Sandbox;
use crate::error::OperationError;
use crate::import::{Import, ImportSource, WarnOnce};
use crate::volume_target::{TargetQuery, VolumeQuery};

/// An import of the settings of agents and tools, created by [`Sandbox::import`].
#[derive(Clone)]
#[must_use]
pub struct SettingsImport {
    sandbox: Sandbox,
    from: Option<PathBuf>,
    options: ImportOptions,
}

/// The result of a [`SettingsImport`].
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ImportSummary {
    /// The number of files that were sent; 0 if nothing has changed since the last import.
    pub files: usize,
    /// The data volume that has them.
    pub volume: VolumeName,
    /// Whether every selected file was sent. Warnings name the others.
    pub is_complete: bool,
}

impl Sandbox {
    /// Describes an import of settings to the data volume. Manifests, built-in ones and those of the
    /// user, define the files.
    pub fn import(&self) -> SettingsImport {
        let config = &self.handle.context.config;
        let mut options = ImportOptions::default();
        options.credentials =
            CredentialSelection::Programs(config.import_credentials.value.clone());
        options.allowed_secrets = config.import_allowed_secrets.value.clone();
        options.secrets = SecretEntries::Included;
        options.private_files = match config.import_excludes_private.value {
            true => PrivateFiles::Excluded,
            false => PrivateFiles::Included,
        };
        options.exclusions = Exclusions::Patterns(config.import_excludes.value.clone());
        SettingsImport { sandbox: self.clone(), from: None, options }
    }
}

impl SettingsImport {
    /// Sets the directory that is laid out like a home directory. Everything in it that manifests
    /// define is imported, credentials included. Default: the home directory, without credentials.
    pub fn from_dir(mut self, directory: impl AsRef<Path>) -> Self {
        self.from = Some(directory.as_ref().to_owned());
        self.options.credentials = CredentialSelection::All;
        self
    }

    /// Selects an agent or tool by the name of its manifest. Default: all.
    pub fn only(mut self, name: impl Into<String>) -> Self {
        self.options.only.push(name.into());
        self
    }

    /// Includes the credentials of an agent.
    pub fn credentials(mut self, agent: impl Into<String>) -> Self {
        if let CredentialSelection::Programs(agents) = &mut self.options.credentials {
            agents.push(agent.into());
        }
        self
    }

    /// Leaves out a path on the volume, or a pattern for names; in addition to `import.excludes` of
    /// the configuration.
    pub fn exclude(mut self, pattern: impl Into<String>) -> Self {
        if let Exclusions::Patterns(patterns) = &mut self.options.exclusions {
            patterns.push(pattern.into());
        }
        self
    }

    /// Leaves out all secrets, and the files that exist for them.
    pub fn without_secrets(mut self) -> Self {
        self.options.secrets = SecretEntries::Excluded;
        self
    }

    /// Sends the files that have changed since the last import.
    ///
    /// # Errors
    ///
    /// - [`Error::Operation`](crate::Error::Operation): the directory cannot be read, or no manifest
    ///   has a name.
    /// - [`Error::Transfer`](crate::Error::Transfer), [`Error::Remote`](crate::Error::Remote): the
    ///   files could not be sent.
    pub async fn run(self) -> crate::Result<ImportSummary> {
        let handle = &self.sandbox.handle;
        let (env, reporter) = (&handle.context.env, &handle.context.reporter);
        let overrides = self.from.is_none().then(|| env.layout.import_overrides());
        let home = self.from.map(|from| env.directory.join(from));
        let home = home.unwrap_or_else(|| env.layout.home().to_owned());
        let source = ImportSource {
            layout: env.layout.clone(),
            home: fs::canonicalize(&home).map_err(|error| unreadable(&home, &error))?,
            workspace: Some(handle.workspace.clone()),
            overrides,
            options: self.options,
            additional: handle.context.config.import_paths.value.clone(),
        };
        let query = VolumeQuery {
            workspace: Some(handle.workspace.as_path().to_owned()),
            container: None,
            data_volume: None,
        };
        let flags = handle.engine_flags();
        let target = TargetQuery::for_args(&query, flags.docker_host.as_deref(), env, reporter)?;
        let import = Import { source: Arc::new(source), target, reporter };
        let sent = Box::pin(import.send(&mut WarnOnce::new(reporter))).await?;
        Ok(ImportSummary { files: sent.files, volume: sent.volume, is_complete: !sent.is_partial })
    }
}

fn unreadable(directory: &Path, error: &std::io::Error) -> OperationError {
    OperationError::usage(format!("cannot import from `{}`: {error}", directory.display()))
        .hint(Hint::new("name a directory that this user can read"))
}
