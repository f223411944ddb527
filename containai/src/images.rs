//! ContainAI images on an engine.

use containai_core::byte_size::{ByteSize, HumanSize};
use containai_core::engine::{
    Engine as _, ImageRequest, ImageSource, ManagedImage, PruneScope, ShippedImage, prunable,
};
use containai_docker::DockerEngine;
use containai_docker::image::{BuildCache, ImageRemoval, local_reference};

use crate::context::Context;
use crate::host_facts;
use crate::report::Reporter;

/// The references of the images that this version uses.
#[must_use]
pub fn current_references() -> Vec<String> {
    ShippedImage::ALL.map(local_reference).to_vec()
}

/// Returns the images by name, the newest of each name first.
///
/// # Errors
///
/// The engine cannot list images.
pub async fn list(engine: &DockerEngine) -> crate::Result<Vec<ManagedImage>> {
    let mut images = engine.managed_images().await?;
    images.sort_by(|a, b| a.name().cmp(&b.name()).then_with(|| b.created.cmp(&a.created)));
    Ok(images)
}

/// Returns the images that [`prune`] removes.
///
/// # Errors
///
/// The engine cannot list images.
pub async fn unused(engine: &DockerEngine, scope: PruneScope) -> crate::Result<Vec<ManagedImage>> {
    let images = engine.managed_images().await?;
    let unused = prunable(&images, &current_references(), scope, host_facts::now());
    Ok(unused.into_iter().cloned().collect())
}

/// Removes unused images; returns them. On the dedicated engine, build cache that was unused for a week
/// is removed as well; that of any other engine may belong to other builds.
///
/// # Errors
///
/// The engine cannot remove an image that is not in use.
pub async fn prune(
    context: &Context,
    engine: &DockerEngine,
    scope: PruneScope,
) -> crate::Result<Vec<ManagedImage>> {
    let reporter = &context.reporter;
    let mut removed = Vec::new();
    for image in unused(engine, scope).await? {
        match engine.remove_managed_image(&image).await? {
            ImageRemoval::Removed => removed.push(image),
            ImageRemoval::InUse(reason) => {
                let reference = image.references.first().unwrap_or(&image.id);
                reporter.detail(&format!("kept {reference}: {reason}"));
            }
        }
    }
    if context.is_dedicated_engine() {
        let bytes = ByteSize::from_bytes(engine.prune_build_cache().await?);
        if bytes.bytes() > 0 {
            reporter.say(&format!("removed {} of build cache", HumanSize(bytes)));
        }
    }
    Ok(removed)
}

/// The images to build, each after its base. Default: [`ShippedImage::DEFAULT`].
#[must_use]
pub fn build_order(names: &[ShippedImage]) -> Vec<ShippedImage> {
    let mut images = if names.is_empty() { vec![ShippedImage::DEFAULT] } else { names.to_vec() };
    images.sort_unstable();
    images.dedup();
    images
}

/// Returns whether [`build`] would build an image.
///
/// # Errors
///
/// The engine cannot list images.
pub async fn needs_build(
    engine: &DockerEngine,
    image: ShippedImage,
    cache: BuildCache,
) -> crate::Result<bool> {
    let found = engine.find_image(&ImageRequest::Shipped(image)).await?;
    Ok(found.is_none() || cache == BuildCache::Disabled)
}

/// Builds an image, and the missing images that it is built on; returns its reference.
///
/// # Errors
///
/// The build fails.
pub async fn build(
    engine: &DockerEngine,
    image: ShippedImage,
    source: ImageSource,
    cache: BuildCache,
    reporter: &Reporter,
) -> crate::Result<String> {
    let built = engine.build_image(image, source, cache, reporter).await;
    reporter.finish_work();
    Ok(built?)
}

/// Pulls an image from its registry; returns its reference.
///
/// # Errors
///
/// The pull fails.
pub async fn pull(
    engine: &DockerEngine,
    image: &ImageRequest,
    reporter: &Reporter,
) -> crate::Result<String> {
    let pulled = engine.pull_image(image, reporter).await;
    reporter.finish_work();
    Ok(pulled?)
}
