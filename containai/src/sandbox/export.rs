//! Exports of a data volume.

use std::path::{Path, PathBuf};

use super::handle::Sandbox;
use crate::archive_file::Encryption;
use crate::export::{ExportExcludes, export};
use crate::sandbox_handle::SandboxHandle;
use crate::volume_target::VolumeTarget;

/// An export of a sandbox's data volume, created by [`Sandbox::export`].
#[derive(Clone)]
#[must_use]
pub struct DataExport {
    sandbox: Sandbox,
    output: Option<PathBuf>,
    excludes: Vec<String>,
    encryption: Encryption,
}

impl Sandbox {
    /// Describes an export of the data volume, which holds the settings, credentials and history of
    /// agents, to one file.
    pub fn export(&self) -> DataExport {
        let (sandbox, encryption) = (self.clone(), Encryption::None);
        DataExport { sandbox, output: None, excludes: Vec::new(), encryption }
    }
}

impl DataExport {
    /// Sets the file, whose name ends in `.tgz` or `.tar.zst`, or the directory to create a file in.
    /// Default: a new file in `~/.local/share/containai/exports`. A workspace is not accepted,
    /// because agents could read the archive there.
    pub fn to(mut self, output: impl AsRef<Path>) -> Self {
        self.output = Some(output.as_ref().to_owned());
        self
    }

    /// Leaves out a path on the volume, or a pattern for names; in addition to `export.excludes` of
    /// the configuration.
    pub fn exclude(mut self, pattern: impl Into<String>) -> Self {
        self.excludes.push(pattern.into());
        self
    }

    /// Encrypts the archive; the name of its file then ends in `.age`. Default: not encrypted.
    pub fn encryption(mut self, encryption: Encryption) -> Self {
        self.encryption = encryption;
        self
    }

    /// Writes the file, mode 0600, and returns its path. Running containers with the volume are
    /// paused meanwhile.
    ///
    /// The file appears when it is complete. Not cancel safe: if the future is dropped, containers
    /// may stay paused until the next export or start.
    ///
    /// # Errors
    ///
    /// - [`Error::Operation`](crate::Error::Operation): the file is not accepted.
    /// - [`Error::Volume`](crate::Error::Volume), [`Error::Archive`](crate::Error::Archive): the
    ///   volume could not be read, or the file not be written.
    pub async fn run(self) -> crate::Result<PathBuf> {
        let Self { sandbox, output, excludes, encryption } = self;
        let SandboxHandle { context, container, .. } = &*sandbox.handle;
        let target = VolumeTarget::from_container(container)?;
        let excludes = ExportExcludes::Also(excludes);
        Box::pin(export(context, &target, output.as_deref(), excludes, encryption)).await
    }
}
