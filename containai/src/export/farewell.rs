//! The export of a container that stops.

use std::path::Path;

use containai_core::engine::Container;
use containai_core::lifecycle::Exports;
use containai_docker::DockerEngine;

use super::destination::{Chooser, Destination, Sealing, workspaces};
use super::work::Export;
use crate::archive_file::Seal;
use crate::context::Context;
use crate::host;
use crate::place::Place;
use crate::target;

/// The export of a container that stops, and where it goes.
pub struct Farewell<'a> {
    export: Export<'a>,
    to: Destination,
}

impl<'a> Farewell<'a> {
    /// Chooses the file, before anything is stopped.
    pub fn plan(
        context: &'a Context,
        engine: &'a DockerEngine,
        given: Option<&Path>,
        containers: &[Container],
        leaving: &Container,
    ) -> crate::Result<Self> {
        let chooser = Chooser {
            directory: &context.env.directory,
            default: context.env.layout.export_dir(),
            workspaces: workspaces(containers, None),
            sealing: Sealing::Open,
            now: host::now(),
        };
        let to = chooser.choose(given, &target::served(leaving)?)?;
        let left_out = context.config.export_excludes.value.clone();
        let export = Export { context, engine, left_out, seal: Seal::Open };
        Ok(Self { export, to })
    }

    pub fn file(&self) -> &Path {
        &self.to.file
    }
}

impl Exports for Farewell<'_> {
    type Error = crate::Error;

    async fn export(&self, container: &Container, file: &Path) -> crate::Result<()> {
        self.export.run(&Place::of_container(container)?, &self.to).await?;
        self.export.context.reporter.exported(file);
        Ok(())
    }
}
