use std::path::PathBuf;

use clap::Args;
use containai::archive_file::{Encryption, read_passphrase};
use containai::export::{self, ExportExcludes};
use containai::volume_target::VolumeTarget;

use crate::app::App;
use crate::args::VolumeArgs;
use crate::ui::PASSPHRASE_HINT;

/// Export the workspace's data volume to a file and print its path
///
/// The archive contains the settings, credentials and history of the agents.
/// Only its owner can read it, and it cannot be written to a workspace. The name
/// of an encrypted archive ends in `.age`. `cai import --from FILE` restores it.
///
/// A running container is paused while its volume is read, so that the archive
/// is consistent.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    target: VolumeArgs,
    /// File to write, ending in `.tgz` or `.tar.zst`, or a directory for a new file
    /// [default: a new file in ~/.local/share/containai/exports]
    #[arg(short, long, value_name = "FILE|DIR")]
    output: Option<PathBuf>,
    /// Omit a path on the volume, or names that match a pattern
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<String>,
    /// Omit nothing, not even the paths in `export.excludes`
    #[arg(long, conflicts_with = "exclude")]
    no_excludes: bool,
    #[command(flatten)]
    encryption: EncryptionArgs,
}

pub(crate) async fn run(args: ExportArgs, app: &App) -> anyhow::Result<()> {
    let (query, docker_host) = (args.target.query(&app.env), app.global.docker_host.as_deref());
    let (context, target) =
        VolumeTarget::find(&query, docker_host, &app.env, &app.reporter).await?;
    let encryption = args.encryption.read_encryption(app)?;
    let excludes = match args.no_excludes {
        true => ExportExcludes::None,
        false => ExportExcludes::Also(args.exclude),
    };
    let output = args.output.as_deref();
    let file = export::export(&context, &target, output, excludes, encryption).await?;
    app.ui.data(&file.display().to_string())
}

/// The encryption of an archive, with `age`.
#[derive(Clone, Debug, Default, Args)]
struct EncryptionArgs {
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
    fn read_encryption(&self, app: &App) -> anyhow::Result<Encryption> {
        if let Some(path) = &self.passphrase_file {
            return Ok(Encryption::Passphrase(read_passphrase(&app.env.directory.join(path))?));
        }
        if self.passphrase {
            return Ok(Encryption::Passphrase(
                app.ui.prompt_new_secret("Passphrase", PASSPHRASE_HINT)?,
            ));
        }
        Ok(match self.recipient.is_empty() {
            true => Encryption::None,
            false => Encryption::for_recipients(&self.recipient)?,
        })
    }
}
