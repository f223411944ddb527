//! The export of a container that stops.

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

/// The export of a container that stops, and where it goes.
pub struct ExportOnStop<'a> {
    export: VolumeExport<'a>,
    destination: ArchiveDestination,
}

impl<'a> ExportOnStop<'a> {
    /// Chooses the file, before anything is stopped.
    pub fn plan(
        context: &'a Context,
        engine: &'a DockerEngine,
        given: Option<&Path>,
        containers: &[Container],
        leaving: &Container,
    ) -> crate::Result<Self> {
        let chooser = DestinationChooser {
            directory: &context.env.directory,
            default: context.env.layout.export_dir(),
            workspaces: workspaces(containers, None),
            encryption: EncryptionUse::Plain,
            now: host_facts::now(),
        };
        let to = chooser.choose(given, &target::workspace_served(leaving)?)?;
        let left_out = context.config.export_excludes.value.clone();
        let export =
            VolumeExport { context, engine, excludes: left_out, encryption: Encryption::None };
        Ok(Self { export, destination: to })
    }

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
