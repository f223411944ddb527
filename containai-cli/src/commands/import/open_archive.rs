use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use containai_core::hint::Hint;

use super::super::export::read_passphrase;
use crate::app::App;
use containai::OperationError;
use containai::archive_file::{Archive, DecryptionKeys, RequiredKey};

/// What an archive needs beside its name.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ArchiveKeyArgs {
    /// The file with the `age` identity that an archive is encrypted to
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// The file with the passphrase of an archive in its first line
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl ArchiveKeyArgs {
    /// Refuses what is only about an archive.
    pub(super) fn reject_without_archive(&self) -> Result<(), OperationError> {
        match self.identity.is_some() || self.passphrase_file.is_some() {
            true => {
                let message = "`--identity` and `--passphrase-file` are about an archive";
                Err(OperationError::usage(message).hint(Hint::new("name one with `--from`")))
            }
            false => Ok(()),
        }
    }

    /// Opens an archive; reads or asks for what unseals it.
    pub(super) fn open(&self, path: PathBuf, app: &App) -> anyhow::Result<Archive> {
        let shown = path.display().to_string();
        Archive::open(path, |sealed_for| self.required_keys(sealed_for, app))
            .with_context(|| format!("cannot open `{shown}`"))
    }

    fn required_keys(&self, sealed_for: RequiredKey, app: &App) -> anyhow::Result<DecryptionKeys> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| app.env.directory.join(path));
        let identities = match path(&self.identity) {
            None => None,
            Some(path) => Some(
                fs::read_to_string(&path)
                    .with_context(|| format!("cannot read `{}`", path.display()))?
                    .into(),
            ),
        };
        let passphrase = match (path(&self.passphrase_file), sealed_for) {
            (Some(path), _) => Some(read_passphrase(&path)?),
            (None, RequiredKey::Passphrase) => {
                Some(app.ui.prompt_secret("Passphrase of the archive")?)
            }
            (None, _) => None,
        };
        Ok(DecryptionKeys { passphrase, identities })
    }
}
