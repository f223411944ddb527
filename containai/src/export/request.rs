//! Exports of data volumes.

use std::path::{Path, PathBuf};

use containai_core::engine::Engine as _;

use super::{DestinationChooser, EncryptionUse, VolumeExport, workspaces};
use crate::archive_file::Encryption;
use crate::context::Context;
use crate::host_facts;
use crate::volume_target::VolumeTarget;

/// The paths of a volume that an export omits.
#[derive(Clone, Debug)]
pub enum ExportExcludes {
    /// None.
    None,
    /// These, and the configured ones.
    Also(Vec<String>),
}

/// Exports a data volume to a file; returns its path. Default: a new file in the user's directory of
/// exports. Running containers with the volume are paused while it is read.
///
/// # Errors
///
/// The destination is invalid, the volume does not exist, or the export fails; no file is left then.
pub async fn export(
    context: &Context,
    target: &VolumeTarget,
    output: Option<&Path>,
    excludes: ExportExcludes,
    encryption: Encryption,
) -> crate::Result<PathBuf> {
    let (engine, env) = (context.engine()?, &context.env);
    let is_plain = encryption.is_none();
    let chooser = DestinationChooser {
        directory: &env.directory,
        default: env.layout.export_dir(),
        workspaces: workspaces(&engine.containers().await?, Some(&target.workspace)),
        encryption: if is_plain { EncryptionUse::Plain } else { EncryptionUse::Encrypted },
        now: host_facts::now(),
    };
    let destination = chooser.choose(output, &target.workspace)?;
    let excludes = match excludes {
        ExportExcludes::None => Vec::new(),
        ExportExcludes::Also(excludes) => {
            excludes.into_iter().chain(context.config.export_excludes.value.clone()).collect()
        }
    };
    VolumeExport { context, engine: &engine, excludes, encryption }
        .run(target, &destination)
        .await?;
    Ok(destination.file)
}
