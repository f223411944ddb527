//! ContainAI images in the engine's store.

use std::collections::HashMap;

use bollard::errors::Error;
use bollard::models::ImageSummary;
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListImagesOptionsBuilder, RemoveImageOptionsBuilder,
};
use containai_core::engine::{EngineError, ImageRequest, ManagedImage};
use containai_core::label::Labels;

use super::reference;
use crate::engine::DockerEngine;

/// The result of removing an image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ImageRemoval {
    /// The image was removed, or did not exist.
    Removed,
    /// The image is in use; the engine's message says by what.
    InUse(String),
}

/// Lists all ContainAI images without intermediate layers.
pub(crate) async fn list(engine: &DockerEngine) -> Result<Vec<ManagedImage>, EngineError> {
    let failure = |error| engine.map_error(error);
    let options = ListContainersOptionsBuilder::default().all(true).build();
    let containers = engine.docker().list_containers(Some(options)).await.map_err(failure)?;
    let mut users: HashMap<String, usize> = HashMap::new();
    for id in containers.into_iter().filter_map(|container| container.image_id) {
        *users.entry(id).or_default() += 1;
    }
    let options = ListImagesOptionsBuilder::default().build();
    let images = engine.docker().list_images(Some(options)).await.map_err(failure)?;
    Ok(images
        .into_iter()
        .map(|image| managed_image(image, &users))
        .filter(ManagedImage::is_managed)
        .collect())
}

fn managed_image(image: ImageSummary, users: &HashMap<String, usize>) -> ManagedImage {
    let is_named = |reference: &String| reference != "<none>:<none>";
    ManagedImage {
        containers: users.get(&image.id).copied().unwrap_or_default(),
        references: image.repo_tags.into_iter().filter(is_named).collect(),
        labels: image.labels.into_iter().collect(),
        size: u64::try_from(image.size).unwrap_or_default(),
        created: image.created,
        id: image.id,
    }
}

/// Returns the reference of the image if the store has it.
pub(crate) async fn find(
    engine: &DockerEngine,
    image: &ImageRequest,
) -> Result<Option<String>, EngineError> {
    let reference = match image {
        ImageRequest::Shipped(shipped) => reference::local_reference(*shipped),
        ImageRequest::Reference(reference) => reference.clone(),
    };
    match engine.docker().inspect_image(&reference).await {
        Ok(_) => Ok(Some(reference)),
        Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(None),
        Err(error) => Err(engine.map_error(error)),
    }
}

/// Returns the labels of an existing image.
pub(crate) async fn labels(engine: &DockerEngine, reference: &str) -> Result<Labels, EngineError> {
    let inspected = engine.docker().inspect_image(reference).await;
    let inspected = inspected.map_err(|error| engine.map_error(error))?;
    let labels = inspected.config.and_then(|config| config.labels);
    Ok(labels.unwrap_or_default().into_iter().collect())
}

/// Removes all tags of an image, and the layers that no other image needs.
pub(crate) async fn remove(
    engine: &DockerEngine,
    image: &ManagedImage,
) -> Result<ImageRemoval, EngineError> {
    let by_id = [image.id.clone()];
    let names = if image.references.is_empty() { by_id.as_slice() } else { &image.references };
    for name in names {
        let options = RemoveImageOptionsBuilder::default().build();
        match engine.docker().remove_image(name, Some(options), None).await {
            Ok(_) | Err(Error::DockerResponseServerError { status_code: 404, .. }) => {}
            Err(Error::DockerResponseServerError { status_code: 409, message }) => {
                return Ok(ImageRemoval::InUse(message));
            }
            Err(error) => return Err(engine.map_error(error)),
        }
    }
    Ok(ImageRemoval::Removed)
}
