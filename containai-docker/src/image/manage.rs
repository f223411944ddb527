//! Management of images: list, build, pull, remove.

use std::collections::HashMap;

use bollard::errors::Error;
use bollard::query_parameters::PruneBuildOptionsBuilder;
use containai_core::engine::{EngineError, ImageRequest, ImageSource, ManagedImage, ShippedImage};
use containai_core::lifecycle::EventListener;

use super::build::BuildCache;
use super::ensure::{pull_release, rebuild, rebuild_recipe};
use super::pull::pull;
use super::store::{ImageRemoval, list, remove};
use crate::engine::DockerEngine;
use crate::recipe::ImageRecipe;

/// The time after which build cache is unused.
const UNUSED_CACHE: &str = "168h";

impl DockerEngine {
    /// Lists the ContainAI images in the store.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn managed_images(&self) -> Result<Vec<ManagedImage>, EngineError> {
        list(self).await
    }

    /// Builds a ContainAI image from the embedded files even if the store has it; its parents are
    /// built only if missing.
    ///
    /// # Errors
    ///
    /// Mainly [`EngineError::BuildFailed`].
    pub async fn build_image(
        &self,
        image: ShippedImage,
        source: ImageSource,
        cache: BuildCache,
        events: &dyn EventListener,
    ) -> Result<String, EngineError> {
        rebuild(self, image, source, cache, events).await
    }

    /// Builds the image of a recipe even if the store has it; its parents are built only if
    /// missing.
    ///
    /// # Errors
    ///
    /// Mainly [`EngineError::BuildFailed`].
    pub async fn build_recipe(
        &self,
        recipe: &ImageRecipe,
        source: ImageSource,
        cache: BuildCache,
        events: &dyn EventListener,
    ) -> Result<String, EngineError> {
        rebuild_recipe(self, recipe, source, cache, events).await
    }

    /// Pulls an image. Of a ContainAI image, this is the release of this version.
    ///
    /// # Errors
    ///
    /// [`EngineError::ImageUnavailable`] with the registry's message.
    pub async fn pull_image(
        &self,
        image: &ImageRequest,
        events: &dyn EventListener,
    ) -> Result<String, EngineError> {
        let outcome = match image {
            ImageRequest::Shipped(shipped) => pull_release(self, *shipped, events).await?,
            ImageRequest::Reference(reference) => {
                pull(self, reference, events).await.map(|()| reference.clone())
            }
        };
        outcome.map_err(|reason| EngineError::ImageUnavailable {
            image: image.to_string(),
            tried: vec![format!("pull: {reason}")],
        })
    }

    /// Removes what BuildKit kept from builds and did not use for a week; returns the number of bytes.
    /// An engine without BuildKit has none.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn prune_build_cache(&self) -> Result<u64, EngineError> {
        let filters = HashMap::from([("until", vec![UNUSED_CACHE])]);
        let options = PruneBuildOptionsBuilder::default().all(true).filters(&filters).build();
        match self.docker().prune_build(Some(options)).await {
            Ok(pruned) => {
                let bytes = pruned.space_reclaimed.unwrap_or_default();
                Ok(u64::try_from(bytes).unwrap_or_default())
            }
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(0),
            Err(error) => Err(self.map_error(error)),
        }
    }

    /// Removes an image listed by [`Self::managed_images`].
    ///
    /// # Errors
    ///
    /// The engine's error, except that the image is in use.
    pub async fn remove_managed_image(
        &self,
        image: &ManagedImage,
    ) -> Result<ImageRemoval, EngineError> {
        remove(self, image).await
    }
}
