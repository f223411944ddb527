//! The list of ContainAI containers in one request.

use std::collections::HashMap;

use bollard::query_parameters::ListContainersOptionsBuilder;
use containai_core::byte_size::ByteSize;
use containai_core::engine::{Container, EngineError};
use containai_core::label;

use crate::engine::DockerEngine;
use crate::inspect;

/// Whether the engine measures the size of each container.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sizes {
    /// Measured, by walking the files of every container.
    Measured,
    /// Not measured; the engine answers at once.
    Unknown,
}

/// A ContainAI container in a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedContainer {
    /// The container.
    pub container: Container,
    /// The size of the container's own files, without volumes.
    pub size: Option<ByteSize>,
}

impl DockerEngine {
    /// Lists the ContainAI containers of this client, stopped ones included, in the order of their
    /// names, with one request.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn managed(&self, sizes: Sizes) -> Result<Vec<ListedContainer>, EngineError> {
        let ours = HashMap::from([("label", vec![format!("{}=true", label::MANAGED)])]);
        let options = ListContainersOptionsBuilder::default()
            .all(true)
            .size(sizes == Sizes::Measured)
            .filters(&ours)
            .build();
        let summaries = self.docker().list_containers(Some(options)).await;
        let summaries = summaries.map_err(|error| self.map_error(error))?;
        let listed = summaries.into_iter().filter_map(|summary| {
            let size = summary.size_rw.and_then(|size| u64::try_from(size).ok());
            let size = size.filter(|_| sizes == Sizes::Measured).map(ByteSize::from_bytes);
            Some(ListedContainer { container: inspect::container(summary)?, size })
        });
        // Helper containers are temporary and not listed.
        let counts = |it: &ListedContainer| {
            self.owns(&it.container.labels) && !it.container.labels.is_helper()
        };
        let mut listed: Vec<_> = listed.filter(counts).collect();
        listed.sort_by(|a, b| a.container.name.cmp(&b.container.name));
        Ok(listed)
    }
}
