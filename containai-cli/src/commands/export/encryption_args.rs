use std::fs;
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use anyhow::Context as _;
use clap::Args;

use crate::app::App;
use containai::OperationError;
use containai::archive_file::Encryption;

/// For whom an archive is encrypted, with `age`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct EncryptionArgs {
    /// Encrypt it to this `age` recipient
    #[arg(long, value_name = "AGE1...")]
    recipient: Vec<String>,
    /// Encrypt it with a passphrase, which is asked for
    #[arg(long, conflicts_with_all = ["recipient", "passphrase_file"])]
    passphrase: bool,
    /// Encrypt it with the passphrase in the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "recipient")]
    passphrase_file: Option<PathBuf>,
}

impl EncryptionArgs {
    /// Reads or asks for what is secret.
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

/// The first line of a file; a pipe will do.
pub(crate) fn read_passphrase(path: &Path) -> anyhow::Result<SecretString> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("cannot read the passphrase in `{}`", path.display()))?;
    match text.lines().next() {
        None | Some("") => {
            Err(OperationError::usage(format!("`{}` holds no passphrase", path.display())).into())
        }
        Some(line) => Ok(line.to_owned().into()),
    }
}
