use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use containai::OperationError;
use containai::archive_file::{Archive, DecryptionKeys, RequiredKey, read_passphrase};
use containai_core::hint::Hint;

use crate::app::App;
use crate::ui::PASSPHRASE_HINT;

/// The keys of an archive.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ArchiveKeyArgs {
    /// Decrypt the archive with the `age` identity in this file
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// Decrypt the archive with the passphrase in the first line of this file
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl ArchiveKeyArgs {
    /// Refuses keys without an archive.
    pub(super) fn reject_without_archive(&self) -> Result<(), OperationError> {
        match self.identity.is_some() || self.passphrase_file.is_some() {
            true => {
                let message = "`--identity` and `--passphrase-file` need an archive";
                Err(OperationError::usage(message).hint(Hint::new("name one with `--from`")))
            }
            false => Ok(()),
        }
    }

    /// Opens an archive; reads or prompts for its key.
    pub(super) fn open(&self, path: PathBuf, app: &App) -> anyhow::Result<Archive> {
        let shown = path.display().to_string();
        Archive::open(path, |required| self.keys(required, app))
            .with_context(|| format!("cannot open `{shown}`"))
    }

    fn keys(&self, required: RequiredKey, app: &App) -> anyhow::Result<DecryptionKeys> {
        let path = |path: &PathBuf| app.env.directory.join(path);
        let identity = self.identity.as_ref().map(path).map(|path| {
            fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))
        });
        let passphrase = match (self.passphrase_file.as_ref().map(path), required) {
            (Some(path), _) => Some(read_passphrase(&path)?),
            (None, RequiredKey::Passphrase) => {
                Some(app.ui.prompt_secret("Passphrase of the archive", PASSPHRASE_HINT)?)
            }
            (None, _) => None,
        };
        Ok(DecryptionKeys { passphrase, identities: identity.transpose()?.map(Into::into) })
    }
}
