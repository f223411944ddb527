//! What is done to images for their own sake.

use containai_core::engine::{EngineError, ImageRequest, ImageSource, OwnImage, ShippedImage};
use containai_core::lifecycle::Events;

use super::build::BuildCache;
use super::provide::{pull_released, rebuild, rebuild_recipe};
use super::pull::pull;
use super::store::{Removal, list, remove};
use crate::built::Recipe;
use crate::engine::DockerEngine;

impl DockerEngine {
    /// Lists the images of ours that the store has.
    ///
    /// # Errors
    ///
    /// What the engine answered.
    pub async fn own_images(&self) -> Result<Vec<OwnImage>, EngineError> {
        list(self).await
    }

    /// Builds an image of ours from the embedded files, also when the store has
    /// it; of what it is built on only what is missing.
    ///
    /// # Errors
    ///
    /// [`EngineError::BuildFailed`] above all.
    pub async fn build_image(
        &self,
        image: ShippedImage,
        source: ImageSource,
        cache: BuildCache,
        events: &dyn Events,
    ) -> Result<String, EngineError> {
        rebuild(self, image, source, cache, events).await
    }

    /// Builds the image of a recipe, also when the store has it; of what it is
    /// built on only what is missing.
    ///
    /// # Errors
    ///
    /// [`EngineError::BuildFailed`] above all.
    pub async fn build_recipe(
        &self,
        recipe: &Recipe,
        source: ImageSource,
        cache: BuildCache,
        events: &dyn Events,
    ) -> Result<String, EngineError> {
        rebuild_recipe(self, recipe, source, cache, events).await
    }

    /// Pulls an image, of ours the one that was released with this version.
    ///
    /// # Errors
    ///
    /// [`EngineError::ImageUnavailable`] with the registry's words.
    pub async fn pull_image(
        &self,
        image: &ImageRequest,
        events: &dyn Events,
    ) -> Result<String, EngineError> {
        let outcome = match image {
            ImageRequest::Shipped(shipped) => pull_released(self, *shipped, events).await?,
            ImageRequest::Reference(reference) => {
                pull(self, reference, events).await.map(|()| reference.clone())
            }
        };
        outcome.map_err(|reason| EngineError::ImageUnavailable {
            image: image.to_string(),
            tried: vec![format!("pull: {reason}")],
        })
    }

    /// Removes an image that [`Self::own_images`] listed.
    ///
    /// # Errors
    ///
    /// What the engine answered, unless it is that something needs the image.
    pub async fn remove_own_image(&self, image: &OwnImage) -> Result<Removal, EngineError> {
        remove(self, image).await
    }
}
