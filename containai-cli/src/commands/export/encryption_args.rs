use std::path::PathBuf;

use clap::Args;
use containai::archive_file::{Encryption, read_passphrase};

use crate::app::App;

/// The encryption of an archive, with `age`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct EncryptionArgs {
    /// Encrypt the archive to this `age` recipient
    #[arg(long, value_name = "AGE1...")]
    recipient: Vec<String>,
    /// Encrypt the archive with a passphrase, and prompt for it
    #[arg(long, conflicts_with_all = ["recipient", "passphrase_file"])]
    passphrase: bool,
    /// Encrypt the archive with the passphrase in the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "recipient")]
    passphrase_file: Option<PathBuf>,
}

impl EncryptionArgs {
    /// Reads or prompts for the passphrase.
    pub(super) fn read_encryption(&self, app: &App) -> anyhow::Result<Encryption> {
        if let Some(path) = &self.passphrase_file {
            return Ok(Encryption::Passphrase(read_passphrase(&app.env.directory.join(path))?));
        }
        if self.passphrase {
            return Ok(Encryption::Passphrase(app.ui.prompt_new_secret("Passphrase")?));
        }
        Ok(match self.recipient.is_empty() {
            true => Encryption::None,
            false => Encryption::for_recipients(&self.recipient)?,
        })
    }
}
