//! Exporting the volume of a container before it stops.

use std::path::Path;

use containai_core::engine::Container;
use containai_core::lifecycle::VolumeExporter;
use containai_docker::DockerEngine;

use super::destination::{ArchiveDestination, DestinationChooser, EncryptionUse, workspaces};
use super::run::VolumeExport;
use crate::archive_file::Encryption;
use crate::context::Context;
use crate::host_facts;
use crate::target;
use crate::volume_target::VolumeTarget;

/// A planned export of a container that will be stopped.
pub struct ExportOnStop<'a> {
    export: VolumeExport<'a>,
    destination: ArchiveDestination,
}

impl<'a> ExportOnStop<'a> {
    /// Plans the export of the data volume of `container` destination `given`; `None` is the default directory.
    ///
    /// # Errors
    ///
    /// See [`DestinationChooser::choose`].
    pub fn plan(
        context: &'a Context,
        engine: &'a DockerEngine,
        given: Option<&Path>,
        containers: &[Container],
        container: &Container,
    ) -> crate::Result<Self> {
        let chooser = DestinationChooser {
            directory: &context.env.directory,
            default: context.env.layout.export_dir(),
            workspaces: workspaces(containers, None),
            encryption: EncryptionUse::Plain,
            now: host_facts::now(),
        };
        let destination = chooser.choose(given, &target::workspace_served(container)?)?;
        let excludes = context.config.export_excludes.value.clone();
        let export = VolumeExport { context, engine, excludes, encryption: Encryption::None };
        Ok(Self { export, destination })
    }

    /// Returns the path of the archive.
    pub fn file(&self) -> &Path {
        &self.destination.file
    }
}

impl VolumeExporter for ExportOnStop<'_> {
    type Error = crate::Error;

    async fn export(&self, container: &Container, file: &Path) -> crate::Result<()> {
        self.export.run(&VolumeTarget::from_container(container)?, &self.destination).await?;
        self.export.context.reporter.exported(file);
        Ok(())
    }
}
